/**
 * Finds `rn <= N` over ROW_NUMBER(), RANK() or DENSE_RANK(): projections and filters over an OVER whose only call ranks
 * rows.
 */
import type { Ordering } from '../../dataflow/traits.ts';
import { type Expr, inputsOf, type Literal, literal } from '../../expr/expr.ts';
import { BIGINT, isNumeric } from '../../types/data-type.ts';
import type { LogicalPlan, WindowNode } from '../logical.ts';
import { flatten } from './calc.ts';

export type RankType = 'ROW_NUMBER' | 'RANK' | 'DENSE_RANK';

export interface TopN {
  readonly window: WindowNode;
  readonly rankType: RankType;
  readonly partitionKeys: readonly number[];
  readonly ordering: Ordering;
  /** 1-based, inclusive. */
  readonly start: number;
  /** null: no upper bound. */
  readonly end: number | null;
  /** Column of the partition that holds the bound, or null. */
  readonly endColumn: number | null;
  /** The rank is read above: the last column of the window is needed. */
  readonly numbered: boolean;
  /** What else must hold, over the window's columns. */
  readonly condition: readonly Expr[];
  /** Over the window's columns; null: as they are. A rank that can only be one number is replaced by it. */
  readonly projection: readonly Expr[] | null;
}

const RANKS: ReadonlySet<string> = new Set(['ROW_NUMBER', 'RANK', 'DENSE_RANK']);

/** null: the plan is no projection or filter over a ranking OVER. Without any bound on the rank `end` is null. */
export function matchTopN(plan: LogicalPlan): TopN | null {
  if (plan.kind !== 'project' && plan.kind !== 'filter' && plan.kind !== 'window') return null;
  const { input, condition, projection } = flatten(plan);
  if (input.kind !== 'window' || input.calls.length !== 1) return null;
  const { call, partition, order } = input.calls[0]!;
  if (!RANKS.has(call.fn)) return null;
  const rank = input.schema.fields.length - 1;
  let start = 1;
  let end: number | null = null;
  let endColumn: number | null = null;
  const rest: Expr[] = [];
  for (const conjunct of condition) {
    const bound = boundOf(conjunct, rank, partition);
    if (bound === null || (bound.column !== undefined && endColumn !== null)) rest.push(conjunct);
    else if (bound.column !== undefined) endColumn = bound.column;
    else {
      start = Math.max(start, bound.low);
      end = bound.high === null ? end : Math.min(end ?? bound.high, bound.high);
    }
  }
  const constant = end !== null && start === end && endColumn === null && call.fn === 'ROW_NUMBER';
  const replaced =
    projection?.map((expr) =>
      constant && expr.kind === 'input-ref' && expr.index === rank ? literal(BigInt(end!), BIGINT) : expr,
    ) ?? null;
  const reads = [...rest, ...(replaced ?? [])].flatMap((expr) => inputsOf(expr));
  return {
    window: input,
    rankType: call.fn as RankType,
    partitionKeys: partition,
    ordering: order,
    start,
    end,
    endColumn,
    numbered: replaced === null || reads.includes(rank),
    condition: rest,
    projection: replaced,
  };
}

interface Bound {
  readonly low: number;
  readonly high: number | null;
  readonly column?: number;
}

const FLIPPED: Readonly<Record<string, string>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=', '=': '=' };

function boundOf(expr: Expr, rank: number, partition: readonly number[]): Bound | null {
  if (expr.kind !== 'call' || expr.args.length !== 2 || FLIPPED[expr.fn] === undefined) return null;
  const [left, right] = [stripCast(expr.args[0]!), stripCast(expr.args[1]!)];
  const isRank = (side: Expr): boolean => side.kind === 'input-ref' && side.index === rank;
  if (!isRank(left) && !isRank(right)) return null;
  const other = isRank(left) ? right : left;
  const op = isRank(left) ? expr.fn : FLIPPED[expr.fn]!;
  if (other.kind === 'input-ref') {
    return op === '<=' && partition.includes(other.index) ? { low: 1, high: null, column: other.index } : null;
  }
  const n = other.kind === 'literal' ? numberOf(other) : null;
  if (n === null) return null;
  const most = op === '<' ? Math.ceil(n) - 1 : Math.floor(n);
  if ((op === '<' || op === '<=') && most >= Number.MAX_SAFE_INTEGER) return { low: 1, high: null };
  if (!Number.isSafeInteger(most)) return null;
  switch (op) {
    case '<=':
    case '<':
      return { low: 1, high: most };
    case '>=':
      return { low: Math.ceil(n), high: null };
    case '>':
      return { low: Math.floor(n) + 1, high: null };
    default:
      return Number.isInteger(n) ? { low: n, high: n } : null;
  }
}

function numberOf({ value, type }: Literal): number | null {
  if (type.kind === 'DECIMAL' && value !== null) return Number(value) / 10 ** type.scale;
  return isNumeric(type) && value !== null ? Number(value) : null;
}

function stripCast(expr: Expr): Expr {
  return expr.kind === 'call' && expr.fn === 'CAST' ? stripCast(expr.args[0]!) : expr;
}
