/** The contexts that process functions are called with; each function sees the part of it that its type names. */
import type { OutputTag } from '../../dataflow/functions/output-tag.ts';
import type {
  BroadcastContext,
  KeyedBroadcastOnTimerContext,
  OnTimerContext,
  TimeDomain,
  TimerService,
} from '../../dataflow/functions/process-functions.ts';
import type { BroadcastState, MapStateDescriptor } from '../../dataflow/functions/state.ts';
import { NO_TIMESTAMP } from '../../dataflow/records.ts';
import type { OperatorServices } from './operator-services.ts';

export class RecordContext implements OnTimerContext<unknown>, BroadcastContext, KeyedBroadcastOnTimerContext<unknown> {
  readonly #services: OperatorServices;
  readonly #timerService: TimerService;
  /** Of the timer that fires. */
  domain: TimeDomain = 'EVENT_TIME';

  constructor(services: OperatorServices) {
    this.#services = services;
    this.#timerService = timerService(services);
  }

  timestamp(): number | null {
    const { timestamp } = this.#services.collector;
    return timestamp === NO_TIMESTAMP ? null : timestamp;
  }

  timerService(): TimerService {
    return this.#timerService;
  }

  output<T>(tag: OutputTag<T>, value: T): void {
    this.#services.output(tag as OutputTag<unknown>, value);
  }

  getCurrentKey(): unknown {
    return this.#services.key;
  }

  timeDomain(): TimeDomain {
    return this.domain;
  }

  currentProcessingTime(): number {
    return this.#services.context.clock.now();
  }

  currentWatermark(): number {
    return this.#services.watermark;
  }

  getBroadcastState<K, V>({ name }: MapStateDescriptor<K, V>): BroadcastState<K, V> {
    return this.#services.operatorState.broadcast<K, V>(name);
  }
}

function timerService(services: OperatorServices): TimerService {
  return {
    currentProcessingTime: () => services.context.clock.now(),
    currentWatermark: () => services.watermark,
    registerProcessingTimeTimer: (time) => services.requireTimers().register('PROCESSING_TIME', time),
    registerEventTimeTimer: (time) => services.requireTimers().register('EVENT_TIME', time),
    deleteProcessingTimeTimer: (time) => services.requireTimers().delete('PROCESSING_TIME', time),
    deleteEventTimeTimer: (time) => services.requireTimers().delete('EVENT_TIME', time),
  };
}
