/**
 * Time to live: what has not been used for so long is over. Stored values carry the time of their last use; expired
 * ones are not shown, are removed when they are met, and are left out of snapshots. Lists and maps expire element by
 * element. Flink: StateTtlConfig.
 */
import type { Clock } from '../../base/clock.ts';
import type { MapCell, Timed, TimedValues, ValueCell } from './backend.ts';

/** Defaults: OnCreateAndWrite, NeverReturnExpired. */
export interface TtlConfig {
  /** Milliseconds. */
  readonly ttl: number;
  readonly updateType?: 'Disabled' | 'OnCreateAndWrite' | 'OnReadAndWrite';
  readonly stateVisibility?: 'ReturnExpiredIfNotCleanedUp' | 'NeverReturnExpired';
}

/** The rules of one state. */
export class TimeToLive implements TimedValues {
  readonly #ttl: number;
  readonly #clock: Clock;
  readonly #ofLists: boolean;
  readonly refreshOnRead: boolean;
  readonly #showExpired: boolean;

  constructor({ ttl, updateType, stateVisibility }: TtlConfig, clock: Clock, ofLists: boolean) {
    this.#ttl = ttl;
    this.#clock = clock;
    this.#ofLists = ofLists;
    this.refreshOnRead = updateType === 'OnReadAndWrite';
    this.#showExpired = stateVisibility === 'ReturnExpiredIfNotCleanedUp';
  }

  now(): number {
    return this.#clock.now();
  }

  stamp(value: unknown): Timed {
    return [value, this.#clock.now()];
  }

  isOver([, lastUse]: Timed): boolean {
    return lastUse + this.#ttl <= this.#clock.now();
  }

  /** Is it to be returned, although it may be over? */
  shows(stored: Timed): boolean {
    return this.#showExpired || !this.isOver(stored);
  }

  /**
   * For a value that is read: one that is over is removed, one in use is stamped anew where reading counts.
   *
   * @returns whether it is shown
   */
  onRead(stored: Timed, remove: () => void, refresh: (stamped: Timed) => void): boolean {
    const shown = this.shows(stored);
    if (this.isOver(stored)) remove();
    else if (this.refreshOnRead) refresh(this.stamp(stored[0]));
    return shown;
  }

  expired(stored: unknown): boolean {
    if (!this.#ofLists) return this.isOver(stored as Timed);
    return (stored as readonly Timed[]).every((element) => this.isOver(element));
  }

  wrap(value: unknown): unknown {
    return this.#ofLists ? (value as readonly unknown[]).map((element) => this.stamp(element)) : this.stamp(value);
  }
}

/** A cell of values that expire. */
export class TimedValueCell implements ValueCell {
  readonly #cell: ValueCell;
  readonly #rules: TimeToLive;

  constructor(cell: ValueCell, rules: TimeToLive) {
    this.#cell = cell;
    this.#rules = rules;
  }

  get(): unknown {
    const stored = this.#cell.get() as Timed | undefined;
    if (stored === undefined) return undefined;
    const shown = this.#rules.onRead(
      stored,
      () => this.#cell.clear(),
      (stamped) => this.#cell.set(stamped),
    );
    return shown ? stored[0] : undefined;
  }

  set(value: unknown): void {
    this.#cell.set(this.#rules.stamp(value));
  }

  clear(): void {
    this.#cell.clear();
  }
}

/** A cell of lists whose elements expire one by one. */
export class TimedListCell implements ValueCell {
  readonly #cell: ValueCell;
  readonly #rules: TimeToLive;

  constructor(cell: ValueCell, rules: TimeToLive) {
    this.#cell = cell;
    this.#rules = rules;
  }

  get(): unknown {
    const stored = this.#cell.get() as readonly Timed[] | undefined;
    if (stored === undefined) return undefined;
    const alive = stored.filter((element) => !this.#rules.isOver(element));
    const shown = stored.filter((element) => this.#rules.shows(element)).map(([value]) => value);
    if (alive.length === 0) this.#cell.clear();
    else if (this.#rules.refreshOnRead) this.#cell.set(alive.map(([value]) => this.#rules.stamp(value)));
    else if (alive.length < stored.length) this.#cell.set(alive);
    return shown.length === 0 ? undefined : shown;
  }

  /** All elements count as used now. */
  set(value: unknown): void {
    this.#cell.set(this.#rules.wrap(value));
  }

  /** Leaves the times of the others as they are. */
  append(value: unknown): void {
    const stored = (this.#cell.get() as readonly Timed[] | undefined) ?? [];
    this.#cell.set([...stored.filter((element) => !this.#rules.isOver(element)), this.#rules.stamp(value)]);
  }

  clear(): void {
    this.#cell.clear();
  }
}

/** A cell of maps whose entries expire one by one. */
export class TimedMapCell implements MapCell {
  readonly #cell: MapCell;
  readonly #rules: TimeToLive;

  constructor(cell: MapCell, rules: TimeToLive) {
    this.#cell = cell;
    this.#rules = rules;
  }

  get(key: unknown): unknown {
    const stored = this.#cell.get(key) as Timed | undefined;
    return stored !== undefined && this.#shows(key, stored) ? stored[0] : undefined;
  }

  set(key: unknown, value: unknown): void {
    this.#cell.set(key, this.#rules.stamp(value));
  }

  delete(key: unknown): void {
    this.#cell.delete(key);
  }

  *entries(): Iterable<readonly [unknown, unknown]> {
    for (const [key, stored] of this.#cell.entries()) {
      const timed = stored as Timed;
      if (this.#shows(key, timed)) yield [key, timed[0]];
    }
  }

  isEmpty(): boolean {
    for (const _ of this.entries()) return false;
    return true;
  }

  clear(): void {
    this.#cell.clear();
  }

  #shows(key: unknown, stored: Timed): boolean {
    return this.#rules.onRead(
      stored,
      () => this.#cell.delete(key),
      (stamped) => this.#cell.set(key, stamped),
    );
  }
}
