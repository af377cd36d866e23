/** Every function over random columns and literals of all types that it takes: compiled as interpreted. */
import { expect, test } from 'vitest';
import { EngineError } from '../../../../src/base/errors.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import { type Expr, inputRef, literal } from '../../../../src/expr/expr.ts';
import { isCastable } from '../../../../src/expr/functions/conversion/castability.ts';
import type { ScalarFunction } from '../../../../src/expr/functions/define.ts';
import { resolveCast, symbol } from '../../../../src/expr/operators.ts';
import { resolveCall } from '../../../../src/expr/resolve.ts';
import { type DataType, INT, isInteger, nullable } from '../../../../src/types/data-type.ts';
import { printType } from '../../../../src/types/print.ts';
import { difference, PURE } from './differential.ts';
import { Draw, TYPES } from './random-values.ts';

/** How often each function and each pair of types is tried; WEIR_FUZZ in the environment multiplies it. */
const FACTOR = Number(process.env.WEIR_FUZZ ?? 1);
const ROWS = 40;

const UNITS = [
  'YEAR',
  'QUARTER',
  'MONTH',
  'WEEK',
  'DAY',
  'HOUR',
  'MINUTE',
  'SECOND',
  'MILLISECOND',
  'MICROSECOND',
  'NANOSECOND',
  'DECADE',
  'CENTURY',
  'MILLENNIUM',
  'DOW',
  'DOY',
  'ISODOW',
  'ISOYEAR',
  'EPOCH',
  'BOTH',
  'LEADING',
  'TRAILING',
] as const;

const PATTERNS = [
  'yyyy-MM-dd',
  'yyyyMMdd HH:mm:ss.SSS',
  'HH:mm',
  'yy/M/d',
  "yyyy-MM-dd'T'HH:mm:ss",
  'EEE MMM',
  'SS',
  'H:m:s',
];

/** Functions that make strings of a given length. */
const LENGTHS = ['REPEAT', 'LPAD', 'RPAD'];

function argument(draw: Draw, fn: ScalarFunction, index: number, types: DataType[]): Expr {
  if (draw.chance(0.12)) return symbol(draw.pick(UNITS));
  const takesPattern = index === 1 && /DATE_FORMAT|UNIX|^TO_/.test(fn.name);
  if (draw.chance(takesPattern ? 0.7 : 0.04))
    return literal(draw.pick(PATTERNS), { kind: 'VARCHAR', length: 30, nullable: false });
  const type = nullable(draw.pick(TYPES), draw.chance(0.7));
  if (LENGTHS.includes(fn.name) && isInteger(type)) return literal(draw.below(30) - 3, INT);
  if (draw.chance(0.25)) {
    const value = draw.value(type);
    if (value !== null || type.kind !== 'ROW') return literal(value, value === null ? type : nullable(type, false));
  }
  if (draw.chance(0.3)) {
    const small = draw.below(9) - 2;
    return literal(small, INT);
  }
  types[index] = type;
  return inputRef(index, type);
}

/** A call of the function with random arguments, or null if it does not take them. */
function randomCall(draw: Draw, fn: ScalarFunction): { expr: Expr; types: DataType[] } | null {
  const most = Math.min(fn.maxArgs, fn.minArgs + 2, 5);
  const count = fn.minArgs + draw.below(most - fn.minArgs + 1);
  if (fn.name === 'CASE' && count % 2 === 0) return null;
  const types: DataType[] = [];
  const args = Array.from({ length: count }, (_, i) => argument(draw, fn, i, types));
  for (let i = 0; i < count; i++) types[i] ??= INT;
  if (fn.name === 'MINUS_DATE' && args[0]!.kind !== 'literal') return null;
  try {
    return { expr: resolveCall(fn.name, args), types };
  } catch (error) {
    if (error instanceof EngineError) return null;
    throw error;
  }
}

function check(draw: Draw, expr: Expr, types: readonly DataType[]): string | null {
  const rows = Array.from({ length: ROWS }, () => types.map((type) => draw.value(type)));
  return difference({ expr, types, rows, timeZone: draw.pick(['UTC', 'Asia/Seoul', 'America/New_York']) });
}

test.each(PURE.map((fn) => [fn.name, fn] as const))('%s', (name, fn) => {
  const draw = new Draw(seededRandom(name.length * 7919 + name.charCodeAt(0)));
  let found = 0;
  for (let i = 0; i < 4000 * FACTOR && found < 6 * FACTOR; i++) {
    const call = randomCall(draw, fn);
    if (call === null) continue;
    found++;
    expect(check(draw, call.expr, call.types) ?? 'same').toBe('same');
  }
});

test.each(TYPES.map((type) => [printType(type), type] as const))('casts of %s', (_, from) => {
  const draw = new Draw(seededRandom(from.kind.length * 104_729 + TYPES.indexOf(from)));
  for (const to of TYPES) {
    if (!isCastable(from, to)) continue;
    for (let i = 0; i < FACTOR; i++) {
      const type = nullable(from, draw.chance(0.7));
      const expr = resolveCast(inputRef(0, type), to, draw.chance(0.5));
      expect(check(draw, expr, [type]) ?? 'same').toBe('same');
    }
  }
});
