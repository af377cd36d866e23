/**
 * Reads splits that the subtasks of a source in BATCH claim when they are ready for more, so that none waits for the
 * slowest. Who has claimed what is in linear memory, where all threads see it; a subtask that runs again reads what it
 * had before.
 */
import type { AnyBatch, Polled, SourceReader } from '../dataflow/connector.ts';
import type { LinearMemory } from '../memory/arena.ts';

/** Claims that each subtask makes, if all are equally fast. */
const CLAIMS_PER_SUBTASK = 16;

/** Words: the next run of splits to look at, then by run who reads it: its subtask plus 1. */
export class SplitClaims {
  readonly #memory: LinearMemory;
  readonly #word: number;
  readonly #splits: readonly unknown[];
  readonly #grain: number;
  readonly #runs: number;

  /** @param address of `SplitClaims.bytes(…)` bytes that were 0 at first */
  constructor(memory: LinearMemory, address: number, splits: readonly unknown[], parallelism: number) {
    this.#memory = memory;
    this.#word = address >>> 2;
    this.#splits = splits;
    this.#grain = Math.max(1, Math.floor(splits.length / (parallelism * CLAIMS_PER_SUBTASK)));
    this.#runs = Math.ceil(splits.length / this.#grain);
    memory.refresh();
  }

  static bytes(splits: number): number {
    return (splits + 1) * 4;
  }

  /** What the subtask has claimed so far. */
  claimed(subtask: number): unknown[] {
    const mine = (run: number): boolean => Atomics.load(this.#memory.i32, this.#word + 1 + run) === subtask + 1;
    return Array.from({ length: this.#runs }, (_, run) => (mine(run) ? this.#run(run) : [])).flat();
  }

  /** @returns splits that nobody else will read; null: there are no more */
  claim(subtask: number): readonly unknown[] | null {
    const { i32 } = this.#memory;
    for (;;) {
      const run = Atomics.add(i32, this.#word, 1);
      if (run >= this.#runs) return null;
      if (Atomics.compareExchange(i32, this.#word + 1 + run, 0, subtask + 1) === 0) return this.#run(run);
    }
  }

  #run(run: number): readonly unknown[] {
    return this.#splits.slice(run * this.#grain, (run + 1) * this.#grain);
  }
}

export class ClaimedReader implements SourceReader<AnyBatch> {
  readonly #claims: SplitClaims;
  readonly #subtask: number;
  readonly #reader: SourceReader<AnyBatch>;
  #begun = false;

  constructor(claims: SplitClaims, subtask: number, reader: SourceReader<AnyBatch>) {
    this.#claims = claims;
    this.#subtask = subtask;
    this.#reader = reader;
  }

  addSplits(): void {}

  poll(): Polled<AnyBatch> | Promise<Polled<AnyBatch>> {
    if (!this.#begun) {
      this.#begun = true;
      this.#reader.addSplits(this.#claims.claimed(this.#subtask));
    }
    const polled = this.#reader.poll();
    return polled instanceof Promise ? polled.then((later) => this.#answer(later)) : this.#answer(polled);
  }

  /** Jobs in BATCH take no checkpoints. */
  snapshot(): readonly unknown[] {
    return [];
  }

  close(): void | Promise<void> {
    return this.#reader.close();
  }

  #answer(polled: Polled<AnyBatch>): Polled<AnyBatch> | Promise<Polled<AnyBatch>> {
    if (polled !== 'end-of-input') return polled;
    const splits = this.#claims.claim(this.#subtask);
    if (splits === null) return 'end-of-input';
    this.#reader.addSplits(splits);
    return this.poll();
  }
}
