/** Decides when the vertices of a job begin to run. */
import type { JobGraph, JobVertex } from '../../graph/job-graph.ts';

export interface Scheduler {
  /**
   * Vertices that may begin now: called at the start, and again whenever all running ones have ended. Empty: all have
   * run.
   */
  next(): readonly JobVertex[];
}

export type SchedulerFactory = (graph: JobGraph) => Scheduler;
