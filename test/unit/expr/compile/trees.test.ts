/** Random trees of functions over random batches: compiled as interpreted. */
import { expect, test } from 'vitest';
import { EngineError } from '../../../../src/base/errors.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import { type Expr, inputRef, literal, visitExpr } from '../../../../src/expr/expr.ts';
import { isCastable } from '../../../../src/expr/functions/conversion/castability.ts';
import { resolveCast } from '../../../../src/expr/operators.ts';
import { resolveCall } from '../../../../src/expr/resolve.ts';
import { type DataType, nullable } from '../../../../src/types/data-type.ts';
import { difference, PURE } from './differential.ts';
import { Draw, TYPES } from './random-values.ts';

const FACTOR = Number(process.env.WEIR_FUZZ ?? 1);
const OPERATORS = PURE.filter(
  (fn) => fn.syntax === 'operator' || ['CASE', 'IF', 'COALESCE', 'IN', 'IFNULL'].includes(fn.name),
);

function depth(expr: Expr): number {
  return expr.kind === 'call' ? 1 + Math.max(0, ...expr.args.map(depth)) : 0;
}

function size(expr: Expr): number {
  let count = 0;
  visitExpr(expr, () => count++);
  return count;
}

/** Another expression over members of the pool, or null if the draw does not fit. */
function grown(draw: Draw, pool: readonly Expr[]): Expr | null {
  if (draw.chance(0.1)) {
    const [expr, to] = [draw.pick(pool), draw.pick(TYPES)];
    return isCastable(expr.type, to) ? resolveCast(expr, to, draw.chance(0.5)) : null;
  }
  const fn = draw.chance(0.6) ? draw.pick(OPERATORS) : draw.pick(PURE);
  const count = fn.minArgs + draw.below(Math.min(fn.maxArgs, fn.minArgs + 2, 5) - fn.minArgs + 1);
  if (['REPEAT', 'LPAD', 'RPAD'].includes(fn.name) || (fn.name === 'CASE' && count % 2 === 0)) return null;
  try {
    return resolveCall(
      fn.name,
      Array.from({ length: count }, () => draw.pick(pool)),
    );
  } catch (error) {
    if (error instanceof EngineError) return null;
    throw error;
  }
}

test.each(Array.from({ length: 25 * FACTOR }, (_, i) => i))('random trees %i', (seed) => {
  const draw = new Draw(seededRandom(seed + 1));
  const types: DataType[] = Array.from({ length: 6 }, () => nullable(draw.pick(TYPES), draw.chance(0.7)));
  const pool: Expr[] = types.map((type, i) => inputRef(i, type));
  for (let i = 0; i < 5; i++) {
    const type = draw.pick(TYPES);
    pool.push(literal(draw.value(type), type));
  }
  for (let i = 0; i < 600 && pool.length < 60; i++) {
    const expr = grown(draw, pool);
    if (expr !== null && depth(expr) <= 5 && size(expr) <= 60) pool.push(expr);
  }
  const rows = Array.from({ length: 25 }, () => types.map((type) => draw.value(type)));
  for (const expr of pool.slice(-12)) {
    expect(difference({ expr, types, rows, timeZone: draw.pick(['UTC', 'Asia/Seoul']) }) ?? 'same').toBe('same');
  }
});
