/** Which files hold the results of a stage, for who wants to look into them: one Arrow file per subtask. */
import type { FileSystem } from '../base/fs.ts';
import type { JobGraph } from '../graph/job-graph.ts';
import { type JobEvent, JobEventLog, type LoggedPartition } from './job-event-log.ts';

/** @param results of the subtasks of one vertex; of several edges the first counts: all carry the same rows */
export function filesOfStage(results: readonly LoggedPartition[], graph: JobGraph | null): readonly string[] {
  // What is broadcast is in the file once for each reader.
  const broadcast = new Set(
    graph?.edges.filter(({ distribution }) => distribution.kind === 'broadcast').map(({ id }) => id),
  );
  const edge = (results.find((result) => !broadcast.has(result.edge)) ?? results[0])?.edge;
  return results.flatMap((result) => (result.edge === edge && result.file !== null ? [result.file.path] : []));
}

/** The same of a job whose process has died. @param directory of the job */
export function filesOfDeadJob(fileSystem: FileSystem, directory: string, vertex: string): readonly string[] {
  const latest = new Map<number, readonly LoggedPartition[]>();
  for (const event of new JobEventLog(fileSystem, directory).read()) take(event, vertex, latest);
  return filesOfStage([...latest.values()].flat(), null).filter((path) => fileSystem.stat(path) !== undefined);
}

function take(event: JobEvent, vertex: string, latest: Map<number, readonly LoggedPartition[]>): void {
  if (event.kind === 'finished' && event.id.vertex === vertex) latest.set(event.id.subtask, event.partitions);
  if (event.kind === 'reset' && event.vertex === vertex) latest.delete(event.subtask);
}
