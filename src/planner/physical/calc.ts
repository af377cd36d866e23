/** Filter, then project, in one pass. Chains of projections and filters become one Calc. */
import { EngineError } from '../../base/errors.ts';
import { type Expr, exprsEqual, inputRef, inputsOf, substituteInputs } from '../../expr/expr.ts';
import { operatorSpec } from '../../operators/define.ts';
import type { Schema } from '../../types/schema.ts';
import { isInsertOnly } from '../changelog.ts';
import { printExpr } from '../explain-expr.ts';
import type { LogicalPlan } from '../logical.ts';
import { conjunctsOf } from '../logical-predicate.ts';
import { allOf, isDeterministic } from '../predicates.ts';
import { containsAll, projectKeys } from '../upsert-keys.ts';
import { pushIntoNormalize } from './changelog-normalize.ts';
import { namesOf } from './names.ts';
import {
  defineAlgorithm,
  forwardDelete,
  forwardUpdate,
  fullDelete,
  type Monotonicity,
  type PhysicalNode,
  type Self,
  type Size,
} from './node.ts';
import { type Strategy, sizeOf } from './strategy.ts';

export interface CalcPlan {
  readonly condition: readonly Expr[];
  readonly projection: readonly Expr[];
}

export const calc = defineAlgorithm<CalcPlan>({
  name: 'Calc',
  provides({ params, inputs }) {
    const { traits } = inputs[0]!;
    const outputs = (column: number): readonly number[] =>
      params.projection.flatMap((expr, i) => (expr.kind === 'input-ref' && expr.index === column ? [i] : []));
    const moved = (keys: readonly number[]): readonly number[] | null => {
      const places = keys.map((key) => outputs(key)[0] ?? -1);
      return places.includes(-1) ? null : places;
    };
    const { distribution, ordering } = traits;
    const keys = distribution.kind === 'hash' ? moved(distribution.keys) : null;
    const ordered = ordering.findIndex((field) => outputs(field.index).length === 0);
    return {
      distribution:
        distribution.kind !== 'hash' ? distribution : keys === null ? { kind: 'any' } : { kind: 'hash', keys },
      ordering: ordering
        .slice(0, ordered < 0 ? ordering.length : ordered)
        .map((field) => ({ ...field, index: outputs(field.index)[0]! })),
      upsertKeys: projectKeys(traits.upsertKeys, outputs),
      uniqueKeys: projectKeys(traits.uniqueKeys, outputs),
      monotonicity:
        traits.monotonicity === null ? null : params.projection.map((expr) => monotonicity(expr, traits.monotonicity!)),
    };
  },
  describe({ params, inputs, schema }, format) {
    const names = namesOf(inputs[0]!.schema);
    const select = params.projection.map((expr, i) => {
      const printed = printExpr(expr, names, format);
      const name = schema.fields[i]!.name;
      return expr.kind === 'input-ref' && printed === name ? printed : `${printed} AS ${name}`;
    });
    const where = params.condition.map((expr) => printExpr(expr, names, format));
    const joined =
      where.length < 2 ? where[0] : format === 'prefix' ? `AND(${where.join(', ')})` : `(${where.join(' AND ')})`;
    return {
      items: [
        ['select', `[${select.join(', ')}]`],
        ...(joined === undefined ? [] : ([['where', `[${joined}]`]] as const)),
      ],
    };
  },
  satisfyUpdate: (self, required, visit) =>
    required === 'ONLY_UPDATE_AFTER' && filtersBeyondKey(self) ? null : forwardUpdate(self, required, visit),
  satisfyDelete: (self, required, visit) =>
    filtersBeyondKey(self) ? fullDelete(self, required, visit) : forwardDelete(self, required, visit),
  lower({ params, inputs, schema }, { name }) {
    const condition = allOf(params.condition);
    const spec = operatorSpec('calc', name, { condition, projection: params.projection }, [inputs[0]!.schema], schema);
    return { kind: 'operator', spec };
  },
});

/** A condition over more than a key can let one half of an update through: both halves must be seen. */
function filtersBeyondKey(self: Self<CalcPlan>): boolean {
  if (self.params.condition.length === 0) return false;
  const columns = self.params.condition.flatMap((expr) => inputsOf(expr));
  return !self.inputs[0]!.traits.upsertKeys.some((key) => containsAll(key, columns));
}

function monotonicity(expr: Expr, input: readonly Monotonicity[]): Monotonicity {
  if (expr.kind === 'literal') return 'CONSTANT';
  return expr.kind === 'input-ref' ? input[expr.index]! : 'NONE';
}

export const projectAndFilter: Strategy = {
  name: 'Calc',
  keyedInput: 'either',
  implement(plan, planner) {
    if (plan.kind !== 'project' && plan.kind !== 'filter') return [];
    const parts = flatten(plan);
    const input = planner.plan(parts.input);
    if (planner.context.configuration.string(NON_DETERMINISM) === 'TRY_RESOLVE') refuseRandomFilter(parts, input);
    return [calcOver(input, parts.condition, parts.projection, plan.schema, sizeOf(plan, planner))];
  },
};

const NON_DETERMINISM = 'table.optimizer.non-deterministic-update.strategy';

/** A row may pass a filter by chance that its retraction does not. */
function refuseRandomFilter({ condition }: Flattened, input: PhysicalNode): void {
  const random = condition.find((expr) => !isDeterministic(expr));
  if (random === undefined || isInsertOnly(input.traits.modify)) return;
  const printed = printExpr(random, namesOf(input.schema), 'infix');
  throw new EngineError(
    'PLAN-NON-DETERMINISTIC',
    `the condition ${printed} gives another result each time it is evaluated: updates may lead to wrong results`,
    { hint: `SET '${NON_DETERMINISM}' = 'IGNORE' runs it all the same` },
  );
}

interface Flattened {
  readonly input: LogicalPlan;
  readonly condition: readonly Expr[];
  /** null: as they are. */
  readonly projection: readonly Expr[] | null;
}

/**
 * A chain of projections and filters as one condition and one projection over what is below. It ends at a projection
 * that may not be repeated (RAND).
 */
export function flatten(plan: LogicalPlan): Flattened {
  if (plan.kind === 'filter') {
    const below = flattenBelow(plan.input);
    const predicates = conjunctsOf(plan.predicate).map((expr) => substitute(expr, below.projection));
    return { ...below, condition: [...below.condition, ...predicates] };
  }
  if (plan.kind === 'project') {
    const below = flattenBelow(plan.input);
    return { ...below, projection: plan.exprs.map((expr) => substitute(expr, below.projection)) };
  }
  return { input: plan, condition: [], projection: null };
}

function flattenBelow(plan: LogicalPlan): Flattened {
  const below = flatten(plan);
  return below.projection?.every(isDeterministic) === false ? { input: plan, condition: [], projection: null } : below;
}

function substitute(expr: Expr, projection: readonly Expr[] | null): Expr {
  return projection === null ? expr : substituteInputs(expr, projection);
}

/**
 * A Calc over `input`, unless it would do nothing. @param projection null: the input's columns as they are
 * @param schema names and types of the output
 */
export function calcOver(
  input: PhysicalNode,
  condition: readonly Expr[],
  projection: readonly Expr[] | null,
  schema: Schema,
  size: Size,
): PhysicalNode {
  if (condition.length === 0 && isIdentity(projection, input)) return input;
  const below = calc.paramsOf(input);
  if (below?.projection.every(isDeterministic)) {
    const conditions = [...below.condition, ...condition.map((expr) => substitute(expr, below.projection))];
    const merged =
      projection === null ? below.projection : projection.map((expr) => substitute(expr, below.projection));
    const output = projection === null ? { ...schema, fields: input.schema.fields } : schema;
    return calcOver(input.inputs[0]!, conditions, merged, output, size);
  }
  const pushed = pushIntoNormalize(input, { condition, projection }, narrow);
  if (pushed !== null) return calcOver(pushed.input, pushed.condition, pushed.projection, schema, size);
  const { fields } = input.schema;
  const exprs = projection ?? fields.map((field, index) => inputRef(index, field.type));
  const output = projection === null ? { ...schema, fields } : schema;
  return calc({ condition: distinctExprs(condition), projection: exprs }, output, [input], size);
}

function narrow(input: PhysicalNode, condition: readonly Expr[], columns: readonly number[]): PhysicalNode {
  const { fields } = input.schema;
  const exprs = columns.map((index) => inputRef(index, fields[index]!.type));
  const place = (index: number): number => columns.indexOf(index);
  const key = input.schema.primaryKey?.map(place) ?? null;
  const schema: Schema = {
    fields: columns.map((index) => fields[index]!),
    primaryKey: key?.includes(-1) ? null : key,
    rowtime: input.schema.rowtime === null || place(input.schema.rowtime) < 0 ? null : place(input.schema.rowtime),
  };
  return calcOver(input, condition, exprs, schema, input.traits.size);
}

function isIdentity(projection: readonly Expr[] | null, input: PhysicalNode): boolean {
  if (projection === null) return true;
  return (
    projection.length === input.schema.fields.length &&
    projection.every((expr, index) => expr.kind === 'input-ref' && expr.index === index)
  );
}

function distinctExprs(exprs: readonly Expr[]): readonly Expr[] {
  return exprs.filter((expr, i) => exprs.findIndex((other) => exprsEqual(expr, other)) === i);
}
