/**
 * The keyed inputs of an operator in BATCH: gathers their records, then has them processed key by key. Every key is a
 * little stream of its own, at whose end the watermark goes to its maximum and all timers fire; unless another job is
 * to go on from there, which gets the timers, and the state of each key.
 */
import type { RecordBatch } from '../../../dataflow/records.ts';
import { NO_TIMESTAMP } from '../../../dataflow/records.ts';
import { MAX_WATERMARK, MIN_WATERMARK } from '../../../dataflow/traits.ts';
import type { Behaviour } from '../behaviour.ts';
import type { OperatorServices } from '../operator-services.ts';
import { type Timers, TimersOfOneKey } from '../timers.ts';
import { Piece } from './run-cursor.ts';
import { SortedRecords } from './sorted-records.ts';

/** Records that are taken at once, and after which the clock is looked at. */
const PIECE_RECORDS = 512;

export class SortedInput {
  readonly #services: OperatorServices;
  readonly #behaviour: Behaviour;
  readonly #slice: number;
  readonly #records: SortedRecords;
  readonly #piece = new Piece(PIECE_RECORDS);
  /** Fire with their key; null: they are kept for another job. */
  readonly #timers: TimersOfOneKey | null;
  /** The last one that came in; emitted after all keys. */
  watermark = MIN_WATERMARK;
  #state: 'adding' | 'between keys' | 'within a key' = 'adding';
  #dropped = 0;

  /**
   * @param slice milliseconds of work per call
   * @param kept where timers go that are not to fire; null: they fire
   */
  constructor(services: OperatorServices, behaviour: Behaviour, slice: number, kept: Timers | null) {
    const { configuration, memory, budget, spill } = services.context;
    this.#services = services;
    this.#behaviour = behaviour;
    this.#slice = slice;
    this.#records = new SortedRecords({
      memoryBytes: configuration.memory('execution.sorted-inputs.memory'),
      memory,
      budget,
      spill,
      combine: behaviour.combine ?? null,
    });
    this.#timers = kept === null ? new TimersOfOneKey(() => this.#warn()) : null;
    services.timers = kept ?? this.#timers;
  }

  /** @throws EngineError STATE-KEY */
  add(records: RecordBatch, keyOf: (value: unknown) => unknown, input: number): void {
    this.#records.add(records, keyOf, input);
  }

  /** Records are to be written to disk; others may be added meanwhile. */
  get busy(): boolean {
    return this.#records.spilling;
  }

  /** Writes some of it. */
  spill(): void {
    const { clock } = this.#services.context;
    const end = clock.monotonic() + this.#slice;
    do this.#records.spillPart();
    while (this.busy && clock.monotonic() < end);
  }

  /** Works off some records, once all have been added. @returns true if some are left */
  advance(): boolean {
    const { clock, output } = this.#services.context;
    const end = clock.monotonic() + this.#slice;
    if (this.#state === 'adding') {
      this.#records.finish();
      this.#state = 'between keys';
    }
    let done = 0;
    while (this.#state === 'within a key' || this.#beginKey()) {
      done += this.#processPiece() + 1;
      if (done < PIECE_RECORDS) continue;
      done = 0;
      if (clock.monotonic() < end) continue;
      this.#services.flush();
      return true;
    }
    this.#services.flush();
    if (this.watermark !== MIN_WATERMARK) output.emitWatermark(this.watermark);
    this.watermark = MIN_WATERMARK;
    return false;
  }

  close(): void {
    this.#records.close();
  }

  /** @returns false if there is no other key */
  #beginKey(): boolean {
    if (!this.#records.nextKey()) return false;
    this.#services.key = this.#records.key;
    this.#services.watermark = MIN_WATERMARK;
    this.#state = 'within a key';
    return true;
  }

  /** @returns how many records were processed; 0: the key has come to its end */
  #processPiece(): number {
    const piece = this.#piece;
    if (!this.#records.nextPiece(piece)) {
      this.#endKey();
      return 0;
    }
    const { values, timestamps, length } = piece;
    const { collector } = this.#services;
    const process = this.#behaviour.process[piece.input]!;
    for (let i = 0; i < length; i++) {
      collector.timestamp = timestamps[i]!;
      process(values[i]);
    }
    return length;
  }

  #endKey(): void {
    this.#fireTimers();
    this.#behaviour.endKey?.();
    this.#services.backend?.endKey?.();
    this.#state = 'between keys';
  }

  #fireTimers(): void {
    if (this.#timers === null) return;
    const { collector } = this.#services;
    this.#services.watermark = MAX_WATERMARK;
    if (this.#timers.isEmpty) return;
    this.#timers.fireAll((time, domain) => {
      collector.timestamp = domain === 'EVENT_TIME' ? time : NO_TIMESTAMP;
      this.#behaviour.onTimer?.(time, domain);
    });
  }

  #warn(): void {
    const { context } = this.#services;
    context.metrics.add('numTimersDropped', 1);
    if (this.#dropped++ > 0) return;
    context.log(`timers that ${context.taskName} registers while the timers of a key fire are dropped in BATCH`);
  }
}
