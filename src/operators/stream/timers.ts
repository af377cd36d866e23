/**
 * Timers of a keyed operator. Where records come as they arrive, event timers fire when the watermark passes them and
 * processing timers when the clock does. Where they come sorted by key, all timers of a key fire at its end: first the
 * event timers, then the processing timers; what is registered meanwhile is dropped.
 *
 * Flink: InternalTimerServiceImpl and BatchExecutionInternalTimeService.
 */
import type { TimeDomain } from '../../dataflow/functions/process-functions.ts';
import type { KeyRecord } from '../../state/keyed/key-records.ts';
import { TimeSet } from './time-set.ts';
import { type TimerKeys, TimerQueue } from './timer-queue.ts';

/** Timers of the current key. */
export interface Timers {
  register(domain: TimeDomain, time: number): void;
  delete(domain: TimeDomain, time: number): void;
}

export class QueuedTimers implements Timers {
  readonly queues: Readonly<Record<TimeDomain, TimerQueue>>;
  readonly #keys: TimerKeys & { readonly record: KeyRecord };

  /** @param keys has the record of the current key too */
  constructor(keys: TimerKeys & { readonly record: KeyRecord }) {
    this.#keys = keys;
    this.queues = {
      EVENT_TIME: new TimerQueue('event-time', 0, keys),
      PROCESSING_TIME: new TimerQueue('processing-time', 1, keys),
    };
  }

  register(domain: TimeDomain, time: number): void {
    this.queues[domain].register(this.#keys.record, time);
  }

  delete(domain: TimeDomain, time: number): void {
    this.queues[domain].delete(this.#keys.record, time);
  }
}

export class TimersOfOneKey implements Timers {
  readonly #times: Readonly<Record<TimeDomain, TimeSet>> = {
    EVENT_TIME: new TimeSet(),
    PROCESSING_TIME: new TimeSet(),
  };
  readonly #onDropped: () => void;
  #firing = false;

  /** @param onDropped called for each timer that is registered while timers fire */
  constructor(onDropped: () => void) {
    this.#onDropped = onDropped;
  }

  register(domain: TimeDomain, time: number): void {
    if (this.#firing) this.#onDropped();
    else this.#times[domain].add(time);
  }

  delete(domain: TimeDomain, time: number): void {
    this.#times[domain].delete(time);
  }

  get isEmpty(): boolean {
    return this.#times.EVENT_TIME.isEmpty && this.#times.PROCESSING_TIME.isEmpty;
  }

  /** The key has come to its end. */
  fireAll(fire: (time: number, domain: TimeDomain) => void): void {
    this.#firing = true;
    for (const domain of ['EVENT_TIME', 'PROCESSING_TIME'] as const) {
      this.#times[domain].drain((time) => fire(time, domain));
    }
    this.#firing = false;
  }
}
