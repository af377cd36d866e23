/** BATCH: a stage begins when those before it have ended and their results are materialised. */
import type { JobGraph } from '../../graph/job-graph.ts';
import type { Scheduler } from './scheduler.ts';

export function stageByStage({ vertices }: JobGraph): Scheduler {
  const stages = [...new Set(vertices.map(({ stage }) => stage))].sort((a, b) => a - b);
  return {
    next: () => {
      const stage = stages.shift();
      return vertices.filter((vertex) => vertex.stage === stage);
    },
  };
}
