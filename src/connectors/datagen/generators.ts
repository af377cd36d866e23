/** The values of `datagen`, by type: random ones and sequences. */
import type { Clock } from '../../base/clock.ts';
import { notSupported } from '../../base/errors.ts';
import type { DataType, Field } from '../../types/data-type.ts';
import { pow10 } from '../../types/decimal.ts';
import { printKind } from '../../types/print.ts';
import type { Value } from '../../types/value.ts';
import type { OptionReader } from '../options.ts';

export interface FieldGenerator {
  /** How many rows it can fill; MAX_SAFE_INTEGER: any number. */
  readonly length: number;
  readonly value: (row: number) => Value;
  /** The physical value, for types of fixed width up to 64 bits, where it is a safe number and never NULL. */
  readonly number?: (row: number) => number;
}

export function fieldGenerator(
  { name, type }: Field,
  options: OptionReader,
  seed: number,
  clock: Clock,
): FieldGenerator {
  const key = `fields.${name}`;
  if (options.choice(`${key}.kind`, 'random', ['random', 'sequence']) === 'sequence') {
    return sequence(key, type, options);
  }
  const scope: Scope = { options, seed, clock };
  const length = Number.MAX_SAFE_INTEGER;
  const number = options.number(`${key}.null-rate`, 0) === 0 ? randomNumber(key, type, scope) : null;
  if (number !== null) return { length, number, value: fromNumber(type, number) };
  return { length, value: random(key, type, scope) };
}

function sequence(key: string, type: DataType, options: OptionReader): FieldGenerator {
  for (const bound of ['start', 'end']) {
    if (options.text(`${key}.${bound}`) === null) throw options.invalid(`${key}.${bound}`, 'a whole number');
  }
  const start = options.integer(`${key}.start`, 0);
  const end = options.integer(`${key}.end`, 0, start);
  const length = end - start + 1;
  switch (type.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'FLOAT':
    case 'DOUBLE':
    case 'BIGINT': {
      const number = (row: number): number => start + row;
      return { length, number, value: fromNumber(type, number) };
    }
    case 'DECIMAL': {
      const unit = pow10(type.scale);
      return { length, value: (row) => BigInt(start + row) * unit };
    }
    case 'CHAR':
    case 'VARCHAR':
      return { length, value: (row) => String(start + row) };
    default:
      throw notSupported(`datagen: a sequence of ${printKind(type)} (option '${key}.kind')`);
  }
}

/** Values of numeric types from their physical numbers. */
function fromNumber(type: DataType, number: (row: number) => number): (row: number) => Value {
  return type.kind === 'BIGINT' ? (row) => BigInt(number(row)) : number;
}

interface Scope {
  readonly options: OptionReader;
  readonly seed: number;
  readonly clock: Clock;
}

function random(key: string, type: DataType, scope: Scope): (row: number) => Value {
  const { options, seed } = scope;
  const nullRate = options.number(`${key}.null-rate`, 0);
  if (nullRate < 0 || nullRate > 1) throw options.invalid(`${key}.null-rate`, 'a number from 0 to 1');
  if (nullRate > 0 && !type.nullable) throw options.invalid(`${key}.null-rate`, '0 for a NOT NULL column');
  const make = randomValue(key, type, scope);
  if (nullRate === 0) return make;
  const isNull = draws(seed, `${key}?`);
  return (row) => (isNull(row) < nullRate ? null : make(row));
}

const INTEGER_BITS = { TINYINT: 8, SMALLINT: 16, INT: 32, BIGINT: 64 } as const;

/** Random numbers of the types, and bounds, that JavaScript's numbers hold exactly; null for others. */
function randomNumber(key: string, type: DataType, { options, seed }: Scope): ((row: number) => number) | null {
  const draw = draws(seed, key);
  switch (type.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT': {
      const half = 2 ** (INTEGER_BITS[type.kind] - 1);
      const least = options.integer(`${key}.min`, -half, -half);
      const range = options.integer(`${key}.max`, half - 1, least) - least + 1;
      return (row) => least + Math.floor(draw(row) * range);
    }
    case 'BIGINT': {
      const least = bigintOption(options, `${key}.min`, -(2n ** 63n));
      const most = bigintOption(options, `${key}.max`, 2n ** 63n - 1n);
      if (most < least) throw options.invalid(`${key}.max`, `a number not below ${least}`);
      const range = Number(most - least) + 1;
      if (range > 2 ** 52 || !Number.isSafeInteger(Number(least)) || !Number.isSafeInteger(Number(most))) return null;
      return (row) => Number(least) + Math.floor(draw(row) * range);
    }
    case 'FLOAT':
    case 'DOUBLE': {
      const least = options.number(`${key}.min`, 0);
      const most = options.number(`${key}.max`, type.kind === 'FLOAT' ? LARGEST_FLOAT : Number.MAX_VALUE);
      const round = type.kind === 'FLOAT' ? Math.fround : (value: number) => value;
      return (row) => round(least + draw(row) * (most - least));
    }
    default:
      return null;
  }
}

const LARGEST_FLOAT = 3.4028234663852886e38;

function randomValue(key: string, type: DataType, scope: Scope): (row: number) => Value {
  const { options, seed, clock } = scope;
  const draw = draws(seed, key);
  const number = randomNumber(key, type, scope);
  if (number !== null) return fromNumber(type, number);
  switch (type.kind) {
    case 'BOOLEAN':
      return (row) => draw(row) < 0.5;
    case 'BIGINT': {
      const least = bigintOption(options, `${key}.min`, -(2n ** 63n));
      const range = bigintOption(options, `${key}.max`, 2n ** 63n - 1n) - least + 1n;
      const low = draws(seed, `${key}+`);
      const fine = 2 ** 32;
      return (row) => {
        const bits = (BigInt(Math.floor(draw(row) * fine)) << 32n) | BigInt(Math.floor(low(row) * fine));
        return least + ((bits * range) >> 64n);
      };
    }
    case 'DECIMAL': {
      const unit = Number(pow10(type.scale));
      const largest = Number(pow10(type.precision)) - 1;
      const least = options.number(`${key}.min`, 0) * unit;
      const most = Math.min(options.number(`${key}.max`, largest / unit) * unit, largest);
      return (row) => BigInt(Math.floor(least + draw(row) * (most - least)));
    }
    case 'CHAR':
    case 'VARCHAR':
      return strings(key, type.kind === 'CHAR' ? type.length : Math.min(type.length, 100), scope);
    case 'BINARY':
    case 'VARBINARY': {
      const text = strings(key, Math.min(type.length, 100), scope);
      return (row) => Uint8Array.from(text(row), (char) => char.charCodeAt(0));
    }
    case 'DATE':
      return () => Math.floor(clock.now() / 86_400_000);
    case 'TIME':
      return () => clock.now() % 86_400_000;
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      const past = options.duration(`${key}.max-past`, 0);
      return (row) => BigInt(Math.floor(clock.now() - draw(row) * past)) * 1_000_000n;
    }
    case 'INTERVAL_YEAR_MONTH':
      return (row) => Math.floor(draw(row) * 120_000);
    case 'INTERVAL_DAY_TIME':
      return (row) => BigInt(Math.floor(draw(row) * 86_400_000));
    default:
      return randomCollection(key, type, scope);
  }
}

function randomCollection(key: string, type: DataType, scope: Scope): (row: number) => Value {
  const length = scope.options.integer(`${key}.length`, 3, 0);
  // Elements are rows of a column of their own.
  const several = (make: (row: number) => Value) => (row: number) =>
    Array.from({ length }, (_, i) => make(row * length + i));
  switch (type.kind) {
    case 'ARRAY':
      return several(random(`${key}.element`, type.element, scope));
    case 'MULTISET': {
      const element = random(`${key}.element`, type.element, scope);
      return several((row) => [element(row), 1]);
    }
    case 'MAP': {
      const mapKey = random(`${key}.key`, type.key, scope);
      const value = random(`${key}.value`, type.value, scope);
      return several((row) => [mapKey(row), value(row)]);
    }
    case 'ROW': {
      const fields = type.fields.map((field) => random(`${key}.${field.name}`, field.type, scope));
      return (row) => fields.map((field) => field(row));
    }
    default:
      throw notSupported(`datagen: a column of ${printKind(type)}`);
  }
}

/** Hexadecimal digits, as in Flink. */
function strings(key: string, defaultLength: number, { options, seed }: Scope): (row: number) => string {
  const length = options.integer(`${key}.length`, defaultLength, 1);
  const varies = options.boolean(`${key}.var-len`, false);
  const lengths = draws(seed, `${key}#`);
  const letters = draws(seed, key);
  const drawsPerRow = Math.ceil(length / 8);
  return (row) => {
    const digits = varies ? 1 + Math.floor(lengths(row) * length) : length;
    let text = '';
    for (let i = 0; text.length < digits; i++) {
      text += Math.floor(letters(row * drawsPerRow + i) * 2 ** 32)
        .toString(16)
        .padStart(8, '0');
    }
    return text.slice(0, digits);
  };
}

function bigintOption(options: OptionReader, key: string, fallback: bigint): bigint {
  const text = options.text(key);
  if (text === null) return fallback;
  if (!/^[+-]?\d+$/.test(text.trim())) throw options.invalid(key, 'a whole number');
  return BigInt(text.trim());
}

/** Uniform numbers in [0, 1) by row, another series for every name: a hash of name and row. */
function draws(seed: number, name: string): (row: number) => number {
  let salt = seed | 0;
  for (let i = 0; i < name.length; i++) salt = mix(salt ^ name.charCodeAt(i));
  return (row) => {
    const high = mix(mix(salt ^ (row | 0)) ^ Math.floor(row / 4294967296));
    const low = mix(high ^ 0x5bd1e995);
    return ((high >>> 0) * 2097152 + (low >>> 11)) / 9007199254740992;
  };
}

/** The finaliser of MurmurHash3. */
function mix(value: number): number {
  let h = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
