/** Functions that exist only with OVER: the ranks, and the neighbours of a row. */
import { EngineError, type Span } from '../../base/errors.ts';
import type { Expr } from '../../expr/expr.ts';
import { castTo } from '../../expr/resolve.ts';
import { leastRestrictive } from '../../types/coerce.ts';
import { BIGINT, type DataType, DOUBLE, INT, isInteger, nullable } from '../../types/data-type.ts';
import type { Value } from '../../types/value.ts';

export interface WindowFunctionCall {
  readonly fn: string;
  readonly args: readonly Expr[];
  readonly literals: readonly Value[];
  readonly type: DataType;
}

const RANKS: Readonly<Record<string, DataType>> = {
  ROW_NUMBER: BIGINT,
  RANK: BIGINT,
  DENSE_RANK: BIGINT,
  PERCENT_RANK: DOUBLE,
  CUME_DIST: DOUBLE,
};

export function isWindowOnly(name: string): boolean {
  return name in RANKS || name === 'NTILE' || name === 'LAG' || name === 'LEAD';
}

/**
 * LAG and LEAD: the value, then the default if there is one, as columns; the offset in `literals`. NTILE: the number of
 * tiles in `literals`.
 *
 * @throws EngineError SQL-ARGUMENT-TYPE, SQL-WINDOW
 */
export function resolveWindowFunction(
  name: string,
  args: readonly Expr[],
  ordered: boolean,
  span: Span,
): WindowFunctionCall {
  if (!ordered) {
    throw new EngineError('SQL-WINDOW', `${name} needs ORDER BY in its OVER clause`, { span });
  }
  const rank = RANKS[name];
  if (rank !== undefined) {
    checkArity(name, args, 0, 0, span);
    return { fn: name, args: [], literals: [], type: rank };
  }
  if (name === 'NTILE') {
    checkArity(name, args, 1, 1, span);
    return { fn: name, args: [], literals: [wholeNumber(name, args[0]!, 1, span)], type: INT };
  }
  checkArity(name, args, 1, 3, span);
  const [value, offset, otherwise] = args as [Expr, Expr?, Expr?];
  const literals = [offset === undefined ? 1 : wholeNumber(name, offset, 0, span)];
  if (otherwise === undefined) return { fn: name, args: [value], literals, type: nullable(value.type) };
  const type = leastRestrictive([value.type, otherwise.type]);
  if (type === null) {
    throw new EngineError('SQL-ARGUMENT-TYPE', `${name}: the default must be of the type of the value`, { span });
  }
  // The default takes the place of a value that is NULL, too.
  return {
    fn: name,
    args: [castTo(value, type), castTo(otherwise, type)],
    literals,
    type: nullable(type, otherwise.type.nullable),
  };
}

function wholeNumber(name: string, arg: Expr, least: number, span: Span): number {
  if (arg.kind === 'literal' && isInteger(arg.type) && arg.value !== null && Number(arg.value) >= least) {
    return Number(arg.value);
  }
  throw new EngineError('SQL-ARGUMENT-TYPE', `${name} needs a literal whole number of at least ${least}`, { span });
}

function checkArity(name: string, args: readonly Expr[], least: number, most: number, span: Span): void {
  if (args.length >= least && args.length <= most) return;
  const wanted = least === most ? String(least) : `${least} to ${most}`;
  throw new EngineError('SQL-ARGUMENT-TYPE', `${name} takes ${wanted} arguments, not ${args.length}`, { span });
}
