/**
 * One subtask: reads its inputs, runs its chain, writes its results. It works in slices, so that the subtasks of a job
 * can share one thread, each taking its turn, and the thread can see to other things in between.
 */
import type { Clock } from '../base/clock.ts';
import type { CheckpointBarrier } from '../dataflow/checkpoint-barrier.ts';
import type { AnyBatch, SourceReader } from '../dataflow/connector.ts';
import type { Operator } from '../dataflow/operator.ts';
import type { InputGate } from '../shuffle/input-gate.ts';
import type { ResultPartition } from '../shuffle/result-partition.ts';
import type { StreamElement } from '../shuffle/stream-element.ts';
import type { OperatorChain } from './chain.ts';
import { BarrierAligner } from './checkpoint/barrier-aligner.ts';
import { OperatorStates, type TaskSnapshot } from './checkpoint/task-snapshot.ts';
import { InputProcessor, type TaskInput } from './input-processor.ts';
import type { Counters } from './metrics.ts';
import type { SinkEnd } from './sink-end.ts';
import { SourceInput } from './source-input.ts';
import type { Committables } from './task-executor-gateway.ts';

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
  readonly source: { readonly uid: string; readonly reader: SourceReader<AnyBatch> } | null;
  /** Those of the chain, for their state. */
  readonly operators: readonly { readonly uid: string; readonly operator: Operator }[];
  readonly gates: readonly GateInput[];
  /** By input (the source or what stands for one first, then the gates): which must have ended before it is read. */
  readonly blockers: readonly (readonly number[])[];
  readonly partitions: readonly ResultPartition[];
  readonly sink: SinkEnd | null;
  readonly counters: Counters;
  readonly clock: Clock;
  /** What the operators leave when their input has been read, in BATCH; null: nothing. */
  readonly savepoint: { readonly barrier: CheckpointBarrier; readonly state: OperatorStates } | null;
  /** Checkpoints hold every row exactly once. */
  readonly exactlyOnce: boolean;
  /** Closes operators, gates and everything else that the task holds; called once. */
  readonly release: () => void;
}

export class Task {
  readonly name: string;
  readonly counters: Counters;
  readonly #parts: TaskParts;
  readonly #inputs: InputProcessor;
  readonly #source: SourceInput | null;
  /** The source, or a head that makes rows by itself: what the commands of the executor are for. */
  readonly #head: TaskInput | null;
  /** Its first channel is that of the head, if there is one. */
  readonly #aligner: BarrierAligner;
  /** Barrier that the head has to let in. */
  #triggered: CheckpointBarrier | null = null;
  /** The head may not go on: the job stops with a savepoint. */
  #suspended = false;
  /** Barrier of the savepoint that is taken when everything has ended. */
  #draining: CheckpointBarrier | null = null;
  #taken: TaskSnapshot | null = null;
  /** The checkpoint for which the sink was flushed. */
  #flushed = -1;
  /** Checkpoints that this attempt took in pages. */
  readonly #paged = new Set<number>();
  #ended = false;
  #closed = false;

  constructor(parts: TaskParts) {
    this.name = parts.name;
    this.counters = parts.counters;
    this.#parts = parts;
    const { chain, source, counters } = parts;
    if (source === null) {
      this.#source = null;
      this.#head = chain.generates ? this.#generatorInput() : null;
    } else {
      const { input, channel } = chain.entry;
      const receive = (element: StreamElement): void => chain.receive(element, 0, input, channel);
      this.#source = new SourceInput(source.uid, source.reader, receive, counters);
      this.#head = this.#source;
    }
    let channels = this.#head === null ? 0 : 1;
    const inputs: TaskInput[] = this.#head === null ? [] : [this.#headInput(this.#head)];
    for (const gate of parts.gates) {
      inputs.push(this.#gateInput(gate, channels));
      channels += gate.gate.channelCount;
    }
    this.#aligner = new BarrierAligner(channels, parts.exactlyOnce);
    this.#inputs = new InputProcessor(inputs, parts.blockers);
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** More may come from outside. */
  get hasOpenSource(): boolean {
    return this.#source?.finished === false || this.#suspended;
  }

  /** The head lets the barrier in when nothing is under way; a task without one takes it from its channels. */
  triggerCheckpoint(barrier: CheckpointBarrier): void {
    if (barrier.stop !== 'drain') {
      this.#triggered = barrier;
      if (barrier.stop === 'exhaust') this.#source?.holdAtEnd();
      return;
    }
    this.#draining = barrier;
    this.#source?.drain();
  }

  /** Nothing will come of the checkpoint. */
  abortCheckpoint(checkpointId: number): void {
    if (this.#triggered?.id === checkpointId) this.#triggered = null;
    this.#aligner.release(checkpointId);
  }

  /** The snapshot that the last slice took, once. */
  takeSnapshot(): TaskSnapshot | null {
    const taken = this.#taken;
    this.#taken = null;
    return taken;
  }

  /** Works until the slice is over or something stops it. */
  run(): SliceResult {
    const { chain, clock, sink } = this.#parts;
    const start = clock.monotonic();
    let worked = false;
    do {
      const writing = sink?.pending ?? null;
      if (writing !== null) return writing;
      if (this.#checkpoint()) return 'worked';
      if (chain.ended) {
        if (!this.#ended) {
          this.#end();
          continue;
        }
        if (this.#draining !== null) this.#snapshot(this.#draining);
        this.#draining = null;
        this.#leaveState();
        return 'ended';
      }
      if (!this.#available) return worked ? 'worked' : 'blocked';
      if (chain.advancing) {
        if (!chain.advance()) return worked ? 'worked' : 'idle';
      } else {
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

  /** What the sink was given since the last time: ready to become visible. */
  prepareCommit(): Committables {
    const { sink } = this.#parts;
    return sink === null ? {} : { [sink.uid]: sink.prepareCommit() };
  }

  /** Gives everything back; also after a failure. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { sink, release } = this.#parts;
    try {
      release();
    } finally {
      try {
        await this.#source?.close();
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

  /** @returns whether a snapshot was taken, or begun */
  #checkpoint(): boolean {
    if (this.#parts.chain.advancing) return false;
    const triggered = this.#triggered;
    if (triggered !== null && this.#mayLetIn(triggered)) {
      this.#triggered = null;
      if (this.#head?.finished === false) {
        this.#aligner.receive(0, triggered);
        this.#suspended = triggered.stop !== 'none';
      }
    }
    const barrier = this.#aligner.aligned;
    if (barrier === null || this.#ended) return false;
    if (this.#flushed !== barrier.id) {
      this.#flushed = barrier.id;
      this.#parts.sink?.flush();
      // The snapshot waits until the sink has answered.
      if ((this.#parts.sink?.pending ?? null) !== null) return true;
    }
    this.#snapshot(barrier);
    for (const partition of this.#parts.partitions) partition.emitBarrier(barrier);
    this.#aligner.release(barrier.id);
    return true;
  }

  #mayLetIn({ stop }: CheckpointBarrier): boolean {
    const source = this.#source;
    if (source === null) return stop !== 'exhaust' || this.#head?.finished !== false;
    if (source.finished) return true;
    return source.settled && (stop !== 'exhaust' || source.exhausted);
  }

  #snapshot(barrier: CheckpointBarrier): void {
    const { id, base } = barrier;
    const state = new OperatorStates();
    const usable = base == null || this.#paged.has(base) ? base : null;
    for (const { uid, operator } of this.#parts.operators) state.take(uid, operator, id, usable);
    if (base !== undefined) this.#paged.add(id);
    this.#taken = { barrier, splits: this.#splits(), state, committables: this.prepareCommit() };
  }

  /** What the sink has made is handed in with the end of the task. */
  #leaveState(): void {
    const { savepoint } = this.#parts;
    if (savepoint !== null) this.#taken = { ...savepoint, splits: this.#splits(), committables: {} };
  }

  #splits(): TaskSnapshot['splits'] {
    return this.#source === null ? {} : { [this.#source.uid]: this.#source.splits() };
  }

  /** Channel 0. */
  #headInput(head: TaskInput): TaskInput {
    return {
      get finished() {
        return head.finished;
      },
      poll: () => {
        if (this.#suspended || this.#aligner.blocks(0)) return false;
        const answer = head.poll();
        if (head.finished) this.#aligner.end(0);
        return answer;
      },
    };
  }

  /** @param first number of its first channel at the aligner */
  #gateInput({ gate, link, input, firstChannel }: GateInput, first: number): TaskInput {
    const { chain, counters } = this.#parts;
    const receive = (element: StreamElement, channel: number): void => {
      switch (element.kind) {
        case 'barrier':
          this.#aligner.receive(first + channel, element.barrier);
          return;
        case 'batch':
          counters.add('numRecordsIn', element.batch.rowCount);
          try {
            chain.receive(element, link, input, firstChannel + channel);
          } finally {
            element.batch.release();
          }
          return;
        case 'records':
          counters.add('numRecordsIn', element.records.values.length);
          break;
        case 'end':
          this.#aligner.end(first + channel);
      }
      chain.receive(element, link, input, firstChannel + channel);
    };
    const blocks = (channel: number): boolean => this.#aligner.blocks(first + channel);
    return {
      get finished() {
        return gate.finished;
      },
      get passed() {
        return gate.finished && chain.proceeds(link);
      },
      poll: () => gate.poll(receive, blocks),
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
}
