/**
 * UNION, INTERSECT and EXCEPT by what there is already: UNION is a distinct UNION ALL; INTERSECT and EXCEPT are a
 * distinct semi- or anti-join whose keys take NULL for equal; their ALL forms count copies on both sides and repeat
 * each row.
 */
import { type AggregateCall, call, type Expr, inputRef, literal } from '../../expr/expr.ts';
import { BIGINT, BOOLEAN, nullable } from '../../types/data-type.ts';
import type { LogicalPlan, SetOperation } from '../logical.ts';
import {
  aggregate,
  columnOf,
  columnsOf,
  filter,
  join,
  namesOf,
  project,
  setOperation,
  widthOf,
} from '../logical-build.ts';
import { allOf } from '../predicates.ts';
import type { PhysicalNode } from './node.ts';
import { replicateRows } from './replicate-rows.ts';
import { type Planner, type Strategy, sizeOf } from './strategy.ts';

export const setOperations: Strategy = {
  name: 'SetOperation',
  keyedInput: 'either',
  implement(plan, planner) {
    if (plan.kind !== 'set-operation') return [];
    if (plan.op === 'UNION') return plan.all ? [] : [planner.plan(distinct(setOperation('UNION', true, plan.inputs)))];
    if (plan.inputs.length > 2) return [planner.plan(leftDeep(plan))];
    return plan.all ? [countedCopies(plan, planner)] : [planner.plan(distinct(matched(plan)))];
  },
};

function distinct(plan: LogicalPlan): LogicalPlan {
  return aggregate(
    plan,
    plan.schema.fields.map((_, i) => i),
    [],
  );
}

function leftDeep(plan: SetOperation): LogicalPlan {
  return plan.inputs.reduce((left, right) => setOperation(plan.op, plan.all, [left, right]));
}

function matched(plan: SetOperation): LogicalPlan {
  const [left, right] = plan.inputs as readonly [LogicalPlan, LogicalPlan];
  const width = widthOf(left);
  const equal = left.schema.fields.map((field, i) =>
    call('IS NOT DISTINCT FROM', [inputRef(i, field.type), inputRef(i + width, right.schema.fields[i]!.type)], BOOLEAN),
  );
  return join(plan.op === 'INTERSECT' ? 'SEMI' : 'ANTI', left, right, allOf(equal)!);
}

/** Adds constant columns to an input. */
function marked(input: LogicalPlan, markers: readonly Expr[], names: readonly string[]): LogicalPlan {
  return project(input, [...columnsOf(input), ...markers], [...namesOf(input), ...names]);
}

function countedCopies(plan: SetOperation, planner: Planner): PhysicalNode {
  const [left, right] = plan.inputs as readonly [LogicalPlan, LogicalPlan];
  const counted = plan.op === 'EXCEPT' ? difference(left, right) : minimum(left, right);
  return replicateRows(planner.plan(counted), sizeOf(plan, planner));
}

/** Copies on the left less copies on the right, first column; rows with none are gone. */
function difference(left: LogicalPlan, right: LogicalPlan): LogicalPlan {
  const sides = [1n, -1n].map((one, i) => marked(i === 0 ? left : right, [literal(one, BIGINT)], ['vcol_marker']));
  const width = widthOf(left);
  const sum: AggregateCall = {
    fn: 'SUM',
    args: [width],
    distinct: false,
    filter: null,
    type: nullable(BIGINT),
    name: 'sum_vcol_marker',
  };
  const grouped = groupRows(setOperation('UNION', true, sides), width, [sum]);
  const positive = call('>', [columnOf(grouped, width), literal(0n, BIGINT)], nullable(BOOLEAN));
  const columns = [columnOf(grouped, width), ...columnsOf(grouped, 0, width)];
  return project(filter(grouped, positive), columns, ['sum_vcol_marker', ...namesOf(left)]);
}

/** The smaller number of copies, first column; rows that one side lacks are gone. */
function minimum(left: LogicalPlan, right: LogicalPlan): LogicalPlan {
  const yes = literal(true, nullable(BOOLEAN));
  const no = literal(null, nullable(BOOLEAN));
  const names = ['vcol_left_marker', 'vcol_right_marker'];
  const sides = [marked(left, [yes, no], names), marked(right, [no, yes], names)];
  const width = widthOf(left);
  const count = (arg: number, name: string): AggregateCall => ({
    fn: 'COUNT',
    args: [arg],
    distinct: false,
    filter: null,
    type: BIGINT,
    name,
  });
  const counts = [count(width, 'vcol_left_cnt'), count(width + 1, 'vcol_right_cnt')];
  const grouped = groupRows(setOperation('UNION', true, sides), width, counts);
  const [l, r] = [columnOf(grouped, width), columnOf(grouped, width + 1)];
  const some = [l, r].map((column) => call('>=', [column, literal(1n, BIGINT)], BOOLEAN));
  const less = call('CASE', [call('>', [l, r], BOOLEAN), r, l], BIGINT);
  const columns = [less, ...columnsOf(grouped, 0, width)];
  return project(filter(grouped, allOf(some)!), columns, ['$f0', ...namesOf(left)]);
}

function groupRows(input: LogicalPlan, width: number, calls: readonly AggregateCall[]): LogicalPlan {
  const keys = Array.from({ length: width }, (_, i) => i);
  return aggregate(input, keys, calls);
}
