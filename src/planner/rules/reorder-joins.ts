/**
 * Chooses the order of inner joins: all bushy trees without cross products, by dynamic programming over subsets of the
 * relations (up to 12; beyond that the cheapest pair is joined, again and again). The cost of a join is the rows that
 * it reads and gives, those of its smaller side twice, since they are put into a hash table.
 *
 * Columns known to be equal form classes; between two subsets each class is compared once.
 *
 * Source: Moerkotte and Neumann, "Dynamic Programming Strikes Back" (2008), for what is searched.
 */
import { call, type Expr, inputRef, remapInputs } from '../../expr/expr.ts';
import { resolveCall } from '../../expr/resolve.ts';
import { BOOLEAN } from '../../types/data-type.ts';
import type { LogicalPlan } from '../logical.ts';
import * as build from '../logical-build.ts';
import { conjunction } from '../logical-predicate.ts';
import { inputsOf, withInputs } from '../logical-visit.ts';
import { Estimator } from '../stats/row-count.ts';
import { Equivalence, equalColumns } from './equivalence.ts';
import { type JoinGraph, joinGraph, relationsOf } from './join-graph.ts';
import type { OptimizeContext, Rule } from './rule.ts';
import { sharedNodes } from './sharing.ts';

/** Relations up to which every tree is looked at. */
const EXHAUSTIVE = 12;
/** Relations up to which subsets are bits of an int. */
const MOST = 30;

export const reorderJoins: Rule = {
  name: 'reorder-joins',
  reason: 'after predicates have become join conditions, before columns are pruned',
  apply: (roots, context) => {
    const shared = sharedNodes(roots);
    const estimator = new Estimator();
    const searches = mayReorder(context);
    const done = new Map<LogicalPlan, LogicalPlan>();
    const visit = (node: LogicalPlan): LogicalPlan => {
      const known = done.get(node);
      if (known !== undefined) return known;
      const made = reorder(node, visit);
      done.set(node, made);
      return made;
    };
    const reorder = (node: LogicalPlan, each: (input: LogicalPlan) => LogicalPlan): LogicalPlan => {
      const isJoin = node.kind === 'join' && node.type === 'INNER' && node.hints.length === 0;
      if (!isJoin) return withInputs(node, inputsOf(node).map(each));
      const graph = joinGraph(node, (other) => shared.has(other));
      const plain = (): LogicalPlan => withInputs(node, inputsOf(node).map(each));
      const count = graph.relations.length;
      if (count < 3 || count > MOST) return plain();
      if (!searches && !hasAvoidableCrossProduct(node, graph)) return plain();
      const relations = graph.relations.map(each);
      return new Search({ ...graph, relations }, estimator).run(searches);
    };
    return roots.map(visit);
  },
};

/**
 * Statistics decide where the input is complete: a stream keeps the order that was written, as in Flink, unless
 * `table.optimizer.join-reorder-enabled` says otherwise.
 */
function mayReorder({ configuration, profile }: OptimizeContext): boolean {
  const set = configuration.raw('table.optimizer.join-reorder-enabled');
  return set === null ? profile.keyedInput === 'sorted-by-key' : set.toLowerCase() === 'true';
}

/**
 * In the order written some relation meets the ones before it without a condition, though it is joined to them later.
 */
function hasAvoidableCrossProduct(node: LogicalPlan, graph: JoinGraph): boolean {
  const crosses = (plan: LogicalPlan): boolean =>
    plan.kind === 'join' &&
    plan.type === 'INNER' &&
    (build.isTrue(plan.condition) || crosses(plan.left) || crosses(plan.right));
  if (!crosses(node)) return false;
  return graph.predicates.some((predicate) => bitCount(relationsOf(predicate, graph)) > 1);
}

function bitCount(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** A subset of the relations, joined. */
interface Joined {
  readonly set: number;
  /** What it is made of; null for a relation. */
  readonly parts: readonly [Joined, Joined] | null;
  /** Enough of a plan to estimate its rows; of a relation the relation itself. */
  readonly plan: LogicalPlan;
  /** Column of all → column of `plan`; undefined if it is of another relation. */
  readonly place: ReadonlyMap<number, number>;
  readonly cost: number;
  readonly rows: number;
}

class Search {
  readonly #graph: JoinGraph;
  readonly #estimator: Estimator;
  readonly #classes: Equivalence;
  /** Predicates that are no equality within a class, with the relations that they need. */
  readonly #others: readonly { readonly predicate: Expr; readonly needs: number }[];
  readonly #equalities: readonly { readonly columns: readonly number[]; readonly relations: number }[];

  constructor(graph: JoinGraph, estimator: Estimator) {
    this.#graph = graph;
    this.#estimator = estimator;
    this.#classes = new Equivalence(graph.predicates);
    const classes = this.#classes;
    const others: { predicate: Expr; needs: number }[] = [];
    for (const predicate of graph.predicates) {
      const pair = equalColumns(predicate);
      const within = pair !== null && graph.relationOf[pair[0]] === graph.relationOf[pair[1]];
      if (pair === null || within) others.push({ predicate, needs: relationsOf(predicate, graph) });
    }
    this.#others = others;
    const byRoot = new Map<number, number[]>();
    for (const member of classes.members()) {
      const root = classes.find(member);
      byRoot.set(root, [...(byRoot.get(root) ?? []), member]);
    }
    this.#equalities = [...byRoot.values()].map((columns) => ({
      columns: columns.sort((a, b) => a - b),
      relations: columns.reduce((bits, column) => bits | (1 << graph.relationOf[column]!), 0),
    }));
  }

  /** The joined relations, their columns in the order of the graph. */
  run(searches: boolean): LogicalPlan {
    const leaves = this.#graph.relations.map((relation, i) => this.#leaf(relation, i));
    const joined = !searches
      ? this.#inOrder(leaves)
      : leaves.length <= EXHAUSTIVE
        ? this.#exhaustive(leaves)
        : this.#greedy(leaves);
    const order = this.#graph.relationOf.map((_, column) => joined.place.get(column)!);
    return build.projectColumns(this.#planOf(joined), order);
  }

  #planOf(joined: Joined): LogicalPlan {
    if (joined.parts === null) return joined.plan;
    const [a, b] = joined.parts;
    const equal = (left: Expr, right: Expr): Expr => resolveCall('=', [left, right]);
    return build.join(
      'INNER',
      this.#planOf(a),
      this.#planOf(b),
      conjunction(this.#conditions(a, b, joined.place, equal)),
    );
  }

  #leaf(relation: LogicalPlan, i: number): Joined {
    const start = this.#graph.starts[i]!;
    const place = new Map(relation.schema.fields.map((_, column) => [start + column, column]));
    const own = this.#others.filter(({ needs }) => needs === 1 << i);
    const predicates = own.map(({ predicate }) => remapInputs(predicate, (column) => place.get(column)!));
    // Two columns of one relation that are equal through another relation's.
    for (const { columns } of this.#equalities) {
      const inside = columns
        .filter((column) => place.has(column))
        .map((column) => build.columnOf(relation, place.get(column)!));
      for (const column of inside.slice(1)) predicates.push(resolveCall('=', [inside[0]!, column]));
    }
    const plan = build.filter(relation, conjunction(predicates));
    return { set: 1 << i, parts: null, plan, place, cost: 0, rows: this.#rows(plan) };
  }

  #rows(plan: LogicalPlan): number {
    return Math.max(1, this.#estimator.estimate(plan).rows);
  }

  /** As written, but a relation waits until it is connected. */
  #inOrder(leaves: readonly Joined[]): Joined {
    const waiting = [...leaves];
    let joined = waiting.shift()!;
    while (waiting.length > 0) {
      const next = waiting.findIndex((leaf) => this.#connected(joined.set, leaf.set));
      const [leaf] = waiting.splice(Math.max(next, 0), 1);
      joined = this.#join(joined, leaf!);
    }
    return joined;
  }

  #exhaustive(leaves: readonly Joined[]): Joined {
    const all = (1 << leaves.length) - 1;
    const best = new Map<number, Joined>(leaves.map((leaf) => [leaf.set, leaf]));
    for (let set = 1; set <= all; set++) {
      if (best.has(set)) continue;
      // Each split once: the first part holds the lowest relation.
      const lowest = set & -set;
      let found: { readonly parts: readonly [Joined, Joined]; readonly cost: number } | null = null;
      let rows: number | null = null;
      for (let part = (set - 1) & set; part > 0; part = (part - 1) & set) {
        if ((part & lowest) === 0) continue;
        const a = best.get(part);
        const b = best.get(set ^ part);
        if (a === undefined || b === undefined || !this.#connected(part, set ^ part)) continue;
        rows ??= this.#rows(this.#join(a, b).plan);
        const cost = a.cost + b.cost + this.#ownCost(a, b, rows);
        if (found === null || cost < found.cost) found = { parts: [a, b], cost };
      }
      if (found !== null) best.set(set, this.#join(...found.parts, rows!));
    }
    return best.get(all) ?? this.#greedy([...components(best)]);
  }

  /** The pair with the fewest rows first; connected pairs before cross products. */
  #greedy(parts: readonly Joined[]): Joined {
    const left = [...parts];
    while (left.length > 1) {
      let best: {
        readonly i: number;
        readonly j: number;
        readonly joined: Joined;
        readonly connected: boolean;
      } | null = null;
      for (let i = 0; i < left.length; i++) {
        for (let j = i + 1; j < left.length; j++) {
          const connected = this.#connected(left[i]!.set, left[j]!.set);
          if (best?.connected === true && !connected) continue;
          const joined = this.#join(left[i]!, left[j]!);
          const better = best === null || (connected && !best.connected) || joined.rows < best.joined.rows;
          if (better) best = { i, j, joined, connected };
        }
      }
      left.splice(best!.j, 1);
      left.splice(best!.i, 1, best!.joined);
    }
    return left[0]!;
  }

  #connected(a: number, b: number): boolean {
    if (this.#equalities.some(({ relations }) => relations & a && relations & b)) return true;
    return this.#others.some(({ needs }) => (needs & ~(a | b)) === 0 && needs & a && needs & b);
  }

  #hasKey(a: number, b: number): boolean {
    return this.#equalities.some(({ relations }) => relations & a && relations & b);
  }

  #ownCost(a: Joined, b: Joined, rows: number): number {
    const small = Math.min(a.rows, b.rows);
    const large = Math.max(a.rows, b.rows);
    if (this.#hasKey(a.set, b.set)) return large + 2 * small + rows;
    return small === 1 ? large + rows : (small * large) / 4 + rows;
  }

  /** The larger side on the left: the right one is built. */
  #join(first: Joined, second: Joined, known: number | null = null): Joined {
    const [a, b] = first.rows >= second.rows ? [first, second] : [second, first];
    const width = build.widthOf(a.plan);
    const place = new Map(a.place);
    for (const [column, at] of b.place) place.set(column, at + width);
    const plan = sketch(a.plan, b.plan, this.#conditions(a, b, place, equality));
    const rows = known ?? this.#rows(plan);
    const cost = a.cost + b.cost + this.#ownCost(a, b, rows);
    return { set: a.set | b.set, parts: [a, b], plan, place, rows, cost };
  }

  /** What holds between two subsets, over their columns side by side: one equality per class, and the rest. */
  #conditions(
    a: Joined,
    b: Joined,
    place: ReadonlyMap<number, number>,
    equal: (left: Expr, right: Expr) => Expr,
  ): readonly Expr[] {
    const column = (index: number): Expr => {
      const relation = this.#graph.relationOf[index]!;
      const field = this.#graph.relations[relation]!.schema.fields[index - this.#graph.starts[relation]!]!;
      return inputRef(place.get(index)!, field.type);
    };
    const set = a.set | b.set;
    const conditions: Expr[] = [];
    for (const { columns, relations } of this.#equalities) {
      if ((relations & a.set) === 0 || (relations & b.set) === 0) continue;
      const left = columns.find((index) => a.place.has(index))!;
      const right = columns.find((index) => b.place.has(index))!;
      conditions.push(equal(column(left), column(right)));
    }
    for (const { predicate, needs } of this.#others) {
      const now = (needs & ~set) === 0 && (needs & ~a.set) !== 0 && (needs & ~b.set) !== 0;
      if (now) conditions.push(remapInputs(predicate, (index) => place.get(index)!));
    }
    return conditions;
  }
}

function equality(left: Expr, right: Expr): Expr {
  return call('=', [left, right], BOOLEAN);
}

/** A join for the estimator: names and nullability do not matter, and there are thousands of them. */
function sketch(left: LogicalPlan, right: LogicalPlan, conditions: readonly Expr[]): LogicalPlan {
  return {
    kind: 'join',
    schema: { fields: [...left.schema.fields, ...right.schema.fields], primaryKey: null, rowtime: null },
    type: 'INNER',
    left,
    right,
    condition: conditions.length === 0 ? build.TRUE : conditions.reduce((l, r) => call('AND', [l, r], BOOLEAN)),
    nullAware: false,
    hints: [],
  };
}

/** The largest joined subsets that do not overlap. */
function* components(best: ReadonlyMap<number, Joined>): Generator<Joined> {
  let taken = 0;
  for (const joined of [...best.values()].sort((a, b) => bitCount(b.set) - bitCount(a.set))) {
    if (joined.set & taken) continue;
    taken |= joined.set;
    yield joined;
  }
}
