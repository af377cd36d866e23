/**
 * Which operators run in one task, where batches pass by a call.
 *
 * A consumer joins its producer's chain over a forward edge if the producer has no other consumer and the edge is the
 * only one of that input, and neither forbids it; what goes to a side output leaves the chain. An operator with several
 * inputs is chained through one of them, the one that is read last
 * (a hash join's probe side; of equals the first); its other inputs come through gates at that link.
 */
import type { StreamEdge, StreamGraph, StreamNode } from './stream-graph.ts';

export interface Chain {
  /** Head first. */
  readonly nodes: readonly StreamNode[];
  /** The edges inside: `links[i]` leads from `nodes[i]` to `nodes[i + 1]`. */
  readonly links: readonly StreamEdge[];
}

/** @returns every node in exactly one chain, in topological order of the heads. */
export function chainNodes(graph: StreamGraph, enabled = true): readonly Chain[] {
  const inside = new Map<StreamNode, StreamEdge>();
  for (const node of graph.nodes) {
    const edge = enabled ? chainedEdge(node) : null;
    if (edge !== null) inside.set(edge.from, edge);
  }
  const chainedTo = new Set([...inside.values()].map(({ to }) => to));
  return graph.nodes
    .filter((node) => !chainedTo.has(node))
    .map((head) => {
      const nodes = [head];
      const links: StreamEdge[] = [];
      for (let edge = inside.get(head); edge !== undefined; edge = inside.get(edge.to)) {
        links.push(edge);
        nodes.push(edge.to);
      }
      return { nodes, links };
    });
}

/** The edge over which the node joins its producer's chain, or null. */
function chainedEdge(node: StreamNode): StreamEdge | null {
  let best: StreamEdge | null = null;
  for (const edge of node.inEdges) if (best === null || edge.priority > best.priority) best = edge;
  if (best === null || best.distribution.kind !== 'forward' || best.from.outEdges.length > 1) return null;
  if (best.sideOutput !== null || best.from.slotSharingGroup !== node.slotSharingGroup) return null;
  if (node.transformation.chaining !== undefined || best.from.transformation.chaining === 'never') return null;
  const { input } = best;
  return node.inEdges.filter((edge) => edge.input === input).length === 1 ? best : null;
}
