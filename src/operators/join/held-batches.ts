/** Batches that rows of an operator still point into: retained together, released together. */
import type { Batch, Retained } from '../../columnar/batch.ts';

export class HeldBatches implements Retained {
  readonly #needed: boolean;
  readonly #batches: Batch[] = [];
  #references = 1;

  /** @param needed whether rows have views at all; if not, nothing is held */
  constructor(needed: boolean) {
    this.#needed = needed;
  }

  hold(batch: Batch): void {
    if (!this.#needed) return;
    batch.retain();
    this.#batches.push(batch);
  }

  retain(): void {
    this.#references++;
  }

  release(): void {
    if (--this.#references > 0) return;
    for (const batch of this.#batches) batch.release();
    this.#batches.length = 0;
  }
}
