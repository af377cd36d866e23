/**
 * Windows of a keyed stream: each keeps what its records make until time has passed its end, fires, and lives on for
 * the allowed lateness, firing again for every record that comes by then. Flink: WindowOperator with EventTimeTrigger
 * or ProcessingTimeTrigger.
 */
import { EngineError } from '../../../base/errors.ts';
import type { RichFunction } from '../../../dataflow/functions/lifecycle.ts';
import type { OutputTag } from '../../../dataflow/functions/output-tag.ts';
import type { WindowContext } from '../../../dataflow/functions/process-functions.ts';
import type { WindowDefinition } from '../../../dataflow/functions/stream-operator.ts';
import type { TimeWindow } from '../../../dataflow/functions/windows.ts';
import type { MapCell } from '../../../state/keyed/backend.ts';
import type { Behaviour } from '../behaviour.ts';
import type { OperatorServices } from '../operator-services.ts';
import { BackendStateStore } from '../state-store.ts';
import { fixedWindows, forEachWindowStart, touches } from './assign-windows.ts';
import { type WindowContents, windowContents } from './window-contents.ts';
import { WindowStateBackend } from './window-state.ts';

const STATE = '_window_contents';

export function windowBehaviour(definition: WindowDefinition, services: OperatorServices): Behaviour {
  const operator = definition.assigner.kind === 'session' ? new SessionWindows(definition, services) : null;
  return (operator ?? new FixedWindows(definition, services)).behaviour();
}

/** What fixed windows and sessions have in common. */
abstract class Windows {
  protected readonly definition: WindowDefinition;
  protected readonly services: OperatorServices;
  protected readonly contents: WindowContents;
  readonly #eventTime: boolean;
  readonly #context: CurrentWindow;
  #cell: MapCell | null = null;

  constructor(definition: WindowDefinition, services: OperatorServices) {
    this.definition = definition;
    this.services = services;
    this.contents = windowContents(definition.contents);
    this.#eventTime = definition.assigner.time === 'EVENT_TIME';
    this.#context = new CurrentWindow(services, definition.assigner.kind === 'session');
  }

  behaviour(): Behaviour {
    const { process } = this.definition;
    const functions: RichFunction[] = process === null ? [] : [process];
    return { functions, process: [(value) => this.#process(value)], onTimer: (time) => this.onTimer(time) };
  }

  /** Puts the record into its windows. @returns false if all of them are over */
  protected abstract add(value: unknown, timestamp: number): boolean;
  /** Time has come to the last millisecond of a window, or to the end of its lateness. */
  protected abstract onTimer(time: number): void;

  /** What windows of the current key hold, by start. */
  protected get cell(): MapCell {
    this.#cell ??= this.services.requireBackend().mapCell({ name: STATE, kind: 'map', timed: null });
    return this.#cell;
  }

  /** The moment after which the window is gone. */
  protected cleanupTime(end: number): number {
    return end - 1 + (this.#eventTime ? this.definition.allowedLateness : 0);
  }

  protected isOver(end: number): boolean {
    return this.#eventTime && this.cleanupTime(end) <= this.services.watermark;
  }

  /** A window has got a record: its timers, or, if its end has passed already, its result. */
  protected afterAdd(window: TimeWindow, contents: unknown): void {
    const timers = this.services.requireTimers();
    const { time } = this.definition.assigner;
    timers.register(time, this.cleanupTime(window.end));
    if (this.#eventTime && window.end - 1 <= this.services.watermark) this.fire(window, contents);
    else timers.register(time, window.end - 1);
  }

  protected fire(window: TimeWindow, contents: unknown): void {
    const { collector, key } = this.services;
    collector.timestamp = window.end - 1;
    const elements = this.contents.elements(contents);
    const { process } = this.definition;
    if (process === null) for (const element of elements) collector.collect(element);
    else {
      this.#context.window = window;
      process.process(key, this.#context, elements, collector);
    }
  }

  protected clear(window: TimeWindow): void {
    this.cell.delete(window.start);
    const { process } = this.definition;
    if (process?.clear === undefined) return;
    this.#context.window = window;
    process.clear(this.#context);
  }

  #process(value: unknown): void {
    const { collector, context, watermark } = this.services;
    const { allowedLateness, lateTag } = this.definition;
    const timestamp = this.#eventTime ? collector.timestamp : context.clock.now();
    if (this.add(value, timestamp) || !this.#eventTime || timestamp + allowedLateness > watermark) return;
    if (lateTag === null) context.metrics.add('numLateRecordsDropped', 1);
    else this.services.output(lateTag, value, timestamp);
  }
}

/** Tumbling and sliding windows. */
class FixedWindows extends Windows {
  readonly #lengths: ReturnType<typeof fixedWindows>;

  constructor(definition: WindowDefinition, services: OperatorServices) {
    super(definition, services);
    this.#lengths = fixedWindows(definition.assigner as Parameters<typeof fixedWindows>[0]);
  }

  protected override add(value: unknown, timestamp: number): boolean {
    let taken = false;
    forEachWindowStart(this.#lengths, timestamp, (start) => {
      const window = this.#window(start);
      if (this.isOver(window.end)) return;
      taken = true;
      const contents = this.contents.add(this.cell.get(start), value);
      this.cell.set(start, contents);
      this.afterAdd(window, contents);
    });
    return taken;
  }

  protected override onTimer(time: number): void {
    const ending = this.#window(time + 1 - this.#lengths.size);
    const contents = this.cell.get(ending.start);
    if (contents !== undefined) this.fire(ending, contents);
    const over = this.#window(time + 1 - this.#lengths.size - (this.cleanupTime(0) + 1));
    if (this.cell.get(over.start) !== undefined) this.clear(over);
  }

  #window(start: number): TimeWindow {
    return { start, end: start + this.#lengths.size };
  }
}

/** Windows that grow with their records and merge: each is kept with its end. */
class SessionWindows extends Windows {
  protected override add(value: unknown, timestamp: number): boolean {
    const { assigner } = this.definition;
    const gap = assigner.kind === 'session' ? assigner.gap : 0;
    let window: TimeWindow = { start: timestamp, end: timestamp + gap };
    let contents: unknown;
    const merged: TimeWindow[] = [];
    for (const [session, other] of this.#sessions()) {
      if (!touches(session, window)) continue;
      window = { start: Math.min(session.start, window.start), end: Math.max(session.end, window.end) };
      contents = contents === undefined ? other : this.contents.merge(contents, other);
      merged.push(session);
    }
    if (this.isOver(window.end)) return false;
    const timers = this.services.requireTimers();
    for (const { start, end } of merged) {
      this.cell.delete(start);
      timers.delete(assigner.time, end - 1);
      timers.delete(assigner.time, this.cleanupTime(end));
    }
    contents = this.contents.add(contents, value);
    this.cell.set(window.start, [window.end, contents]);
    this.afterAdd(window, contents);
    return true;
  }

  protected override onTimer(time: number): void {
    for (const [session, contents] of this.#sessions()) {
      if (session.end - 1 === time) this.fire(session, contents);
      if (this.cleanupTime(session.end) === time) this.clear(session);
    }
  }

  /** Those of the current key, by start. */
  #sessions(): (readonly [TimeWindow, unknown])[] {
    return [...this.cell.entries()]
      .map(([start, stored]): readonly [TimeWindow, unknown] => {
        const [end, contents] = stored as readonly [number, unknown];
        return [{ start: start as number, end }, contents];
      })
      .sort(([a], [b]) => a.start - b.start);
  }
}

class CurrentWindow implements WindowContext {
  readonly #services: OperatorServices;
  readonly #windowState: BackendStateStore;
  readonly #merging: boolean;
  window: TimeWindow = { start: 0, end: 0 };

  constructor(services: OperatorServices, merging: boolean) {
    this.#services = services;
    this.#merging = merging;
    const backend = () => new WindowStateBackend(services.requireBackend(), () => this.window.start);
    this.#windowState = new BackendStateStore(backend, services.context.clock, '_window_state/');
  }

  currentProcessingTime(): number {
    return this.#services.context.clock.now();
  }

  currentWatermark(): number {
    return this.#services.watermark;
  }

  windowState(): BackendStateStore {
    if (this.#merging) {
      throw new EngineError('STREAM-WINDOW', 'session windows have no state per window', {
        hint: 'they merge; keep it in globalState',
      });
    }
    return this.#windowState;
  }

  globalState(): BackendStateStore {
    return this.#services.keyedState;
  }

  output<T>(tag: OutputTag<T>, value: T): void {
    this.#services.output(tag as OutputTag<unknown>, value);
  }
}
