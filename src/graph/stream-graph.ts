/**
 * The transformations as nodes and edges: every source, operator and sink once, unions dissolved into edges,
 * parallelism and distribution decided.
 *
 * A node without a parallelism of its own takes that of the producer it hangs on by a forward edge, so that rows are
 * not moved for nothing; a consumer of everything (singleton, a hash by no key) has one subtask. Between single
 * subtasks every edge is a forward edge, unless a program asked for another one.
 */
import { assert } from '../base/assert.ts';
import type { Distribution } from '../dataflow/traits.ts';
import type { Transformation, TransformationInput } from './transformation.ts';

export type StreamTransformation = Exclude<Transformation, { readonly kind: 'union' }>;

export interface StreamNode {
  /** Position in the topological order. */
  readonly id: number;
  readonly transformation: StreamTransformation;
  readonly parallelism: number;
  readonly slotSharingGroup: string;
  readonly inEdges: StreamEdge[];
  readonly outEdges: StreamEdge[];
}

export interface StreamEdge {
  readonly from: StreamNode;
  readonly to: StreamNode;
  /** Number of the consumer's input; a union gives one input several edges. */
  readonly input: number;
  readonly priority: number;
  /** `forward`: subtask i to subtask i. Never `any`. */
  readonly distribution: Distribution;
  /** `OutputTag.id`; null: the main output of the producer. */
  readonly sideOutput: string | null;
}

/** Slots are shared within a group. */
export const DEFAULT_SLOT_SHARING_GROUP = 'default';

export interface StreamGraph {
  /** Producers before consumers. */
  readonly nodes: readonly StreamNode[];
}

/** @param roots the sinks; what they share is one node. */
export function buildStreamGraph(roots: readonly Transformation[], defaultParallelism: number): StreamGraph {
  const nodes: StreamNode[] = [];
  const byTransformation = new Map<Transformation, StreamNode>();

  const visit = (transformation: StreamTransformation): StreamNode => {
    const known = byTransformation.get(transformation);
    if (known !== undefined) return known;
    const inputs = transformation.inputs.flatMap((input, number) =>
      dissolve(input).map(({ from, distribution, explicit, sideOutput }) => ({
        from: visit(from),
        distribution,
        explicit,
        sideOutput,
        input: number,
        priority: input.priority,
      })),
    );
    const parallelism = transformation.parallelism ?? inherited(inputs) ?? defaultParallelism;
    const slotSharingGroup = transformation.slotSharingGroup ?? inheritedGroup(inputs.map(({ from }) => from));
    const id = nodes.length;
    const node: StreamNode = { id, transformation, parallelism, slotSharingGroup, inEdges: [], outEdges: [] };
    nodes.push(node);
    byTransformation.set(transformation, node);
    for (const { from, input, priority, sideOutput, ...asked } of inputs) {
      const distribution = asked.explicit
        ? asked.distribution
        : decide(asked.distribution, from.parallelism, parallelism);
      const edge: StreamEdge = { from, to: node, input, priority, distribution, sideOutput };
      from.outEdges.push(edge);
      node.inEdges.push(edge);
    }
    return node;
  };

  for (const root of roots) {
    assert(root.kind !== 'union', 'a union is the root of a job');
    visit(root);
  }
  return { nodes };
}

interface Dissolved {
  readonly from: StreamTransformation;
  readonly distribution: Distribution;
  readonly explicit: boolean;
  readonly sideOutput: string | null;
}

/** The edges that a union stands for; its own distribution gives way to that of its consumer, unless that is `any`. */
function dissolve({ from, distribution, explicit, sideOutput }: TransformationInput): Dissolved[] {
  if (from.kind !== 'union') {
    return [{ from, distribution, explicit: explicit ?? false, sideOutput: sideOutput ?? null }];
  }
  return from.inputs.flatMap((inner) =>
    dissolve(isLoose(distribution) ? inner : { ...inner, distribution, explicit: explicit ?? false }),
  );
}

/** That of the inputs, where they have the same. */
function inheritedGroup(inputs: readonly StreamNode[]): string {
  const groups = new Set(inputs.map(({ slotSharingGroup }) => slotSharingGroup));
  const [only = DEFAULT_SLOT_SHARING_GROUP] = groups;
  return groups.size <= 1 ? only : DEFAULT_SLOT_SHARING_GROUP;
}

function isLoose({ kind }: Distribution): boolean {
  return kind === 'any' || kind === 'forward';
}

/** The distribution asks that one subtask sees every row. */
function isSingle(distribution: Distribution): boolean {
  return distribution.kind === 'singleton' || (distribution.kind === 'hash' && distribution.keys.length === 0);
}

function inherited(
  inputs: readonly { readonly from: StreamNode; readonly distribution: Distribution }[],
): number | undefined {
  if (inputs.some(({ distribution }) => isSingle(distribution))) return 1;
  if (inputs.some(({ distribution }) => distribution.kind === 'hash' || distribution.kind === 'rebalance')) {
    return undefined;
  }
  const loose = inputs.filter(({ distribution }) => isLoose(distribution));
  return loose.length === 0 ? undefined : Math.max(...loose.map(({ from }) => from.parallelism));
}

function decide(distribution: Distribution, from: number, to: number): Distribution {
  if (from === 1 && to === 1) return { kind: 'forward' };
  if (isSingle(distribution)) {
    assert(to === 1, `an input of ${to} subtasks wants every row in one`);
    return { kind: 'singleton' };
  }
  if (!isLoose(distribution)) return distribution;
  return { kind: from === to ? 'forward' : 'rebalance' };
}
