/**
 * Options in WITH: defaults from the session and from the connector, and the check that every key is known and every
 * required one there. What a value means is the connector's business; the readers of the common kinds are here too.
 */
import { type Configuration, parseDuration, parseMemorySize } from '../base/config.ts';
import { EngineError } from '../base/errors.ts';
import { didYouMean } from '../base/nearest.ts';
import type { ConnectorFactory, ConnectorOption } from '../dataflow/connector.ts';

export type Options = Readonly<Record<string, string>>;

/** Keys of WITH that belong to the table and not to its connector. */
const COMMON_KEYS: readonly string[] = ['connector'];

/**
 * Every option's value: from WITH, else from the session (key `<connector>.<option>`: `-D nexmark.events.num=1000`
 * makes a script that leaves it open run at another size), else the option's default. Keys of WITH that the connector
 * does not know are kept, for `validateOptions` to refuse.
 */
export function applyDefaults(factory: ConnectorFactory, options: Options, configuration: Configuration): Options {
  const filled: Record<string, string> = { ...options };
  for (const { key, prefix, default: fallback } of factory.options) {
    if (prefix === true) continue;
    const value = filled[key] ?? configuration.raw(`${factory.connector}.${key}`) ?? fallback;
    if (value !== undefined) filled[key] = value;
  }
  return filled;
}

/**
 * Refuses keys that the connector does not know, and misses those that it requires.
 *
 * @throws EngineError CONNECTOR-OPTION-UNKNOWN, CONNECTOR-OPTION-MISSING
 */
export function validateOptions(factory: ConnectorFactory, options: Options): void {
  for (const key of Object.keys(options)) {
    if (COMMON_KEYS.includes(key) || factory.options.some((option) => matches(option, key))) continue;
    const known = factory.options.map((option) => option.key);
    throw new EngineError('CONNECTOR-OPTION-UNKNOWN', `connector '${factory.connector}' has no option '${key}'`, {
      hint: didYouMean(key, known) ?? `its options are ${known.length === 0 ? 'none' : known.join(', ')}`,
    });
  }
  for (const { key, required, doc } of factory.options) {
    if (!required || options[key] !== undefined) continue;
    throw new EngineError('CONNECTOR-OPTION-MISSING', `connector '${factory.connector}' needs the option '${key}'`, {
      hint: doc,
    });
  }
}

/** A prefix option is a key with `*` in place of a column name; the name may contain dots itself. */
function matches(option: ConnectorOption, key: string): boolean {
  if (option.prefix !== true) return option.key === key;
  const star = option.key.indexOf('*');
  if (star < 0) return key.startsWith(option.key);
  const tail = option.key.slice(star + 1);
  return key.length >= option.key.length && key.startsWith(option.key.slice(0, star)) && key.endsWith(tail);
}

/** Reads the options of one table, with errors that name connector and key. */
export class OptionReader {
  readonly #connector: string;
  readonly #options: Options;

  constructor(connector: string, options: Options) {
    this.#connector = connector;
    this.#options = options;
  }

  text(key: string): string | null {
    return this.#options[key] ?? null;
  }

  textOr(key: string, fallback: string): string {
    return this.#options[key] ?? fallback;
  }

  boolean(key: string, fallback: boolean): boolean {
    const text = this.#options[key]?.trim().toLowerCase();
    if (text === undefined) return fallback;
    if (text === 'true') return true;
    if (text === 'false') return false;
    throw this.invalid(key, "'true' or 'false'");
  }

  /** A whole number of at least `least`. */
  integer(key: string, fallback: number, least = Number.MIN_SAFE_INTEGER): number {
    const text = this.#options[key]?.trim();
    if (text === undefined) return fallback;
    const value = Number(text.replaceAll('_', ''));
    if (text === '' || !Number.isSafeInteger(value)) throw this.invalid(key, 'a whole number');
    if (value < least) throw this.invalid(key, `a whole number of at least ${least}`);
    return value;
  }

  number(key: string, fallback: number): number {
    const text = this.#options[key]?.trim();
    if (text === undefined) return fallback;
    const value = Number(text);
    if (text === '' || Number.isNaN(value)) throw this.invalid(key, 'a number');
    return value;
  }

  /** Milliseconds. */
  duration(key: string, fallback: number): number {
    const text = this.#options[key];
    if (text === undefined) return fallback;
    const value = parseDuration(text);
    if (value === null) throw this.invalid(key, "a duration such as '10 s' or '2 min'");
    return value;
  }

  /** Bytes. */
  memory(key: string, fallback: number): number {
    const text = this.#options[key];
    if (text === undefined) return fallback;
    const value = parseMemorySize(text);
    if (value === null) throw this.invalid(key, "a size such as '200b' or '1 kb'");
    return value;
  }

  choice<T extends string>(key: string, fallback: T, values: readonly T[]): T {
    const text = this.#options[key]?.trim().toLowerCase();
    if (text === undefined) return fallback;
    const found = values.find((value) => value.toLowerCase() === text);
    if (found === undefined) throw this.invalid(key, `one of ${values.join(', ')}`);
    return found;
  }

  invalid(key: string, expected: string): EngineError {
    return new EngineError(
      'CONNECTOR-OPTION-VALUE',
      `option '${key}' of connector '${this.#connector}' is '${this.#options[key] ?? ''}', but ${expected} is expected`,
    );
  }
}
