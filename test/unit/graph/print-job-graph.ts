/** A job graph as text, for the tests to compare: one vertex per line with its chain, below it what it reads. */
import type { Distribution } from '../../../src/dataflow/traits.ts';
import type { JobGraph } from '../../../src/graph/job-graph.ts';

export function printJobGraph(graph: JobGraph): string {
  const numbers = new Map(graph.vertices.map(({ id }, i) => [id, i + 1]));
  return graph.vertices
    .flatMap((vertex, i) => [
      `${i + 1}: stage ${vertex.stage}, parallelism ${vertex.parallelism}: ${vertex.name}`,
      ...graph.edges
        .filter(({ to }) => to === vertex.id)
        .map((edge) => {
          const at = vertex.chain[edge.link]?.name ?? '';
          const how = `${printDistribution(edge.distribution)}, ${edge.partitionType}`;
          return `   <- ${numbers.get(edge.from)} (${how}) as input ${edge.input} of ${at}`;
        }),
    ])
    .join('\n');
}

function printDistribution(distribution: Distribution): string {
  return distribution.kind === 'hash' ? `hash[${distribution.keys.join(', ')}]` : distribution.kind;
}
