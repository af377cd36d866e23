/** The DataStream graph in the format that Flink's plan visualiser reads. */
import type { Distribution } from '../dataflow/traits.ts';
import { buildStreamGraph, type StreamNode } from './stream-graph.ts';
import type { Transformation } from './transformation.ts';

interface PlanNode {
  readonly id: number;
  readonly type: string;
  readonly pact: 'Data Source' | 'Operator' | 'Data Sink';
  readonly contents: string;
  readonly parallelism: number;
  readonly predecessors?: readonly {
    readonly id: number;
    readonly ship_strategy: string;
    readonly side: string;
  }[];
}

/** @param contents descriptions of operators by uid, where they say more than the name */
export function executionPlanJson(
  roots: readonly Transformation[],
  parallelism: number,
  contents: ReadonlyMap<string, string> = new Map(),
): string {
  const { nodes } = buildStreamGraph(roots, parallelism);
  return pretty({ nodes: nodes.map((node) => toPlanNode(node, contents)) }, '');
}

function toPlanNode(node: StreamNode, contents: ReadonlyMap<string, string>): PlanNode {
  const { transformation } = node;
  const predecessors = node.inEdges.map((edge) => ({
    id: edge.from.id + 1,
    ship_strategy: SHIP_STRATEGY[plannedDistribution(edge.distribution, transformation, edge.input).kind],
    side: 'second',
  }));
  return {
    id: node.id + 1,
    type: transformation.name,
    pact: transformation.kind === 'source' ? 'Data Source' : transformation.kind === 'sink' ? 'Data Sink' : 'Operator',
    contents: contents.get(transformation.uid) ?? transformation.name,
    parallelism: node.parallelism,
    ...(predecessors.length === 0 ? {} : { predecessors }),
  };
}

/** What the planner asked for is shown also where one subtask makes it a forward edge. */
function plannedDistribution(decided: Distribution, transformation: Transformation, input: number): Distribution {
  return decided.kind === 'forward' ? (transformation.inputs[input]?.distribution ?? decided) : decided;
}

/** Flink's names of how rows go from one operator to the next. */
export const SHIP_STRATEGY: Readonly<Record<Distribution['kind'], string>> = {
  any: 'FORWARD',
  forward: 'FORWARD',
  rebalance: 'REBALANCE',
  rescale: 'RESCALE',
  shuffle: 'SHUFFLE',
  broadcast: 'BROADCAST',
  singleton: 'GLOBAL',
  global: 'GLOBAL',
  hash: 'HASH',
  keyed: 'HASH',
  custom: 'CUSTOM',
};

/** JSON with spaces around colons and lists of objects opened on one line, as the visualiser's own files are. */
function pretty(value: unknown, indent: string): string {
  if (Array.isArray(value)) return `[ ${value.map((item) => pretty(item, indent)).join(', ')} ]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  const entries = Object.entries(value).map(([key, item]) => `${inner}${JSON.stringify(key)} : ${pretty(item, inner)}`);
  return `{\n${entries.join(',\n')}\n${indent}}`;
}
