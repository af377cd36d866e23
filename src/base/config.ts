/**
 * Configuration: option keys with a type and a default (base/options.ts holds the table), and the values of a session.
 * Keys and their meaning are Flink's; what is ours alone begins with `weir.` or names the connector.
 */
import { EngineError } from './errors.ts';
import { type ConfigOption, findOption } from './options.ts';

export class Configuration {
  readonly #values: ReadonlyMap<string, string>;

  constructor(values: ReadonlyMap<string, string> | Readonly<Record<string, string>> = {}) {
    this.#values = new Map(values instanceof Map ? values : Object.entries(values));
  }

  /** Keys that were set, in order of the alphabet. */
  entries(): [string, string][] {
    return [...this.#values].sort(([a], [b]) => (a < b ? -1 : 1));
  }

  /** The text as it was set, or null. */
  raw(key: string): string | null {
    return this.#values.get(key) ?? null;
  }

  has(key: string): boolean {
    return this.#values.has(key);
  }

  /** A copy with one value set. */
  with(key: string, value: string): Configuration {
    return new Configuration(new Map([...this.#values, [key, value]]));
  }

  /** A copy without the key. */
  without(key: string): Configuration {
    return new Configuration(new Map([...this.#values].filter(([other]) => other !== key)));
  }

  string(key: string): string {
    return this.#text(key);
  }

  boolean(key: string): boolean {
    const text = this.#text(key).toLowerCase();
    if (text === 'true') return true;
    if (text === 'false') return false;
    throw invalid(key, text, "'true' or 'false'");
  }

  integer(key: string): number {
    const text = this.#text(key);
    if (!/^-?\d+$/.test(text.trim())) throw invalid(key, text, 'a whole number');
    return Number(text);
  }

  number(key: string): number {
    const value = Number(this.#text(key));
    if (Number.isNaN(value)) throw invalid(key, this.#text(key), 'a number');
    return value;
  }

  /** Milliseconds: `10 s`, `100ms`, `1 d`. */
  duration(key: string): number {
    const value = parseDuration(this.#text(key));
    if (value === null) throw invalid(key, this.#text(key), "a duration such as '10 s' or '2 min'");
    return value;
  }

  /** Bytes: `64 mb`, `1g`. */
  memory(key: string): number {
    const value = parseMemorySize(this.#text(key));
    if (value === null) throw invalid(key, this.#text(key), "a size such as '64 mb' or '1 gb'");
    return value;
  }

  #text(key: string): string {
    const set = this.#values.get(key);
    if (set !== undefined) return set;
    const option: ConfigOption | null = findOption(key);
    if (option?.default === undefined || option.default === null) {
      throw new EngineError('CONFIG-MISSING', `option '${key}' is not set`, { hint: `SET '${key}' = '…'` });
    }
    return option.default;
  }
}

function invalid(key: string, value: string, expected: string): EngineError {
  return new EngineError('CONFIG-VALUE', `option '${key}' is '${value}', but ${expected} is expected`);
}

const DURATION_UNITS: readonly (readonly [RegExp, number])[] = [
  [/^(ns|nano|nanosecond|nanoseconds)$/, 1e-6],
  [/^(µs|micro|microsecond|microseconds)$/, 1e-3],
  [/^(|ms|milli|millis|millisecond|milliseconds)$/, 1],
  [/^(s|sec|secs|second|seconds)$/, 1000],
  [/^(m|min|minute|minutes)$/, 60_000],
  [/^(h|hour|hours)$/, 3_600_000],
  [/^(d|day|days)$/, 86_400_000],
];

/** Flink's durations: a whole number and a unit, milliseconds where there is none. null: not a duration. */
export function parseDuration(text: string): number | null {
  const match = /^\s*(\d+)\s*([a-zµ]*)\s*$/i.exec(text);
  if (match === null) return null;
  const unit = DURATION_UNITS.find(([pattern]) => pattern.test((match[2] as string).toLowerCase()));
  return unit === undefined ? null : Number(match[1]) * unit[1];
}

const MEMORY_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  bytes: 1,
  k: 1024,
  kb: 1024,
  kibibytes: 1024,
  m: 1024 ** 2,
  mb: 1024 ** 2,
  mebibytes: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1024 ** 3,
  gibibytes: 1024 ** 3,
};

/** Flink's memory sizes: a whole number and a unit (powers of 1024), bytes where there is none. null: not a size. */
export function parseMemorySize(text: string): number | null {
  const match = /^\s*(\d+)\s*([a-z]*)\s*$/i.exec(text);
  const unit = match === null ? undefined : MEMORY_UNITS[(match[2] as string).toLowerCase()];
  return match === null || unit === undefined ? null : Number(match[1]) * unit;
}

/** The environment of the process, as far as Weir reads it. */
export function environmentVariable(name: string): string | undefined {
  return process.env[name];
}
