/** From the DataStream graph to the job graph: dissolve unions, chain, choose what is materialised, cut into stages. */
import { EngineError } from '../base/errors.ts';
import type { ModeProfile } from '../dataflow/traits.ts';
import { type Chain, chainNodes } from './chaining.ts';
import type { ChainLink, JobEdge, JobGraph, JobVertex } from './job-graph.ts';
import { assignStages, resolveConflicts } from './stages.ts';
import { buildStreamGraph, type StreamEdge, type StreamNode } from './stream-graph.ts';
import type { Transformation } from './transformation.ts';

export interface JobGraphOptions {
  readonly name: string;
  /** `parallelism.default` */
  readonly parallelism: number;
  /** `pipeline.max-parallelism` */
  readonly maxParallelism: number;
  /** `execution.batch-shuffle-mode`: results are read while they are written. */
  readonly pipelinedExchanges: boolean;
  /** Default: true. */
  readonly chaining?: boolean;
}

/**
 * @param roots the sinks of the job
 * @throws EngineError CONFIG-VALUE if a parallelism is not between 1 and the maximum
 */
export function buildJobGraph(
  roots: readonly Transformation[],
  profile: ModeProfile,
  options: JobGraphOptions,
): JobGraph {
  const { parallelism, maxParallelism } = options;
  if (parallelism < 1 || parallelism > maxParallelism) {
    throw new EngineError('CONFIG-VALUE', `parallelism ${parallelism} is not between 1 and ${maxParallelism}`, {
      hint: "SET 'parallelism.default' or 'pipeline.max-parallelism'",
    });
  }
  const chains = chainNodes(buildStreamGraph(roots, parallelism), options.chaining ?? true);
  const ids = vertexIds(chains);
  const unstaged = chains.map((chain, i): JobVertex => {
    const links = chain.nodes.map((node, at) => toLink(node, chain.links[at - 1]));
    return {
      id: ids[i] as string,
      name: links.map(({ name }) => name).join(' -> '),
      chain: links,
      parallelism: (chain.nodes[0] as StreamNode).parallelism,
      maxParallelism: Math.min(...chain.nodes.map(({ transformation: t }) => t.maxParallelism ?? maxParallelism)),
      slotSharingGroup: (chain.nodes[0] as StreamNode).slotSharingGroup,
      stage: 0,
    };
  });
  const edges = resolveConflicts(unstaged, connect(chains, ids, profile, options));
  const stages = assignStages(unstaged, edges);
  const vertices = unstaged.map((vertex) => ({ ...vertex, stage: stages.get(vertex.id) ?? 0 }));
  return { name: options.name, vertices, edges, profile };
}

/** The uid of the head; a number keeps apart what has the same. */
function vertexIds(chains: readonly Chain[]): readonly string[] {
  const used = new Set<string>();
  return chains.map(({ nodes }) => {
    const uid = (nodes[0] as StreamNode).transformation.uid;
    let id = uid;
    for (let i = 2; used.has(id); i++) id = `${uid}-${i}`;
    used.add(id);
    return id;
  });
}

function toLink({ transformation }: StreamNode, chained: StreamEdge | undefined): ChainLink {
  const { uid, name, schema } = transformation;
  switch (transformation.kind) {
    case 'source':
      return { uid, name, schema, kind: 'source', spec: transformation.spec, boundedness: transformation.boundedness };
    case 'sink':
      return { uid, name, schema, kind: 'sink', spec: transformation.spec };
    case 'operator':
      return {
        uid,
        name,
        schema,
        kind: 'operator',
        spec: transformation.spec,
        chainedInput: chained?.input ?? -1,
        chainedPriority: chained?.priority ?? 0,
      };
  }
}

function connect(
  chains: readonly Chain[],
  ids: readonly string[],
  profile: ModeProfile,
  options: JobGraphOptions,
): JobEdge[] {
  const vertexOf = new Map<StreamNode, number>();
  for (const [i, { nodes }] of chains.entries()) for (const node of nodes) vertexOf.set(node, i);
  return chains.flatMap(({ nodes, links }, consumer) =>
    nodes.flatMap((node, link) =>
      node.inEdges
        .filter((edge) => !links.includes(edge))
        .map((edge): JobEdge => {
          const [from, to] = [ids[vertexOf.get(edge.from) as number] as string, ids[consumer] as string];
          const inMemory = edge.distribution.kind === 'forward' || options.pipelinedExchanges;
          return {
            id: `${from}->${to}[${link}.${edge.input}.${node.inEdges.indexOf(edge)}]`,
            from,
            to,
            link,
            input: edge.input,
            priority: edge.priority,
            distribution: edge.distribution,
            partitionType: inMemory ? 'PIPELINED_BOUNDED' : profile.resultPartitionType,
            schema: edge.from.transformation.schema,
            records: edge.from.transformation.records ?? false,
            sideOutput: edge.sideOutput,
          };
        }),
    ),
  );
}
