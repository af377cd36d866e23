/**
 * One subtask: reads its inputs, runs its chain, writes its results. It works in slices, so that the subtasks of a job
 * can share one thread, each taking its turn, and the thread can see to other things in between.
 */
import type { Clock } from '../base/clock.ts';
import { Batch } from '../columnar/batch.ts';
import type { AnyBatch, Polled, SourceReader } from '../dataflow/connector.ts';
import { MAX_WATERMARK } from '../dataflow/traits.ts';
import type { InputGate } from '../shuffle/input-gate.ts';
import type { ResultPartition } from '../shuffle/result-partition.ts';
import type { OperatorChain } from './chain.ts';
import { InputProcessor, type TaskInput } from './input-processor.ts';
import type { Counters } from './metrics.ts';
import type { SinkEnd } from './sink-end.ts';

/** How long a task works before another one gets its turn, in milliseconds. */
const SLICE = 10;

/**
 * How a slice ended: `worked` there may be more to do; `idle` nothing to read; `blocked` the readers of its results are
 * behind; `ended` its inputs and operators are done. A promise: nothing can be done before it is settled.
 */
export type SliceResult = 'worked' | 'idle' | 'blocked' | 'ended' | Promise<void>;

export interface GateInput {
  readonly gate: InputGate;
  readonly link: number;
  readonly input: number;
  /** Number of the gate's first channel at the valve of the link. */
  readonly firstChannel: number;
}

export interface TaskParts {
  readonly name: string;
  readonly chain: OperatorChain;
  readonly source: SourceReader<AnyBatch> | null;
  readonly gates: readonly GateInput[];
  /** By input (the source or what stands for one first, then the gates): which must have ended before it is read. */
  readonly blockers: readonly (readonly number[])[];
  readonly partitions: readonly ResultPartition[];
  readonly sink: SinkEnd | null;
  readonly counters: Counters;
  readonly clock: Clock;
  /** Closes operators, gates and everything else that the task holds; called once. */
  readonly release: () => void;
}

export class Task {
  readonly name: string;
  readonly counters: Counters;
  readonly #parts: TaskParts;
  readonly #inputs: InputProcessor;
  readonly #source: TaskInput | null;
  #ended = false;
  #closed = false;

  constructor(parts: TaskParts) {
    this.name = parts.name;
    this.counters = parts.counters;
    this.#parts = parts;
    const inputs: TaskInput[] = parts.gates.map((gate) => this.#gateInput(gate));
    this.#source = parts.source === null ? null : this.#sourceInput(parts.source);
    if (this.#source !== null) inputs.unshift(this.#source);
    else if (parts.chain.generates) inputs.unshift(this.#generatorInput());
    this.#inputs = new InputProcessor(inputs, parts.blockers);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** More may come from outside. */
  get hasOpenSource(): boolean {
    return this.#source?.finished === false;
  }

  /** Works until the slice is over or something stops it. */
  run(): SliceResult {
    const { chain, clock, sink } = this.#parts;
    const start = clock.monotonic();
    let worked = false;
    do {
      const writing = sink?.pending ?? null;
      if (writing !== null) return writing;
      if (chain.ended) {
        if (this.#ended) return 'ended';
        this.#end();
        continue;
      }
      if (!this.#available) return worked ? 'worked' : 'blocked';
      if (chain.advancing) chain.advance();
      else {
        chain.onProcessingTime(clock);
        if (chain.advancing) continue;
        const answer = this.#inputs.processNext();
        if (answer === false) return worked ? 'worked' : 'idle';
        if (answer !== true) return answer;
      }
      worked = true;
    } while (clock.monotonic() - start < SLICE);
    return 'worked';
  }

  /** What the sink was given since the last time, by its uid: ready to become visible. */
  prepareCommit(): Readonly<Record<string, readonly unknown[]>> {
    const { sink } = this.#parts;
    return sink === null ? {} : { [sink.uid]: sink.prepareCommit() };
  }

  /** Gives everything back; also after a failure. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { source, sink, release } = this.#parts;
    try {
      release();
    } finally {
      try {
        await source?.close();
      } finally {
        await sink?.close();
      }
    }
  }

  get #available(): boolean {
    for (const partition of this.#parts.partitions) if (!partition.available) return false;
    return true;
  }

  #end(): void {
    this.#ended = true;
    for (const partition of this.#parts.partitions) partition.finish();
    this.#parts.sink?.finish();
  }

  #gateInput({ gate, link, input, firstChannel }: GateInput): TaskInput {
    const { chain, counters } = this.#parts;
    return {
      get finished() {
        return gate.finished;
      },
      poll: () =>
        gate.poll((element, channel) => {
          if (element.kind !== 'batch') {
            if (element.kind === 'records') counters.add('numRecordsIn', element.records.values.length);
            chain.receive(element, link, input, firstChannel + channel);
            return;
          }
          counters.add('numRecordsIn', element.batch.rowCount);
          try {
            chain.receive(element, link, input, firstChannel + channel);
          } finally {
            element.batch.release();
          }
        }),
    };
  }

  #generatorInput(): TaskInput {
    const { chain } = this.#parts;
    const state = { finished: false };
    return {
      get finished() {
        return state.finished;
      },
      poll: () => {
        if (!chain.generate()) state.finished = true;
        return true;
      },
    };
  }

  #sourceInput(reader: SourceReader<AnyBatch>): TaskInput {
    const { chain, counters } = this.#parts;
    const { input, channel } = chain.entry;
    const state = { finished: false };
    const take = (polled: Polled<AnyBatch>): boolean => {
      if (polled === 'nothing-yet') return false;
      if (polled === 'end-of-input') {
        state.finished = true;
        chain.receive({ kind: 'watermark', timestamp: MAX_WATERMARK }, 0, input, channel);
        chain.receive({ kind: 'end' }, 0, input, channel);
        return true;
      }
      if (!(polled instanceof Batch)) {
        counters.add('numRecordsIn', polled.values.length);
        if (polled.values.length > 0) chain.receive({ kind: 'records', records: polled }, 0, input, channel);
        return true;
      }
      counters.add('numRecordsIn', polled.rowCount);
      try {
        if (polled.rowCount > 0) chain.receive({ kind: 'batch', batch: polled }, 0, input, channel);
      } finally {
        polled.release();
      }
      return true;
    };
    let waiting: Promise<void> | null = null;
    let arrived: { readonly polled: Polled<AnyBatch> } | { readonly error: unknown } | null = null;
    return {
      get finished() {
        return state.finished;
      },
      poll: () => {
        if (arrived !== null) {
          const answer = arrived;
          arrived = null;
          if ('error' in answer) throw answer.error;
          return take(answer.polled);
        }
        if (waiting !== null) return waiting;
        const polled = reader.poll();
        if (!(polled instanceof Promise)) return take(polled);
        waiting = polled.then(
          (value) => {
            waiting = null;
            arrived = { polled: value };
          },
          (error: unknown) => {
            waiting = null;
            arrived = { error };
          },
        );
        return waiting;
      },
    };
  }
}
