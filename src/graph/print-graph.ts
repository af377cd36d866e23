/** Graphs as text, for EXPLAIN: operators and how rows go between them; tasks, stages and kinds of results. */
import type { JobEdge, JobGraph, JobVertex } from './job-graph.ts';
import { SHIP_STRATEGY } from './plan-json.ts';
import { buildStreamGraph } from './stream-graph.ts';
import type { Transformation } from './transformation.ts';

/** One line per operator: `3: Map x1 <- 2 FORWARD`. */
export function printStreamGraph(roots: readonly Transformation[], parallelism: number): readonly string[] {
  const { nodes } = buildStreamGraph(roots, parallelism);
  return nodes.map(({ id, transformation, inEdges, ...node }) => {
    const inputs = inEdges.map(({ from, distribution, sideOutput }) => {
      const side = sideOutput === null ? '' : ` (side output ${sideOutput})`;
      return `${from.id + 1} ${SHIP_STRATEGY[distribution.kind]}${side}`;
    });
    const from = inputs.length === 0 ? '' : ` <- ${inputs.join(', ')}`;
    return `${id + 1}: ${transformation.name} x${node.parallelism}${from}`;
  });
}

/** Stage by stage the tasks, and below each where its results go. */
export function printTasks({ vertices, edges, profile }: JobGraph): readonly string[] {
  const numbers = new Map(vertices.map(({ id }, i) => [id, i + 1]));
  const stages = [...new Set(vertices.map(({ stage }) => stage))].sort((a, b) => a - b);
  const together = profile.scheduling === 'all-at-once' ? 'all at once' : '';
  return stages.flatMap((stage) => [
    `stage ${stage + 1}${together === '' ? '' : `: ${together}`}`,
    ...vertices
      .filter((vertex) => vertex.stage === stage)
      .flatMap((vertex) => [
        ...wrapChain(`  [${numbers.get(vertex.id)}] ${printVertex(vertex)}`),
        ...edges
          .filter(({ from }) => from === vertex.id)
          .map((edge) => `      -> [${numbers.get(edge.to)}] ${printEdge(edge)}`),
      ]),
  ]);
}

/** Columns that two modes may take side by side. */
const WIDTH = 58;

/** Breaks a long chain before an arrow. */
function wrapChain(line: string): readonly string[] {
  const lines: string[] = [];
  for (const part of line.split(/(?= -> )/)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + part.length > WIDTH) lines.push(last === undefined ? part : `     ${part}`);
    else lines[lines.length - 1] = last + part;
  }
  return lines;
}

function printVertex({ name, parallelism, slotSharingGroup }: JobVertex): string {
  return `${name} x${parallelism}${slotSharingGroup === 'default' ? '' : ` in ${slotSharingGroup}`}`;
}

function printEdge({ distribution, partitionType, sideOutput }: JobEdge): string {
  const side = sideOutput === null ? '' : `, side output ${sideOutput}`;
  return `${SHIP_STRATEGY[distribution.kind]}, ${partitionType}${side}`;
}

/** Columns of lines beside one another, each under its title. */
export function sideBySide(columns: readonly { readonly title: string; readonly lines: readonly string[] }[]): string {
  const rows = Math.max(...columns.map(({ lines }) => lines.length));
  const widths = columns.map(({ title, lines }) => Math.max(title.length, ...lines.map(({ length }) => length)));
  const row = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => cell.padEnd(widths[i] as number))
      .join(' | ')
      .trimEnd();
  return [
    row(columns.map(({ title }) => title)),
    widths.map((width) => '-'.repeat(width)).join('-+-'),
    ...Array.from({ length: rows }, (_, i) => row(columns.map(({ lines }) => lines[i] ?? ''))),
  ].join('\n');
}
