/**
 * Chooses algorithms: a logical plan and a mode give a physical plan. Each logical node is planned once, inputs first;
 * of the ways that the strategies offer the cheapest is kept. Then the changelog is settled and equal subtrees become
 * one.
 */
import { notSupported } from '../base/errors.ts';
import type { UpdateKind } from './changelog.ts';
import { negotiate } from './enforce.ts';
import type { LogicalPlan, SinkNode } from './logical.ts';
import { parallelismByVolume } from './parallelism.ts';
import { STRATEGIES } from './physical/index.ts';
import type { PhysicalNode } from './physical/node.ts';
import type { PlanContext, Planner } from './physical/strategy.ts';
import { scanMemoryAgain, shareEqualNodes } from './share.ts';
import { type Cost, compareCost, plusCost } from './stats/cost.ts';
import { Estimator } from './stats/row-count.ts';

export type { PlanContext } from './physical/strategy.ts';

/** What reads the result of a query that is not an INSERT. */
export interface Consumer {
  /** It keeps no keys, so it needs -U to find what an update replaces: a client that collects rows. */
  readonly needsUpdateBefore: boolean;
}

export interface PhysicalPlan {
  /** One per statement: a Sink, or what a query ends in. A node that is reached twice runs once. */
  readonly roots: readonly PhysicalNode[];
  readonly context: PlanContext;
  /** Subtasks of the nodes that have fewer than the context says. */
  readonly parallelism: ReadonlyMap<PhysicalNode, number>;
}

/**
 * @param logicals the optimised plans of one statement: a query, an INSERT, or the INSERTs of a statement set
 * @throws EngineError if the mode cannot run it: updates or unbounded tables in BATCH, an endless sort in STREAMING
 */
export function planQuery(
  logicals: readonly LogicalPlan[],
  context: PlanContext,
  consumer: Consumer = { needsUpdateBefore: true },
): PhysicalPlan {
  const planner = new CostPlanner(context);
  const wanted: readonly UpdateKind[] = consumer.needsUpdateBefore
    ? ['BEFORE_AND_AFTER']
    : ['ONLY_UPDATE_AFTER', 'BEFORE_AND_AFTER'];
  const roots = logicals.map((logical) => {
    const isSink = logical.kind === 'sink';
    return negotiate(planner.plan(logical), isSink ? ANY_UPDATE : wanted, ['FULL_DELETE']);
  });
  const shared = shareEqualNodes(roots, context.configuration);
  const whole = scanMemoryAgain(shared, context.profile);
  return { roots: whole, context, parallelism: parallelismByVolume(whole, context) };
}

/** A Sink asks its input itself; what it writes itself is nobody's concern. */
const ANY_UPDATE: readonly UpdateKind[] = ['BEFORE_AND_AFTER'];

class CostPlanner implements Planner {
  readonly context: PlanContext;
  readonly estimator = new Estimator();
  readonly #planned = new Map<LogicalPlan, PhysicalNode>();
  readonly #costs = new WeakMap<PhysicalNode, Cost>();
  readonly #disabled: ReadonlySet<string>;

  constructor(context: PlanContext) {
    this.context = context;
    const list = context.configuration.string('table.exec.disabled-operators').split(/[,;]/);
    this.#disabled = new Set(list.map((name) => name.trim()));
  }

  disabled(operator: string): boolean {
    return this.#disabled.has(operator);
  }

  plan(logical: LogicalPlan): PhysicalNode {
    const known = this.#planned.get(logical);
    if (known !== undefined) return known;
    const made = this.#cheapest(this.#alternatives(logical), logical);
    this.#planned.set(logical, made);
    return made;
  }

  #alternatives(logical: LogicalPlan): readonly PhysicalNode[] {
    for (const group of STRATEGIES) {
      const found = group.flatMap((strategy) => {
        const fits = strategy.keyedInput === 'either' || strategy.keyedInput === this.context.profile.keyedInput;
        return fits ? strategy.implement(logical, this) : [];
      });
      if (found.length > 0) return found;
    }
    return [];
  }

  #cheapest(alternatives: readonly PhysicalNode[], logical: LogicalPlan): PhysicalNode {
    const [first, ...others] = alternatives;
    if (first === undefined) throw unplannable(logical);
    let best = first;
    for (const other of others) if (compareCost(this.#total(other), this.#total(best)) < 0) best = other;
    return best;
  }

  /** Of the node and all below it. */
  #total(node: PhysicalNode): Cost {
    const known = this.#costs.get(node);
    if (known !== undefined) return known;
    const total = node.inputs.reduce((sum, input) => plusCost(sum, this.#total(input)), node.cost);
    this.#costs.set(node, total);
    return total;
  }
}

function unplannable(logical: Exclude<LogicalPlan, SinkNode> | SinkNode) {
  if (logical.kind === 'window') {
    const names = [...new Set(logical.calls.map(({ call }) => call.fn))].join(', ');
    return notSupported(`${names} OVER (…)`, undefined, 'ROW_NUMBER() with rn <= N above it is');
  }
  return notSupported(`${logical.kind} with these options`);
}
