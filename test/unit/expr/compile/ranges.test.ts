/** DECIMAL expressions in the kernels that are made for narrow columns: as interpreted. */
import { expect, test } from 'vitest';
import { seededRandom } from '../../../../src/base/random.ts';
import { Batch } from '../../../../src/columnar/batch.ts';
import { BatchBuilder } from '../../../../src/columnar/builder.ts';
import { prepare } from '../../../../src/expr/evaluate.ts';
import { type Expr, inputRef, literal } from '../../../../src/expr/expr.ts';
import { resolveCast } from '../../../../src/expr/operators.ts';
import { resolveCall } from '../../../../src/expr/resolve.ts';
import { operatorSpec } from '../../../../src/operators/define.ts';
import { fuseCalc } from '../../../../src/operators/fuse.ts';
import { BIGINT, type DataType, DOUBLE, decimal, INT, nullable, STRING } from '../../../../src/types/data-type.ts';
import { type Value, valueKey } from '../../../../src/types/value.ts';
import { OperatorHarness, schemaOfTypes } from '../../operators/harness.ts';
import { printExpr } from './differential.ts';
import { Draw } from './random-values.ts';

const TYPES = [decimal(9, 2), decimal(15, 2), decimal(18, 0), decimal(38, 10), decimal(25, 25)];
const WIDTHS = [3, 8, 16, 31, 48, 60];

/** The distinct values of the expression over a batch whose columns are known to lie within so many bits. */
function distinct(expr: Expr, types: readonly DataType[], rows: readonly (readonly Value[])[], bits: number): string[] {
  const input = schemaOfTypes(types);
  const projected = schemaOfTypes([expr.type]);
  const calc = operatorSpec('calc', 'Calc', { condition: null, projection: [expr] }, [input], projected);
  const calls = [{ fn: 'COUNT', args: [], distinct: false, filter: null, type: BIGINT }];
  const params = { keys: [0], calls, phase: 'complete' as const, rowTypes: null, estimatedGroups: null };
  const output = schemaOfTypes([expr.type, BIGINT]);
  const spec = fuseCalc(calc, operatorSpec('hash-aggregate', 'HashAggregate', params, [projected], output), 0)!;
  const harness = new OperatorHarness(spec);
  const builder = new BatchBuilder(harness.memory, types, rows.length);
  for (const row of rows) builder.append(row);
  const batch = builder.finish();
  const bounds = [-(1n << BigInt(bits - 1)), (1n << BigInt(bits - 1)) - 1n] as const;
  const columns = batch.columns.map((column) => ({ ...column, bounds }));
  const bounded = new Batch(batch.rowCount, columns, 0, () => {}, [batch]);
  harness.operator.processBatch(bounded, 0);
  bounded.release();
  batch.release();
  harness.end();
  const keys = harness.rows().map(([value]) => (value === null ? 'NULL' : valueKey(value!, expr.type)));
  harness.close();
  return keys.sort();
}

function expressions(a: Expr, b: Expr): readonly Expr[] {
  const call = (name: string, ...args: Expr[]): Expr => resolveCall(name, args);
  const one = literal(1n, decimal(1, 0));
  return [
    call('+', a, b),
    call('-', a, b),
    call('*', a, b),
    call('*', a, call('-', one, b)),
    call('*', call('*', a, b), call('+', one, a)),
    call('/', a, call('+', call('*', b, b), one)),
    call('ROUND', a, literal(1, INT)),
    call('ABS', call('NEGATE', a)),
    call('CASE', call('<', a, b), a, call('+', a, b)),
    call('GREATEST', a, b),
    resolveCast(call('*', a, b), decimal(12, 1), true),
    resolveCast(call('+', a, b), DOUBLE, false),
    resolveCast(call('+', a, b), STRING, false),
    resolveCast(call('-', a, b), BIGINT, false),
  ];
}

test.each(WIDTHS)('columns of %i bits', (bits) => {
  const draw = new Draw(seededRandom(bits));
  for (const from of TYPES) {
    const types = [nullable(from), nullable(draw.pick(TYPES))];
    const limits = types.map((type) => 10n ** BigInt(type.kind === 'DECIMAL' ? type.precision : 0));
    const extremes = [(1n << BigInt(bits - 1)) - 1n, -(1n << BigInt(bits - 1)), 0n, 1n];
    const rows = Array.from({ length: 60 }, (_, i) =>
      limits.map((limit): Value => {
        if (draw.chance(0.1)) return null;
        const value = i < 12 ? draw.pick(extremes) : draw.bigint(bits);
        return value < limit && value > -limit ? value : value % limit;
      }),
    );
    const [a, b] = types.map((type, i) => inputRef(i, type)) as [Expr, Expr];
    for (const expr of expressions(a, b)) {
      const evaluate = prepare(expr, { timeZone: 'UTC', now: 0n, random: () => 0 });
      const values = rows.map((row) => evaluate(row));
      const keys = new Set(values.map((value) => (value === null ? 'NULL' : valueKey(value, expr.type))));
      expect([printExpr(expr), distinct(expr, types, rows, bits)]).toEqual([printExpr(expr), [...keys].sort()]);
    }
  }
});
