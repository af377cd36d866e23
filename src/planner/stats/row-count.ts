/**
 * How many rows a logical plan gives, and what its columns look like: the numbers behind join order and the choice of
 * algorithms. Where a table has no statistics, a default is assumed and `known` says so.
 *
 * A join on a unique key of one side keeps the rows of the other, thinned by what filters took from the unique side;
 * any other equi-join divides the product by the larger number of distinct keys.
 */
import type { Expr } from '../../expr/expr.ts';
import type { Aggregate, Join, LogicalPlan, Scan, SetOperation } from '../logical.ts';
import { conjunctsOf } from '../logical-predicate.ts';
import { type ColumnEstimate, columnOfTable, distinctAfterFilter, unknownColumn } from './column-estimate.ts';
import { selectivity } from './selectivity.ts';

/** What a table without statistics is taken to hold: Flink's number. */
const DEFAULT_ROW_COUNT = 1e8;
const ELEMENTS_PER_COLLECTION = 4;
/** Groups per row where nothing is known of the keys. */
const GROUPS_PER_ROW = 0.1;

export interface PlanEstimate {
  readonly rows: number;
  /** All row counts below come from statistics. */
  readonly known: boolean;
  readonly columns: readonly ColumnEstimate[];
  /** Sets of columns without two equal rows. */
  readonly uniqueKeys: readonly (readonly number[])[];
  /** Share of the rows of the tables below that filters left. */
  readonly kept: number;
}

/** Rows that `plan` gives, from the statistics of its tables. */
export function estimateRows(plan: LogicalPlan): number {
  return new Estimator().estimate(plan).rows;
}

/** Remembers what it estimated, by node: make one per optimisation. */
export class Estimator {
  readonly #known = new WeakMap<LogicalPlan, PlanEstimate>();

  estimate(plan: LogicalPlan): PlanEstimate {
    const known = this.#known.get(plan);
    if (known !== undefined) return known;
    const made = this.#compute(plan);
    this.#known.set(plan, made);
    return made;
  }

  #compute(plan: LogicalPlan): PlanEstimate {
    switch (plan.kind) {
      case 'scan':
        return this.#scan(plan);
      case 'values': {
        const columns = plan.schema.fields.map((field) => unknownColumn(field.type));
        return { rows: plan.rows.length, known: true, columns, uniqueKeys: [], kept: 1 };
      }
      case 'project': {
        const input = this.estimate(plan.input);
        const columns = plan.exprs.map((expr) => this.#column(expr, input));
        const outputs = (index: number): number =>
          plan.exprs.findIndex((expr) => expr.kind === 'input-ref' && expr.index === index);
        const uniqueKeys = input.uniqueKeys.map((key) => key.map(outputs)).filter((key) => !key.includes(-1));
        return { ...input, columns, uniqueKeys };
      }
      case 'filter':
        return filtered(this.estimate(plan.input), plan.predicate);
      case 'join':
        return this.#join(plan);
      case 'aggregate':
        return this.#aggregate(plan);
      case 'window': {
        const input = this.estimate(plan.input);
        const columns = plan.schema.fields.map((field, i) => input.columns[i] ?? unknownColumn(field.type));
        return { ...input, columns };
      }
      case 'sort': {
        const input = this.estimate(plan.input);
        if (plan.fetch === null) return { ...input, rows: Math.max(0, input.rows - plan.offset) };
        const rows = Math.min(plan.fetch, Math.max(0, input.rows - plan.offset));
        return thinned(input, input.rows === 0 ? 1 : rows / input.rows);
      }
      case 'set-operation':
        return this.#setOperation(plan);
      case 'expand': {
        const input = this.estimate(plan.input);
        const columns = plan.projections[0]!.map((expr) => this.#column(expr, input));
        return { ...input, rows: input.rows * plan.projections.length, columns, uniqueKeys: [] };
      }
      case 'unnest': {
        const input = this.estimate(plan.input);
        const columns = plan.schema.fields.map((field, i) => input.columns[i] ?? unknownColumn(field.type));
        return { ...input, rows: input.rows * ELEMENTS_PER_COLLECTION, columns, uniqueKeys: [] };
      }
      case 'watermark':
      case 'sink':
        return this.estimate(plan.input);
    }
  }

  /** Filters that a source was told of stay above the scan, and count there. */
  #scan(plan: Scan): PlanEstimate {
    const { statistics, spec } = plan.table;
    const known = statistics.rowCount !== null;
    const rows = statistics.rowCount ?? DEFAULT_ROW_COUNT;
    const key = spec.schema.primaryKey;
    const columns = plan.projection.map((index) => {
      const field = spec.schema.fields[index]!;
      const column = columnOfTable(statistics.columns[field.name], field.type, statistics.rowCount);
      return key?.length === 1 && key[0] === index ? { ...column, distinct: rows } : column;
    });
    const uniqueKey = key?.map((index) => plan.projection.indexOf(index));
    const uniqueKeys = uniqueKey === undefined || uniqueKey.includes(-1) ? [] : [uniqueKey];
    const table: PlanEstimate = { rows, known, columns, uniqueKeys, kept: 1 };
    return spec.limit === null ? table : thinned(table, Math.min(1, spec.limit / Math.max(1, rows)));
  }

  #column(expr: Expr, input: PlanEstimate): ColumnEstimate {
    if (expr.kind === 'input-ref') return input.columns[expr.index]!;
    if (expr.kind === 'literal') return { ...unknownColumn(expr.type), distinct: 1 };
    const column = unknownColumn(expr.type);
    const operand = expr.fn === 'CAST' ? expr.args[0] : undefined;
    const single = operand?.kind === 'input-ref' ? input.columns[operand.index] : null;
    return single == null ? column : { ...single, width: column.width };
  }

  #join(plan: Join): PlanEstimate {
    const left = this.estimate(plan.left);
    const right = this.estimate(plan.right);
    const both = joinedRows(left, right, plan.condition);
    const known = left.known && right.known;
    if (plan.type === 'SEMI' || plan.type === 'ANTI') {
      const share = semiShare(left, right, plan.condition);
      return { ...thinned(left, plan.type === 'SEMI' ? share : Math.max(0.1, 1 - share)), known };
    }
    const keepsLeft = plan.type === 'LEFT' || plan.type === 'FULL';
    const keepsRight = plan.type === 'RIGHT' || plan.type === 'FULL';
    const rows = Math.max(both.rows, keepsLeft ? left.rows : 0, keepsRight ? right.rows : 0);
    const cap = (column: ColumnEstimate): ColumnEstimate =>
      column.distinct !== null && column.distinct > rows ? { ...column, distinct: Math.max(1, rows) } : column;
    const uniqueKeys = [
      ...(both.rightUnique ? left.uniqueKeys : []),
      ...(both.leftUnique ? right.uniqueKeys.map((key) => key.map((i) => i + left.columns.length)) : []),
    ];
    const columns = [...left.columns, ...right.columns].map(cap);
    return { rows, known, columns, uniqueKeys, kept: left.kept * right.kept };
  }

  #aggregate(plan: Aggregate): PlanEstimate {
    const input = this.estimate(plan.input);
    const rows = plan.keys.length === 0 ? 1 : groupsOf(input, plan.keys);
    const keys = plan.keys.map((index) => input.columns[index]!);
    const results = plan.calls.map((call) => unknownColumn(call.type));
    return {
      rows,
      known: input.known,
      columns: [...keys, ...results],
      uniqueKeys: [plan.keys.map((_, i) => i)],
      kept: 1,
    };
  }

  #setOperation(plan: SetOperation): PlanEstimate {
    const inputs = plan.inputs.map((input) => this.estimate(input));
    const sum = inputs.reduce((rows, input) => rows + input.rows, 0);
    const least = Math.min(...inputs.map((input) => input.rows));
    const rows =
      plan.op === 'UNION' ? (plan.all ? sum : sum * 0.9) : plan.op === 'INTERSECT' ? least / 2 : inputs[0]!.rows / 2;
    const columns = inputs[0]!.columns.map((column) => ({ ...column, min: null, max: null }));
    return { rows, known: inputs.every((input) => input.known), columns, uniqueKeys: [], kept: 1 };
  }
}

/** Groups by these columns. */
function groupsOf(input: PlanEstimate, keys: readonly number[]): number {
  let groups = 1;
  for (const index of keys) {
    const column = input.columns[index]!;
    const values = column.distinct ?? Math.max(1, input.rows * GROUPS_PER_ROW);
    groups *= values + (column.nullFraction > 0 ? 1 : 0);
  }
  return Math.max(Math.min(1, input.rows), Math.min(groups, input.rows));
}

/** Bytes of one row in memory. */
export function rowWidth(estimate: PlanEstimate): number {
  return estimate.columns.reduce((sum, column) => sum + column.width, 0);
}

/** Equi-keys of a join condition as pairs of columns of the left and of the right input. */
export function equiPairs(condition: Expr, leftWidth: number): readonly (readonly [number, number])[] {
  const pairs: (readonly [number, number])[] = [];
  for (const conjunct of conjunctsOf(condition)) {
    if (conjunct.kind !== 'call' || (conjunct.fn !== '=' && conjunct.fn !== 'IS NOT DISTINCT FROM')) continue;
    const [a, b] = conjunct.args;
    if (a?.kind !== 'input-ref' || b?.kind !== 'input-ref') continue;
    const [low, high] = a.index < b.index ? [a.index, b.index] : [b.index, a.index];
    if (low < leftWidth && high >= leftWidth) pairs.push([low, high - leftWidth]);
  }
  return pairs;
}

function filtered(input: PlanEstimate, predicate: Expr): PlanEstimate {
  return thinned(input, selectivity(predicate, input.columns));
}

function thinned(input: PlanEstimate, share: number): PlanEstimate {
  if (share >= 1) return input;
  const columns = input.columns.map((column) =>
    column.distinct === null
      ? column
      : { ...column, distinct: distinctAfterFilter(column.distinct, input.rows, share) },
  );
  return { ...input, rows: input.rows * share, columns, kept: input.kept * share };
}

function joinedRows(left: PlanEstimate, right: PlanEstimate, condition: Expr) {
  const pairs = equiPairs(condition, left.columns.length);
  const leftUnique = isUnique(
    left,
    pairs.map(([l]) => l),
  );
  const rightUnique = isUnique(
    right,
    pairs.map(([, r]) => r),
  );
  const keyed = new Set(pairs.map(([l, r]) => `${l},${r + left.columns.length}`));
  const columns = [...left.columns, ...right.columns];
  const rest = conjunctsOf(condition).filter((conjunct) => !isPair(conjunct, keyed));
  const residual = rest.reduce((share, conjunct) => share * selectivity(conjunct, columns), 1);
  let rows = left.rows * right.rows;
  if (pairs.length > 0) {
    const distinct = Math.max(
      distinctKeys(
        left,
        pairs.map(([l]) => l),
      ),
      distinctKeys(
        right,
        pairs.map(([, r]) => r),
      ),
    );
    rows /= Math.max(1, distinct);
    const bounds = [
      ...(rightUnique ? [left.rows * Math.min(1, right.kept)] : []),
      ...(leftUnique ? [right.rows * Math.min(1, left.kept)] : []),
    ];
    if (bounds.length > 0) rows = Math.min(...bounds);
  }
  return { rows: rows * residual, leftUnique, rightUnique };
}

function isPair(conjunct: Expr, keyed: ReadonlySet<string>): boolean {
  if (conjunct.kind !== 'call' || conjunct.args.length !== 2) return false;
  const [a, b] = conjunct.args;
  if (a?.kind !== 'input-ref' || b?.kind !== 'input-ref') return false;
  return keyed.has(`${Math.min(a.index, b.index)},${Math.max(a.index, b.index)}`);
}

function isUnique(input: PlanEstimate, columns: readonly number[]): boolean {
  return input.uniqueKeys.some((key) => key.every((index) => columns.includes(index)));
}

/** Columns that nothing is known of are taken to repeat: a join of two such may be large. */
function distinctKeys(input: PlanEstimate, columns: readonly number[]): number {
  const unknown = Math.sqrt(input.rows);
  const product = columns.reduce((all, index) => all * (input.columns[index]!.distinct ?? unknown), 1);
  return Math.min(product, input.rows);
}

function semiShare(left: PlanEstimate, right: PlanEstimate, condition: Expr): number {
  const pairs = equiPairs(condition, left.columns.length);
  if (pairs.length === 0) return 0.5;
  const wanted = distinctKeys(
    left,
    pairs.map(([l]) => l),
  );
  const found = distinctKeys(
    right,
    pairs.map(([, r]) => r),
  );
  return Math.min(1, found / Math.max(1, wanted));
}
