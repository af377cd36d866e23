/**
 * Regions: subtasks joined by pipelined results, or that meet, which run together and, after a failure, again together.
 * A region's blocking results outlive it, so other regions need not. Flink: SchedulingPipelinedRegion.
 */
import type { JobVertex } from '../graph/job-graph.ts';
import type { ExecutionGraph, ExecutionVertex } from './execution-graph.ts';

export interface PipelinedRegion {
  readonly members: readonly ExecutionVertex[];
  /** Stage of its vertices: those before it run to their end first. */
  readonly stage: number;
  /** Regions whose blocking results it reads. */
  readonly producers: ReadonlySet<PipelinedRegion>;
}

/** @returns every subtask in exactly one region, in the order of the vertices. */
export function pipelinedRegions(graph: ExecutionGraph): readonly PipelinedRegion[] {
  const parent = new Map<ExecutionVertex, ExecutionVertex>();
  const find = (member: ExecutionVertex): ExecutionVertex => {
    let root = member;
    for (let up = parent.get(root); up !== undefined; up = parent.get(root)) root = up;
    return root;
  };
  const unite = (member: ExecutionVertex, other: ExecutionVertex): void => {
    if (find(member) !== find(other)) parent.set(find(member), find(other));
  };
  for (const member of graph.vertices) {
    if (subtasksMeet(member.vertex)) unite(member, graph.subtasks(member.vertex.id)[0]!);
    for (const edge of graph.inputEdges(member.vertex.id)) {
      for (const producer of graph.producers(edge, member.subtask)) {
        // A blocking result within a stage comes back to the region that feeds its writer: the reader waits, running.
        const together = edge.partitionType !== 'BLOCKING' || producer.vertex.stage === member.vertex.stage;
        if (together) unite(member, producer);
      }
    }
  }
  const regions = new Map<ExecutionVertex, ReturnType<typeof emptyRegion>>();
  for (const member of graph.vertices) {
    const root = find(member);
    const region = regions.get(root) ?? emptyRegion(member.vertex.stage);
    regions.set(root, region);
    region.members.push(member);
  }
  for (const [root, region] of regions) {
    for (const { vertex, subtask } of region.members) {
      for (const producer of graph.inputEdges(vertex.id).flatMap((edge) => graph.producers(edge, subtask))) {
        if (find(producer) !== root) region.producers.add(regions.get(find(producer))!);
      }
    }
  }
  return [...regions.values()];
}

/** One of the operators keeps something together with its other subtasks. */
export function subtasksMeet({ chain, parallelism }: JobVertex): boolean {
  return parallelism > 1 && chain.some((link) => link.kind === 'operator' && link.spec.meets === true);
}

function emptyRegion(stage: number): {
  readonly members: ExecutionVertex[];
  readonly stage: number;
  readonly producers: Set<PipelinedRegion>;
} {
  return { members: [], stage, producers: new Set() };
}
