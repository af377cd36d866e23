/**
 * Takes filters apart and puts each conjunct as far down as it may go: through projections, to the inputs of joins,
 * below grouping by the columns that it reads, into the branches of set operations. On the way outer joins whose
 * padding no row above survives become inner ones, and what is said of a join key is said of its partner.
 *
 * A node that several readers share is not pushed into.
 */
import { assert } from '../../base/assert.ts';
import {
  type Expr,
  exprsEqual,
  exprToJson,
  inputsOf,
  literal,
  mapExpr,
  remapInputs,
  substituteInputs,
} from '../../expr/expr.ts';
import type { EvaluationContext } from '../../expr/functions/define.ts';
import type { JoinType } from '../../operators/specs.ts';
import type { Join, LogicalPlan } from '../logical.ts';
import * as build from '../logical-build.ts';
import { conjunction, conjunctsOf, readsOnly } from '../logical-predicate.ts';
import { exprsOf, inputsOf as inputPlans, withInputs } from '../logical-visit.ts';
import { Equivalence, inferred } from './equivalence.ts';
import type { Rule } from './rule.ts';
import { sharedNodes } from './sharing.ts';
import { isDeterministic, simplify } from './simplify-expr.ts';

export const pushPredicates: Rule = {
  name: 'push-predicates',
  reason: 'early: fewer rows everywhere below, and join conditions where the join order is chosen',
  apply: (roots, { evaluation }) => {
    const shared = sharedNodes(roots);
    const pusher = new Pusher(shared, evaluation);
    return roots.map((root) => pusher.push(root, []));
  },
};

class Pusher {
  readonly #shared: ReadonlySet<LogicalPlan>;
  readonly #evaluation: EvaluationContext;
  readonly #done = new Map<LogicalPlan, LogicalPlan>();

  constructor(shared: ReadonlySet<LogicalPlan>, evaluation: EvaluationContext) {
    this.#shared = shared;
    this.#evaluation = evaluation;
  }

  /** The plan with only the rows for which all predicates, over its columns, hold. */
  push(plan: LogicalPlan, predicates: readonly Expr[]): LogicalPlan {
    if (!this.#shared.has(plan)) return unchanged(plan, this.#pushInto(plan, predicates));
    let whole = this.#done.get(plan);
    if (whole === undefined) {
      whole = this.#pushInto(plan, []);
      this.#done.set(plan, whole);
    }
    return filtered(whole, predicates);
  }

  #pushInto(plan: LogicalPlan, predicates: readonly Expr[]): LogicalPlan {
    switch (plan.kind) {
      case 'filter':
        return this.push(plan.input, [...conjunctsOf(plan.predicate), ...predicates]);
      case 'project': {
        const [below, above] = partition(
          predicates,
          (predicate) =>
            isDeterministic(predicate) && inputsOf(predicate).every((column) => isDeterministic(plan.exprs[column]!)),
        );
        const moved = below.map((predicate) => simplify(substituteInputs(predicate, plan.exprs), this.#evaluation));
        return filtered(withInputs(plan, [this.push(plan.input, moved)]), above);
      }
      case 'join':
        return this.#pushIntoJoin(plan, predicates);
      case 'aggregate': {
        const keys = plan.keys.length;
        const [below, above] = partition(
          predicates,
          (predicate) =>
            keys > 0 && inputsOf(predicate).length > 0 && isDeterministic(predicate) && readsOnly(predicate, 0, keys),
        );
        const moved = below.map((predicate) =>
          retype(
            remapInputs(predicate, (column) => plan.keys[column]!),
            plan.input,
          ),
        );
        return filtered(withInputs(plan, [this.push(plan.input, moved)]), above);
      }
      case 'window': {
        const width = build.widthOf(plan.input);
        const inAll = (column: number): boolean =>
          column < width && plan.calls.every((call) => call.partition.includes(column));
        const [below, above] = partition(
          predicates,
          (predicate) =>
            inputsOf(predicate).length > 0 && isDeterministic(predicate) && inputsOf(predicate).every(inAll),
        );
        return filtered(withInputs(plan, [this.push(plan.input, below)]), above);
      }
      case 'sort': {
        const limits = plan.fetch !== null || plan.offset > 0;
        const [below, above] = partition(predicates, () => !limits);
        return filtered(withInputs(plan, [this.push(plan.input, below)]), above);
      }
      case 'set-operation': {
        const [below, above] = partition(predicates, isDeterministic);
        const inputs = plan.inputs.map((input) =>
          this.push(
            input,
            below.map((predicate) => retype(predicate, input)),
          ),
        );
        return filtered(withInputs(plan, inputs), above);
      }
      case 'unnest': {
        const width = build.widthOf(plan.input);
        const [below, above] = partition(
          predicates,
          (predicate) => isDeterministic(predicate) && inputsOf(predicate).length > 0 && readsOnly(predicate, 0, width),
        );
        return filtered(withInputs(plan, [this.push(plan.input, below)]), above);
      }
      default:
        // Watermarks must see every row; Expand changes the columns that are grouped by.
        return filtered(
          withInputs(
            plan,
            inputPlans(plan).map((input) => this.push(input, [])),
          ),
          predicates,
        );
    }
  }

  #pushIntoJoin(plan: Join, predicates: readonly Expr[]): LogicalPlan {
    const width = build.widthOf(plan.left);
    const total = width + build.widthOf(plan.right);
    const [movable, fixed] = partition(predicates, isDeterministic);
    const type = this.#strengthened(plan, movable, width);
    if (type === 'FULL' || plan.nullAware)
      return filtered(this.#leftAlone(plan, type, movable, width), plan.nullAware ? fixed : predicates);
    const conditions = conjunctsOf(plan.condition);
    const steady = conditions.filter(isDeterministic);
    const isInner = type === 'INNER';
    // What every row that comes out of the preserved side fulfils, and what matching rows fulfil.
    const aboveKept = movable.filter((predicate) => this.#isOnKeptSide(type, predicate, width, total));
    const matching = isInner ? [...movable, ...steady] : [...aboveKept, ...steady];
    const implied = inferred(matching, new Equivalence(isInner ? matching : steady));
    const left: Expr[] = [];
    const right: Expr[] = [];
    const condition: Expr[] = [];
    const above: Expr[] = [...fixed];
    const known = new Set<string>();
    const place = (predicate: Expr, from: 'above' | 'condition' | 'implied'): void => {
      const onLeft = readsOnly(predicate, 0, width);
      const onRight = !onLeft && readsOnly(predicate, width, total);
      const mayLeft = isInner || type === 'SEMI' || (from === 'above' ? type !== 'RIGHT' : type === 'RIGHT');
      const mayRight = isInner || type === 'SEMI' || (from === 'above' ? type === 'RIGHT' : type !== 'RIGHT');
      if (known.has(exprToJson(predicate))) return;
      if (onLeft && mayLeft && inputsOf(predicate).length > 0) left.push(predicate);
      else if (onRight && mayRight) right.push(predicate);
      else if (from === 'implied') return;
      else if (from === 'above' && !isInner) above.push(predicate);
      else condition.push(predicate);
      known.add(exprToJson(predicate));
    };
    for (const predicate of movable) place(predicate, 'above');
    for (const predicate of conditions) {
      if (isDeterministic(predicate)) place(predicate, 'condition');
      else condition.push(predicate);
    }
    for (const predicate of implied) place(predicate, 'implied');
    const newLeft = this.push(
      plan.left,
      left.map((predicate) => retype(predicate, plan.left)),
    );
    const newRight = this.push(
      plan.right,
      right.map((predicate) =>
        retype(
          remapInputs(predicate, (column) => column - width),
          plan.right,
        ),
      ),
    );
    return filtered(build.join(type, newLeft, newRight, conjunction(condition), plan), above);
  }

  #isOnKeptSide(type: JoinType, predicate: Expr, width: number, total: number): boolean {
    if (type === 'INNER') return true;
    return type === 'RIGHT' ? readsOnly(predicate, width, total) : readsOnly(predicate, 0, width);
  }

  /** Null-aware and full joins: the condition stays whole; what is above may pass on the left of NOT IN. */
  #leftAlone(plan: Join, type: JoinType, movable: readonly Expr[], width: number): LogicalPlan {
    const below = plan.nullAware ? movable : [];
    assert(
      below.every((predicate) => readsOnly(predicate, 0, width)),
      'an anti join gives its left columns',
    );
    return build.join(type, this.push(plan.left, below), this.push(plan.right, []), plan.condition, plan);
  }

  /** An outer join is an inner one if some predicate above is never TRUE for its padding. */
  #strengthened(plan: Join, predicates: readonly Expr[], width: number): JoinType {
    const { type } = plan;
    if (type !== 'LEFT' && type !== 'RIGHT' && type !== 'FULL') return type;
    const rejectsRight = predicates.some((predicate) => this.#rejectsNull(predicate, (column) => column >= width));
    const rejectsLeft = predicates.some((predicate) => this.#rejectsNull(predicate, (column) => column < width));
    const padsRight = type !== 'RIGHT' && !rejectsRight;
    const padsLeft = type !== 'LEFT' && !rejectsLeft;
    if (padsRight) return padsLeft ? 'FULL' : 'LEFT';
    return padsLeft ? 'RIGHT' : 'INNER';
  }

  #rejectsNull(predicate: Expr, padded: (column: number) => boolean): boolean {
    if (!inputsOf(predicate).some(padded)) return false;
    const withNulls = mapExpr(predicate, (node) =>
      node.kind === 'input-ref' && padded(node.index) ? literal(null, { ...node.type, nullable: true }) : node,
    );
    const value = simplify(withNulls, this.#evaluation);
    return value.kind === 'literal' && value.value !== true;
  }
}

/**
 * The old node if the new one says the same over the same inputs: then nothing was changed, and the trace is silent.
 */
function unchanged(old: LogicalPlan, made: LogicalPlan): LogicalPlan {
  if (made === old || made.kind !== old.kind) return made;
  const inputs = inputPlans(old);
  if (!inputPlans(made).every((input, i) => input === inputs[i])) return made;
  const exprs = exprsOf(old);
  const isSame = exprsOf(made).every((expr, i) => expr === exprs[i] || exprsEqual(expr, exprs[i]!));
  return isSame && (old.kind !== 'join' || (made.kind === 'join' && made.type === old.type)) ? old : made;
}

function filtered(plan: LogicalPlan, predicates: readonly Expr[]): LogicalPlan {
  const unique = new Map(predicates.map((predicate) => [exprToJson(predicate), predicate]));
  return build.filter(plan, conjunction([...unique.values()]));
}

/** Column references with the types that they have here. */
function retype(predicate: Expr, input: LogicalPlan): Expr {
  return mapExpr(predicate, (node) => {
    if (node.kind !== 'input-ref') return node;
    const { type } = input.schema.fields[node.index]!;
    return type.nullable === node.type.nullable ? node : { ...node, type: { ...node.type, nullable: type.nullable } };
  });
}

function partition<T>(items: readonly T[], test: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
