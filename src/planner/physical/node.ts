/**
 * A node of the physical plan: one algorithm with its parameters. What an algorithm promises, requires, costs, prints
 * and turns into is written in its own file as an `Algorithm`; `defineAlgorithm` makes nodes of it. Nodes are
 * immutable.
 */
import type { ConnectorSpec } from '../../dataflow/connector.ts';
import type { OperatorSpec } from '../../dataflow/operator.ts';
import type { Boundedness, Distribution, ModeProfile, Ordering } from '../../dataflow/traits.ts';
import type { Schema } from '../../types/schema.ts';
import {
  beforeAndAfterOrNone,
  type DeleteKind,
  fullDeleteOrNone,
  type ModifyKinds,
  type UpdateKind,
} from '../changelog.ts';
import type { ExprFormat } from '../explain-expr.ts';
import { type Cost, NO_COST } from '../stats/cost.ts';
import type { Key } from '../upsert-keys.ts';

/** How a column changes when its row is updated. */
export type Monotonicity = 'CONSTANT' | 'INCREASING' | 'DECREASING' | 'NONE';

/** What a node promises about its output. */
export interface PhysicalTraits {
  readonly boundedness: Boundedness;
  readonly modify: ModifyKinds;
  readonly distribution: Distribution;
  readonly ordering: Ordering;
  readonly upsertKeys: readonly Key[];
  readonly uniqueKeys: readonly Key[];
  /** By column; null: rows are deleted too, or nothing is known. */
  readonly monotonicity: readonly Monotonicity[] | null;
  readonly size: Size;
}

/** Estimated output. */
export interface Size {
  readonly rows: number;
  /** Bytes per row in memory. */
  readonly width: number;
  /** From statistics rather than from defaults. */
  readonly known: boolean;
}

export interface InputRequirement {
  readonly distribution: Distribution;
  readonly ordering: Ordering;
  /** The subtasks of the node see each other's rows: that counts as the distribution, and nothing is sent. */
  readonly shared?: boolean;
}

const ANYTHING: InputRequirement = { distribution: { kind: 'any' }, ordering: [] };

/** One line of EXPLAIN: `name(key=[value], …)`. */
export interface Description {
  readonly name: string;
  readonly items: readonly DescriptionItem[];
  /** Items that Flink prints behind the changelog mode, in the physical plan only. */
  readonly trailing?: readonly DescriptionItem[];
  /** A sink emits nothing: its changelog mode is NONE. */
  readonly silent?: boolean;
}
export type DescriptionItem = readonly [key: string, value: string];

/** What a node becomes in the DataStream graph. */
export type Lowered =
  | { readonly kind: 'operator'; readonly spec: OperatorSpec; readonly priorities?: readonly number[] }
  | { readonly kind: 'source'; readonly spec: ConnectorSpec; readonly boundedness: Boundedness }
  | { readonly kind: 'sink'; readonly spec: ConnectorSpec; readonly before: readonly LoweredStep[] }
  | { readonly kind: 'union' }
  /** Nothing: the rows of the input pass as they are. `columns`: where in them the node's first columns are. */
  | { readonly kind: 'none'; readonly columns: readonly number[] }
  | { readonly kind: 'exchange'; readonly distribution: Distribution };

/** Operators that run in front of a sink without being nodes of the plan. */
export interface LoweredStep {
  readonly name: string;
  readonly spec: OperatorSpec;
  /** How its input comes to it. */
  readonly distribution: Distribution;
}

export interface PhysicalNode {
  /** Flink's name of the algorithm, without parameters. */
  readonly name: string;
  readonly schema: Schema;
  readonly inputs: readonly PhysicalNode[];
  readonly traits: PhysicalTraits;
  /** How updates and deletes are written; settled by negotiation. */
  readonly updateKind: UpdateKind;
  readonly deleteKind: DeleteKind;
  /** Of this node alone. */
  readonly cost: Cost;
  /** Why this algorithm: shown by EXPLAIN. Null where there was no choice. */
  readonly reason: string | null;
  requires(input: number): InputRequirement;
  describe(format: ExprFormat): Description;
  /** The same node writing updates as required, over inputs that do what that takes; null: it cannot. */
  satisfyUpdate(required: UpdateKind, visit: VisitUpdate): PhysicalNode | null;
  satisfyDelete(required: DeleteKind, visit: VisitDelete): PhysicalNode | null;
  lower(context: LoweringContext): Lowered;
  with(change: Change): PhysicalNode;
}

export type VisitUpdate = (node: PhysicalNode, required: UpdateKind) => PhysicalNode | null;
export type VisitDelete = (node: PhysicalNode, required: DeleteKind) => PhysicalNode | null;

export interface Change {
  readonly inputs?: readonly PhysicalNode[];
  readonly updateKind?: UpdateKind;
  readonly deleteKind?: DeleteKind;
}

export interface LoweringContext {
  readonly profile: ModeProfile;
  /** The node's line of EXPLAIN, which names its operator. */
  readonly name: string;
}

/** An algorithm's view of one of its nodes. */
export interface Self<P> {
  readonly params: P;
  readonly schema: Schema;
  readonly inputs: readonly PhysicalNode[];
  readonly size: Size;
}
/** … once its changelog is settled. */
export interface Settled<P> extends Self<P> {
  readonly traits: PhysicalTraits;
  readonly updateKind: UpdateKind;
}
/** … while it is being settled. */
export interface Negotiating<P> extends Settled<P> {
  with(change: Change & { readonly params?: P }): PhysicalNode;
}

export interface Algorithm<P> {
  readonly name: string;
  /** Defaults: those of the first input, with this node's size; without inputs: bounded, insert-only, no keys. */
  provides(self: Self<P>): Partial<PhysicalTraits>;
  /** Default: anything. */
  requires?(self: Self<P>, input: number): InputRequirement;
  cost?(self: Self<P>): Partial<Cost>;
  describe(self: Settled<P>, format: ExprFormat): Omit<Description, 'name'> & { readonly name?: string };
  /** Default: takes any change, which needs -U, and writes updates as asked. */
  satisfyUpdate?(self: Negotiating<P>, required: UpdateKind, visit: VisitUpdate): PhysicalNode | null;
  /** Default: needs full deletes. */
  satisfyDelete?(self: Negotiating<P>, required: DeleteKind, visit: VisitDelete): PhysicalNode | null;
  reason?(self: Self<P>): string | null;
  lower(self: Settled<P>, context: LoweringContext): Lowered;
}

export interface AlgorithmFactory<P> {
  (params: P, schema: Schema, inputs: readonly PhysicalNode[], size: Size): PhysicalNode;
  /** The parameters of a node that this algorithm made, or null. */
  paramsOf(node: PhysicalNode): P | null;
}

export function defineAlgorithm<P>(algorithm: Algorithm<P>): AlgorithmFactory<P> {
  const make = (params: P, schema: Schema, inputs: readonly PhysicalNode[], size: Size): PhysicalNode =>
    new AlgorithmNode(algorithm, params, schema, inputs, size, 'NONE', 'NONE');
  const paramsOf = (node: PhysicalNode): P | null =>
    node instanceof AlgorithmNode && node.algorithm === algorithm ? (node.params as P) : null;
  return Object.assign(make, { paramsOf });
}

class AlgorithmNode<P> implements PhysicalNode, Negotiating<P> {
  readonly algorithm: Algorithm<P>;
  readonly params: P;
  readonly schema: Schema;
  readonly inputs: readonly PhysicalNode[];
  readonly size: Size;
  readonly traits: PhysicalTraits;
  readonly updateKind: UpdateKind;
  readonly deleteKind: DeleteKind;

  constructor(
    algorithm: Algorithm<P>,
    params: P,
    schema: Schema,
    inputs: readonly PhysicalNode[],
    size: Size,
    updateKind: UpdateKind,
    deleteKind: DeleteKind,
  ) {
    this.algorithm = algorithm;
    this.params = params;
    this.schema = schema;
    this.inputs = inputs;
    this.size = size;
    this.updateKind = updateKind;
    this.deleteKind = deleteKind;
    this.traits = { ...inherited(inputs), size, ...algorithm.provides(this) };
  }

  get name(): string {
    return this.algorithm.name;
  }
  get cost(): Cost {
    return { ...NO_COST, rows: this.size.rows, ...this.algorithm.cost?.(this) };
  }
  get reason(): string | null {
    return this.algorithm.reason?.(this) ?? null;
  }
  requires(input: number): InputRequirement {
    return this.algorithm.requires?.(this, input) ?? ANYTHING;
  }
  describe(format: ExprFormat): Description {
    return { name: this.algorithm.name, ...this.algorithm.describe(this, format) };
  }
  satisfyUpdate(required: UpdateKind, visit: VisitUpdate): PhysicalNode | null {
    if (this.algorithm.satisfyUpdate !== undefined) return this.algorithm.satisfyUpdate(this, required, visit);
    return retractingUpdate(this, required, visit);
  }
  satisfyDelete(required: DeleteKind, visit: VisitDelete): PhysicalNode | null {
    if (this.algorithm.satisfyDelete !== undefined) return this.algorithm.satisfyDelete(this, required, visit);
    return fullDelete(this, required, visit);
  }
  lower(context: LoweringContext): Lowered {
    return this.algorithm.lower(this, context);
  }
  with(change: Change & { readonly params?: P }): PhysicalNode {
    return new AlgorithmNode(
      this.algorithm,
      change.params ?? this.params,
      this.schema,
      change.inputs ?? this.inputs,
      this.size,
      change.updateKind ?? this.updateKind,
      change.deleteKind ?? this.deleteKind,
    );
  }
}

function inherited(inputs: readonly PhysicalNode[]): Omit<PhysicalTraits, 'size'> {
  const first = inputs[0];
  if (first === undefined) return WITHOUT_INPUT;
  const unbounded = inputs.some((input) => input.traits.boundedness === 'CONTINUOUS_UNBOUNDED');
  return { ...first.traits, boundedness: unbounded ? 'CONTINUOUS_UNBOUNDED' : 'BOUNDED' };
}

const WITHOUT_INPUT: Omit<PhysicalTraits, 'size'> = {
  boundedness: 'BOUNDED',
  modify: new Set(['INSERT']),
  distribution: { kind: 'any' },
  ordering: [],
  upsertKeys: [],
  uniqueKeys: [],
  monotonicity: null,
};

/** Visits every input; null if one of them cannot. */
export function visitAll(
  inputs: readonly PhysicalNode[],
  visit: (input: PhysicalNode, index: number) => PhysicalNode | null,
): readonly PhysicalNode[] | null {
  const visited: PhysicalNode[] = [];
  for (const [index, input] of inputs.entries()) {
    const made = visit(input, index);
    if (made === null) return null;
    visited.push(made);
  }
  return visited;
}

/** Takes every kind of change with both halves of updates; keeps state, so that it can write updates as asked. */
function retractingUpdate<P>(self: Negotiating<P>, required: UpdateKind, visit: VisitUpdate): PhysicalNode | null {
  const inputs = visitAll(self.inputs, (input) => visit(input, beforeAndAfterOrNone(input.traits.modify)));
  return inputs === null
    ? null
    : self.with({ inputs, updateKind: self.traits.modify.has('UPDATE') ? required : 'NONE' });
}

/** Passes changes through: it writes what its input writes. */
export function forwardUpdate<P>(self: Negotiating<P>, required: UpdateKind, visit: VisitUpdate): PhysicalNode | null {
  const inputs = visitAll(self.inputs, (input) => visit(input, input.traits.modify.has('UPDATE') ? required : 'NONE'));
  if (inputs === null) return null;
  const kinds = new Set(inputs.map((input) => input.updateKind).filter((kind) => kind !== 'NONE'));
  if (kinds.size > 1) return null;
  return self.with({ inputs, updateKind: [...kinds][0] ?? 'NONE' });
}

export function fullDelete<P>(self: Negotiating<P>, _required: DeleteKind, visit: VisitDelete): PhysicalNode | null {
  const inputs = visitAll(self.inputs, (input) => visit(input, fullDeleteOrNone(input.traits.modify)));
  return inputs === null ? null : self.with({ inputs, deleteKind: fullDeleteOrNone(self.traits.modify) });
}

export function forwardDelete<P>(self: Negotiating<P>, required: DeleteKind, visit: VisitDelete): PhysicalNode | null {
  const inputs = visitAll(self.inputs, (input) => visit(input, input.traits.modify.has('DELETE') ? required : 'NONE'));
  if (inputs === null) return null;
  const byKey = inputs.some((input) => input.deleteKind === 'DELETE_BY_KEY');
  return self.with({ inputs, deleteKind: byKey ? 'DELETE_BY_KEY' : fullDeleteOrNone(self.traits.modify) });
}
