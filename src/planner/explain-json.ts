/** EXPLAIN JSON_EXECUTION_PLAN: the DataStream graph in the format that Flink's plan visualiser reads. */
import type { Distribution } from '../dataflow/traits.ts';
import { buildStreamGraph, type StreamNode } from '../graph/stream-graph.ts';
import type { PhysicalPlan } from './plan.ts';
import { translateWithContents } from './translate.ts';

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

export function executionPlanJson(plan: PhysicalPlan): string {
  const { roots, contents } = translateWithContents(plan, null);
  const { nodes } = buildStreamGraph(roots, plan.context.parallelism);
  return pretty({ nodes: nodes.map((node) => toPlanNode(node, contents)) }, '');
}

function toPlanNode(node: StreamNode, contents: ReadonlyMap<string, string>): PlanNode {
  const { transformation } = node;
  const predecessors = node.inEdges.map((edge) => ({
    id: edge.from.id + 1,
    ship_strategy: SHIP_STRATEGY[transformation.inputs[edge.input]?.distribution.kind ?? 'forward'],
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

const SHIP_STRATEGY: Readonly<Record<Distribution['kind'], string>> = {
  any: 'FORWARD',
  forward: 'FORWARD',
  rebalance: 'REBALANCE',
  broadcast: 'BROADCAST',
  singleton: 'GLOBAL',
  hash: 'HASH',
};

/** JSON with spaces around colons and lists of objects opened on one line, as the visualiser's own files are. */
function pretty(value: unknown, indent: string): string {
  if (Array.isArray(value)) return `[ ${value.map((item) => pretty(item, indent)).join(', ')} ]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  const entries = Object.entries(value).map(([key, item]) => `${inner}${JSON.stringify(key)} : ${pretty(item, inner)}`);
  return `{\n${entries.join(',\n')}\n${indent}}`;
}
