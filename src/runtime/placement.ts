/**
 * On which threads the subtasks of a job run. Subtask i of every vertex shares a slot (Flink: slot sharing), so a job
 * needs as many slots as its widest vertex has subtasks; a thread offers `taskmanager.numberOfTaskSlots` of them. The
 * main thread is executor 0: what can only run there does.
 */
import type { JobGraph, JobVertex } from '../graph/job-graph.ts';
import type { RuntimeEnvironment } from './environment.ts';

/** How many executors the job is spread over. */
export function executorsFor(graph: JobGraph, slotsPerExecutor: number): number {
  const slots = Math.max(...graph.vertices.map(({ parallelism }) => parallelism));
  return Math.ceil(slots / Math.max(1, slotsPerExecutor));
}

export type Placement = (vertex: JobVertex, subtask: number) => number;

/** Vertices that only the main thread can run. */
export function boundVertices(graph: JobGraph, connector: RuntimeEnvironment['connector']): ReadonlySet<string> {
  const isBound = ({ chain }: JobVertex): boolean =>
    chain.some((link) => link.kind !== 'operator' && connector(link.spec.connector).mainThread?.includes(link.kind));
  return new Set(graph.vertices.filter(isBound).map(({ id }) => id));
}

/** @param bound vertices that only the main thread can run */
export function placeSubtasks(executors: number, bound: ReadonlySet<string>): Placement {
  return ({ id }, subtask) => (bound.has(id) ? 0 : subtask % executors);
}
