/**
 * Results that a job has made and that may still be taken back: they wait here until the checkpoint that they belong to
 * is whole, or the job has come to its end.
 */
export class HeldDeliveries {
  readonly #prepared = new Map<number, readonly HeldDelivery[]>();
  #next = 0;

  /** @returns what stands for them in a commit */
  prepare(deliveries: readonly HeldDelivery[]): number {
    this.#prepared.set(this.#next, deliveries);
    return this.#next++;
  }

  /** What was committed before stays as it is. */
  commit(transactions: readonly unknown[]): void {
    for (const transaction of transactions as readonly number[]) {
      const deliveries = this.#prepared.get(transaction) ?? [];
      this.#prepared.delete(transaction);
      for (const { deliver, drop } of deliveries) {
        deliver();
        drop();
      }
    }
  }

  abort(transactions: readonly unknown[]): void {
    for (const transaction of transactions as readonly number[]) {
      for (const { drop } of this.#prepared.get(transaction) ?? []) drop();
      this.#prepared.delete(transaction);
    }
  }
}

export interface HeldDelivery {
  readonly deliver: () => void;
  /** Gives back what was kept for it. */
  readonly drop: () => void;
}
