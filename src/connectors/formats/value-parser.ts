/** Columns of text to columns of values: kernels for what is plain, a callback for the rest. */
import { physicalType, WIDTH } from '../../columnar/physical.ts';
import type { StringArena } from '../../columnar/string-arena.ts';
import { valueWriter, type WriteValue } from '../../columnar/value-codec.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { DataType } from '../../types/data-type.ts';
import type { Value } from '../../types/value.ts';

/** Addresses of one column: its text as views, and where the values go. */
export interface ParsedColumn {
  readonly type: DataType;
  readonly views: number;
  readonly rows: number;
  readonly values: number;
  /** 1 for every row that is not known to be NULL; the parser writes 0 for empty text. 0 where the type is NOT NULL. */
  readonly validity: number;
}

const LIMITS: Readonly<Record<string, bigint>> = {
  TINYINT: 128n,
  SMALLINT: 32768n,
  INT: 2147483648n,
  BIGINT: 1n << 62n,
};

/**
 * @param slow the value of a row that the kernel leaves; null only where the column can hold NULL.
 * @param separator the byte between date and time.
 */
export function parseColumn(
  memory: LinearMemory,
  kernels: Readonly<Record<string, CompiledKernel>>,
  column: ParsedColumn,
  slow: (row: number) => Value,
  strings: () => StringArena,
  separator = 32,
): void {
  const { type, rows, values, validity } = column;
  const parse = kernelFor(kernels, column, separator);
  const width = WIDTH[physicalType(type)];
  let write: WriteValue | null = null;
  for (let row = parse(0); row < rows; row = parse(row + 1)) {
    const value = slow(row);
    if (value === null) {
      memory.u8[validity + row] = 0;
      memory.fill(values + row * width, 0, width);
    } else {
      if (validity !== 0) memory.u8[validity + row] = 1;
      write ??= valueWriter(memory, type, strings);
      write(values + row * width, value);
    }
  }
}

/** From the given row on: the first row that the kernel leaves to us. */
function kernelFor(
  kernels: Readonly<Record<string, CompiledKernel>>,
  { type, views, rows, values, validity }: ParsedColumn,
  separator: number,
): (from: number) => number {
  const run = (name: string, ...more: (number | bigint)[]): ((from: number) => number) => {
    const kernel = kernels[name]!;
    return (from) => kernel(views, from, rows, values, validity, ...more) as number;
  };
  const width = WIDTH[physicalType(type)];
  switch (type.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
      return run('parse_numbers', width, 0, 1n, LIMITS[type.kind]!);
    case 'DECIMAL':
      return run('parse_numbers', width, type.scale, ...decimalLimits(type.precision, type.scale));
    case 'DOUBLE':
      return run('parse_doubles', width);
    case 'DATE':
      return run('parse_dates');
    case 'TIME':
      return run('parse_times', 10n ** BigInt(6 - Math.min(type.precision, 3)));
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ': {
      if (type.precision > 6) return (from) => from;
      const suffix = type.kind === 'TIMESTAMP' ? 0 : 'Z'.charCodeAt(0);
      return run('parse_timestamps', 10n ** BigInt(6 - type.precision), suffix, separator);
    }
    case 'BOOLEAN':
      return run('parse_booleans');
    default:
      // FLOAT too: rounding twice, to 64 and then to 32 bits, can differ from rounding once.
      return (from) => from;
  }
}

/** 10 to the power of the scale, and the first unscaled value too large, as far as 64 bits go. */
function decimalLimits(precision: number, scale: number): [bigint, bigint] {
  return [10n ** BigInt(Math.min(scale, 18)), 10n ** BigInt(Math.min(precision, 18))];
}
