/**
 * How much linear memory the operators of a process may hold, and who holds it. A budget is only a count: memory comes
 * from the allocator. An operator that can spill asks with tryReserve and spills when refused; one that cannot asks
 * with reserve, which refuses with an error that names the option to raise.
 */
import { assert } from '../base/assert.ts';
import { EngineError } from '../base/errors.ts';
import { formatBytes } from './format-bytes.ts';

/** The option that sets the limit, as in Flink. */
export const MANAGED_MEMORY_OPTION = 'taskmanager.memory.managed.size';

/** Bytes of managed memory, shared by named consumers. */
export class MemoryBudget {
  readonly limit: number;
  #used = 0;
  #peak = 0;
  readonly #consumers = new Set<MemoryConsumer>();

  /** `limit` in bytes; Infinity means unlimited. */
  constructor(limit: number) {
    assert(limit >= 0, `a memory budget of ${limit} bytes`);
    this.limit = limit;
  }

  /**
   * A holder of reservations that can spill: `reserve` never fails, but calls `onShort` when the budget is exceeded,
   * and the operator gives memory back as soon as it can.
   */
  spillingConsumer(name: string, onShort: () => void): MemoryConsumer {
    const consumer = new SpillingConsumer(this, name, onShort);
    this.#consumers.add(consumer);
    return consumer;
  }

  /** Bytes reserved now, over all consumers. */
  get used(): number {
    return this.#used;
  }

  /** The largest `used` so far. */
  get peak(): number {
    return this.#peak;
  }

  get available(): number {
    return this.limit - this.#used;
  }

  /** A part of the limit, in whole bytes. */
  share(parts: number): number {
    return Math.floor(this.limit / parts);
  }

  /** A new holder of reservations; `name` appears in error messages and metrics. Close it when the operator ends. */
  consumer(name: string): MemoryConsumer {
    const consumer = new MemoryConsumer(this, name);
    this.#consumers.add(consumer);
    return consumer;
  }

  consumers(): readonly MemoryConsumer[] {
    return [...this.#consumers];
  }

  /** Used by MemoryConsumer: count `bytes` if they fit. */
  tryTake(bytes: number): boolean {
    if (this.#used + bytes > this.limit) return false;
    this.#used += bytes;
    if (this.#used > this.#peak) this.#peak = this.#used;
    return true;
  }

  /** Used by MemoryConsumer: uncount `bytes`. */
  giveBack(bytes: number): void {
    assert(bytes <= this.#used, `${bytes} bytes released of ${this.#used} reserved`);
    this.#used -= bytes;
  }

  /** Used by MemoryConsumer.close. */
  forget(consumer: MemoryConsumer): void {
    this.#consumers.delete(consumer);
  }
}

/** One operator's share of a MemoryBudget. */
export class MemoryConsumer {
  readonly name: string;
  readonly budget: MemoryBudget;
  #used = 0;
  #peak = 0;

  constructor(budget: MemoryBudget, name: string) {
    this.budget = budget;
    this.name = name;
  }

  get used(): number {
    return this.#used;
  }

  get peak(): number {
    return this.#peak;
  }

  /** What was taken beyond the budget. */
  get debt(): number {
    return 0;
  }

  /** Reserves `bytes`, or returns false: then spill something, or wait. */
  tryReserve(bytes: number): boolean {
    assert(bytes >= 0, `a reservation of ${bytes} bytes`);
    if (!this.budget.tryTake(bytes)) return false;
    this.#used += bytes;
    if (this.#used > this.#peak) this.#peak = this.#used;
    return true;
  }

  /** Reserves `bytes`. Throws EngineError RUN-OUT-OF-MEMORY when they exceed the budget. */
  reserve(bytes: number): void {
    if (this.tryReserve(bytes)) return;
    const { budget } = this;
    throw new EngineError(
      'RUN-OUT-OF-MEMORY',
      `${this.name} needs ${formatBytes(bytes)} more, but ${formatBytes(budget.used)} of the ` +
        `${formatBytes(budget.limit)} of managed memory are in use`,
      { hint: `raise ${MANAGED_MEMORY_OPTION}` },
    );
  }

  /** Gives back `bytes` of what was reserved. */
  release(bytes: number): void {
    assert(bytes <= this.#used, `${this.name} releases ${bytes} bytes of ${this.#used}`);
    this.#used -= bytes;
    this.budget.giveBack(bytes);
  }

  /** Gives back everything and leaves the budget's list. */
  close(): void {
    this.release(this.#used);
    this.budget.forget(this);
  }
}

/** Goes into debt instead of failing. What is given back pays the debt first. */
class SpillingConsumer extends MemoryConsumer {
  readonly #onShort: () => void;
  #debt = 0;

  constructor(budget: MemoryBudget, name: string, onShort: () => void) {
    super(budget, name);
    this.#onShort = onShort;
  }

  override get used(): number {
    return super.used + this.#debt;
  }

  override get debt(): number {
    return this.#debt;
  }

  override reserve(bytes: number): void {
    if (this.tryReserve(bytes)) return;
    this.#debt += bytes;
    this.#onShort();
  }

  override release(bytes: number): void {
    const paid = Math.min(bytes, this.#debt);
    this.#debt -= paid;
    super.release(bytes - paid);
  }

  override close(): void {
    this.#debt = 0;
    super.close();
  }
}
