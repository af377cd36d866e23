/**
 * The transformations as nodes and edges: every source, operator and sink once, unions dissolved into edges,
 * parallelism and distribution decided.
 *
 * A node without a parallelism of its own takes that of the producer it hangs on by a forward edge, so that rows are
 * not moved for nothing; a consumer of everything (singleton, a hash by no key) has one subtask. Between single
 * subtasks every edge is a forward edge.
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
}

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
      dissolve(input).map(({ from, distribution }) => ({
        from: visit(from),
        distribution,
        input: number,
        priority: input.priority,
      })),
    );
    const parallelism = transformation.parallelism ?? inherited(inputs) ?? defaultParallelism;
    const node: StreamNode = { id: nodes.length, transformation, parallelism, inEdges: [], outEdges: [] };
    nodes.push(node);
    byTransformation.set(transformation, node);
    for (const { from, distribution, input, priority } of inputs) {
      const decided = decide(distribution, from.parallelism, parallelism);
      const edge: StreamEdge = { from, to: node, input, priority, distribution: decided };
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

/** The edges that a union stands for; its own distribution gives way to that of its consumer, unless that is `any`. */
function dissolve(
  input: TransformationInput,
): { readonly from: StreamTransformation; readonly distribution: Distribution }[] {
  const { from, distribution } = input;
  if (from.kind !== 'union') return [{ from, distribution }];
  return from.inputs.flatMap((inner) =>
    dissolve({ ...inner, distribution: isLoose(distribution) ? inner.distribution : distribution }),
  );
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
