/**
 * What the accumulators of the interpreter take of the budget, which is an estimate: they are JS objects. Some of them
 * keep every value.
 */
import type { AggregateCall } from '../../expr/expr.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';
import type { ReferenceAccumulators } from './reference-accumulators.ts';

/** Bytes of an accumulator, and of a value that it keeps. */
const ACCUMULATOR_BYTES = 200;
const VALUE_BYTES = 64;
/** Accumulators that do not grow with the rows. */
const FIXED_SIZE = /^(STDDEV|VAR|VARIANCE|COVAR|CORR|REGR|AVG|SUM|COUNT|FIRST_VALUE|LAST_VALUE|SINGLE_VALUE)/;

export class ReferenceMemory {
  readonly #references: ReferenceAccumulators;
  readonly #consumer: MemoryConsumer;
  readonly #calls: number;
  readonly #growing: number;
  #values = 0;
  #charged = 0;

  constructor(references: ReferenceAccumulators, consumer: MemoryConsumer, calls: readonly AggregateCall[]) {
    this.#references = references;
    this.#consumer = consumer;
    this.#calls = calls.length;
    this.#growing = calls.filter((call) => !FIXED_SIZE.test(call.fn)).length;
  }

  /** Takes notice of rows that were taken in. */
  add(rows: number): void {
    this.#values += rows * this.#growing;
  }

  /** Takes notice of a group that goes, with its share of the values. */
  drop(): void {
    this.#values -= this.#values / Math.max(this.#references.count, 1);
  }

  /** Reserves what there is now. */
  charge(): void {
    const bytes = Math.ceil(this.#references.count * this.#calls * ACCUMULATOR_BYTES + this.#values * VALUE_BYTES);
    if (bytes > this.#charged) this.#consumer.reserve(bytes - this.#charged);
    else this.#consumer.release(this.#charged - bytes);
    this.#charged = bytes;
  }
}
