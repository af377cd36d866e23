/** STREAMING: every task is on line from the beginning. */
import type { JobGraph, JobVertex } from '../../graph/job-graph.ts';
import type { Scheduler } from './scheduler.ts';

export function allAtOnce({ vertices }: JobGraph): Scheduler {
  let waiting: readonly JobVertex[] = vertices;
  return {
    next: () => {
      const now = waiting;
      waiting = [];
      return now;
    },
  };
}
