/**
 * Runs a behaviour: hands records to it one by one, with key and timestamp in the services, fires timers, and emits
 * what it gives out in batches.
 *
 * In STREAMING records go to it as they arrive. In BATCH records of keyed inputs are gathered first, and go to it key
 * by key once all inputs have ended (records of other inputs at once, so before them). Every key is a little stream of
 * its own: the watermark is at its minimum until the last record, then at its end, and all timers fire.
 */
import { assert } from '../../base/assert.ts';
import type { TimeDomain } from '../../dataflow/functions/process-functions.ts';
import type { StreamOperatorDefinition, StreamOperatorParams } from '../../dataflow/functions/stream-operator.ts';
import type { Operator, OperatorContext } from '../../dataflow/operator.ts';
import { NO_TIMESTAMP, type RecordBatch } from '../../dataflow/records.ts';
import type { KeyedStateBackendFactory } from '../../state/keyed/backend.ts';
import { EndedKeys } from '../../state/keyed/ended-keys.ts';
import { checkKey } from '../../state/keyed/keys.ts';
import { SingleKeyBackend } from '../../state/keyed/single-key-backend.ts';
import type { PagedState, PageWriter, StateWriter } from '../../state/snapshot.ts';
import type { Behaviour } from './behaviour.ts';
import { OperatorRuntimeContext, OperatorServices } from './operator-services.ts';
import { SortedInput } from './sorted/sorted-input.ts';
import type { TimerQueue } from './timer-queue.ts';
import { QueuedTimers } from './timers.ts';

/** Milliseconds of work per call. */
const SLICE = 10;
/** Records, or timers, after which the clock is looked at. */
const CHECK_AFTER = 256;

export type CreateBehaviour = (services: OperatorServices) => Behaviour;

export class StreamOperator implements Operator, PagedState {
  readonly #keys: StreamOperatorDefinition['keys'];
  readonly #params: StreamOperatorParams;
  readonly #createBehaviour: CreateBehaviour;
  readonly #createBackend: KeyedStateBackendFactory;
  #context!: OperatorContext;
  #services!: OperatorServices;
  #behaviour!: Behaviour;
  #opened = 0;
  #openInputs: number;
  /** Of operators with a key: in STREAMING, and in BATCH where another job will go on with them. */
  #timers: QueuedTimers | null = null;
  /** The watermark whose timers are firing; null: none. */
  #firing: number | null = null;
  /** BATCH, of operators with a key. */
  #sorted: SortedInput | null = null;

  constructor(
    definition: StreamOperatorDefinition,
    params: StreamOperatorParams,
    createBehaviour: CreateBehaviour,
    createBackend: KeyedStateBackendFactory,
  ) {
    this.#keys = definition.keys;
    this.#openInputs = definition.keys.length;
    this.#params = params;
    this.#createBehaviour = createBehaviour;
    this.#createBackend = createBackend;
  }

  open(context: OperatorContext): void {
    this.#context = context;
    const keyed = this.#keys.some((key) => key !== null);
    const sorted = keyed && this.#params.keyedInput === 'sorted-by-key';
    const suspends = this.#params.atEnd === 'savepoint';
    const ended = (): EndedKeys | null => (suspends ? new EndedKeys(context.maxParallelism) : null);
    const createBackend = sorted ? () => new SingleKeyBackend(ended()) : keyed ? this.#createBackend : null;
    const services = new OperatorServices(context, createBackend);
    this.#services = services;
    this.#behaviour = this.#createBehaviour(services);
    if (keyed && (!sorted || suspends)) this.#timers = new QueuedTimers(services);
    if (sorted) this.#sorted = new SortedInput(services, this.#behaviour, SLICE, this.#timers);
    else if (this.#timers !== null) {
      services.timers = this.#timers;
      const { restored } = context;
      if (restored !== null) {
        // At once: what functions ask for later must be there until then, and in snapshots that are taken meanwhile.
        services.requireBackend();
        for (const queue of Object.values(this.#timers.queues)) queue.restore(restored);
      }
    }
    const runtimeContext = new OperatorRuntimeContext(services);
    for (const fn of this.#behaviour.functions) {
      this.#opened++;
      fn.open?.(runtimeContext);
    }
  }

  processBatch(): void {
    assert(false, 'an operator of a program gets records');
  }

  processRecords(records: RecordBatch, input: number): void {
    this.#finishFiring();
    const key = this.#keys[input] ?? null;
    if (key !== null && this.#sorted !== null) {
      this.#sorted.add(records, key, input);
      return;
    }
    const services = this.#services;
    const { collector } = services;
    const { values, timestamps } = records;
    const process = this.#behaviour.process[input]!;
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      if (key !== null) {
        const of = key(value);
        if (of === undefined || of === null) checkKey(of);
        services.key = of;
      }
      collector.timestamp = timestamps === null ? NO_TIMESTAMP : timestamps[i]!;
      process(value);
    }
    services.flush();
  }

  processWatermark(timestamp: number): void {
    this.#finishFiring();
    if (this.#sorted !== null) {
      this.#sorted.watermark = timestamp;
      return;
    }
    this.#services.watermark = timestamp;
    this.#firing = timestamp;
    this.#fireSlice(SLICE);
  }

  /** Timers of a watermark are firing, which is emitted after them; or records are being written to disk. */
  get busy(): boolean {
    return this.#firing !== null || this.#sorted?.busy === true;
  }

  get nextProcessingTime(): number {
    if (this.#timers === null || this.#sorted !== null) return Number.POSITIVE_INFINITY;
    return this.#timers.queues.PROCESSING_TIME.next;
  }

  onProcessingTime(now: number): void {
    const timers = this.#timers!.queues.PROCESSING_TIME;
    while (timers.pop(now)) this.#fire(timers, 'PROCESSING_TIME');
    this.#services.flush();
  }

  endInput(): void {
    this.#openInputs--;
  }

  suspendInput(): void {
    this.#openInputs--;
  }

  advance(): boolean {
    if (this.#firing !== null) return this.#fireSlice(SLICE);
    if (this.#sorted?.busy === true) {
      this.#sorted.spill();
      return true;
    }
    return this.#openInputs === 0 && this.#sorted !== null && this.#sorted.advance();
  }

  snapshotState(writer: StateWriter): void {
    this.#snapshotSmall(writer);
    this.#services.backend?.snapshot(writer);
  }

  snapshotPages(writer: PageWriter): void {
    this.#snapshotSmall(writer);
    const { backend } = this.#services;
    if (backend?.snapshotPages === undefined) backend?.snapshot(writer);
    else backend.snapshotPages(writer);
  }

  close(): void {
    const functions = this.#behaviour?.functions ?? [];
    try {
      for (; this.#opened > 0; this.#opened--) functions[this.#opened - 1]!.close?.();
    } finally {
      this.#sorted?.close();
      this.#services?.close();
    }
  }

  #snapshotSmall(writer: StateWriter): void {
    this.#services.operatorState.snapshot(writer);
    if (this.#timers !== null) {
      for (const queue of Object.values(this.#timers.queues)) queue.snapshot(writer);
    }
  }

  /** What the operator before it in the chain sends meanwhile has to wait for all timers. */
  #finishFiring(): void {
    if (this.#firing !== null) this.#fireSlice(Number.POSITIVE_INFINITY);
  }

  /** @returns true if timers are left */
  #fireSlice(milliseconds: number): boolean {
    const watermark = this.#firing!;
    const timers = this.#timers?.queues.EVENT_TIME;
    if (timers !== undefined && timers.next <= watermark) {
      const { clock } = this.#context;
      const end = clock.monotonic() + milliseconds;
      let fired = 0;
      while (timers.pop(watermark)) {
        this.#fire(timers, 'EVENT_TIME');
        if (++fired % CHECK_AFTER === 0 && clock.monotonic() >= end) {
          this.#services.flush();
          return true;
        }
      }
      this.#services.flush();
    }
    this.#firing = null;
    this.#context.output.emitWatermark(watermark);
    return false;
  }

  /** The timer that was popped last. */
  #fire({ record, time }: TimerQueue, domain: TimeDomain): void {
    this.#services.record = record!;
    this.#services.collector.timestamp = domain === 'EVENT_TIME' ? time : NO_TIMESTAMP;
    this.#behaviour.onTimer?.(time, domain);
  }
}
