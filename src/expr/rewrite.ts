/**
 * Functions that are only another way to write others: they are replaced when the call is resolved, so the interpreter and
 * the compiler never see them.
 */
import { NULL_TYPE } from '../types/data-type.ts';
import { call, type Expr, literal } from './expr.ts';

export interface Rewrite {
  readonly args: number;
  readonly rewrite: (args: readonly Expr[], resolve: (name: string, args: readonly Expr[]) => Expr) => Expr;
}

/** `YEAR(x)` is `EXTRACT(YEAR FROM x)`. */
function extracts(unit: string): Rewrite {
  return {
    args: 1,
    rewrite: ([value], resolve) =>
      resolve('EXTRACT', [literal(unit, { kind: 'CHAR', length: unit.length, nullable: false }), value!]),
  };
}

export const REWRITES: ReadonlyMap<string, Rewrite> = new Map<string, Rewrite>([
  [
    'NULLIF',
    {
      args: 2,
      rewrite: ([a, b], resolve) => {
        const result = resolve('CASE', [resolve('=', [a!, b!]), literal(null, NULL_TYPE), a!]);
        return result.kind === 'call' ? call(result.fn, result.args, { ...result.type, nullable: true }) : result;
      },
    },
  ],
  ['YEAR', extracts('YEAR')],
  ['QUARTER', extracts('QUARTER')],
  ['MONTH', extracts('MONTH')],
  ['WEEK', extracts('WEEK')],
  ['DAYOFYEAR', extracts('DOY')],
  ['DAYOFMONTH', extracts('DAY')],
  ['DAYOFWEEK', extracts('DOW')],
  ['HOUR', extracts('HOUR')],
  ['MINUTE', extracts('MINUTE')],
  ['SECOND', extracts('SECOND')],
]);
