/** Takes over what an earlier run of a BATCH job has finished, as far as it can still be used. */
import { checksum } from '../base/checksum.ts';
import { EngineError } from '../base/errors.ts';
import type { FileSystem } from '../base/fs.ts';
import type { JobGraph } from '../graph/job-graph.ts';
import { readPartitionIndex } from '../shuffle/blocking/partition-index.ts';
import { type FileAccess, isWhole } from '../shuffle/blocking/verify-partition.ts';
import { isThere } from './checkpoint/batch-savepoint.ts';
import type { ExecutionGraph, ExecutionVertex } from './execution-graph.ts';
import { regionsToRestart } from './failover.ts';
import type { JobEvent, JobEventLog } from './job-event-log.ts';
import type { PipelinedRegion } from './regions.ts';
import type { PartitionDescriptor } from './task-executor-gateway.ts';

/** Two runs with the same number are about the same plan, in whatever process. */
export function fingerprintOf(graph: JobGraph): number {
  return checksum(new TextEncoder().encode(JSON.stringify(graph, asText)));
}

/** Values that JSON does not have. (Serialised as V8 holds them, equal numbers may have different bytes.) */
function asText(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  return value instanceof Set || value instanceof Map ? [...value] : value;
}

/**
 * Marks subtasks as finished that need not run again.
 *
 * @param lasting output of the sinks of the vertex is still there when the process has died
 * @throws EngineError RUN-JOB-ID if an earlier run has begun to make output of another plan visible
 */
export function replay(
  log: JobEventLog,
  graph: ExecutionGraph,
  regions: readonly PipelinedRegion[],
  access: FileAccess,
  lasting: (vertex: string) => boolean,
): void {
  const { fileSystem } = access;
  const events = log.read();
  const fingerprint = fingerprintOf(graph.graph);
  const [first] = events;
  if (first?.kind !== 'begun' || first.fingerprint !== fingerprint) {
    if (events.some(({ kind }) => kind === 'committing')) throw otherPlan();
    log.clear();
    log.append({ kind: 'begun', fingerprint });
    return;
  }
  for (const event of events) {
    if (event.kind === 'reset') graph.vertexOf({ ...event, attempt: 0 }).reset();
    else if (event.kind === 'finished' && lasting(event.id.vertex) && hasState(fileSystem, event)) {
      take(event, graph, fileSystem);
    }
  }
  const whole = (region: PipelinedRegion): boolean => region.members.every(({ finished }) => finished);
  const available = (region: PipelinedRegion): boolean =>
    region.members.every(({ finished, current }) => {
      return finished && current!.partitions.every(({ file }) => file === null || isWhole(access, file));
    });
  const again = regionsToRestart(
    regions.filter((region) => !whole(region)),
    regions,
    available,
    (region) => region.members.some(({ current }) => current !== null),
  );
  for (const member of [...again].flatMap(({ members }) => members)) reset(log, member);
}

type Finished = Extract<JobEvent, { readonly kind: 'finished' }>;

function hasState(fileSystem: FileSystem, { snapshot }: Finished): boolean {
  return snapshot === null || isThere(fileSystem, snapshot);
}

function take(
  { id, partitions, committables, snapshot }: Finished,
  graph: ExecutionGraph,
  fileSystem: FileSystem,
): void {
  const execution = graph.vertexOf(id).resume(id.attempt);
  execution.partitions = partitions.map((partition): PartitionDescriptor => {
    const { file } = partition;
    return { ...partition, file: file && { ...file, index: readPartitionIndex(fileSystem, file.path) } };
  });
  execution.committables = committables;
  execution.snapshot = snapshot;
}

function reset(log: JobEventLog, member: ExecutionVertex): void {
  if (member.current !== null) log.append({ kind: 'reset', vertex: member.vertex.id, subtask: member.subtask });
  member.reset();
}

function otherPlan(): EngineError {
  return new EngineError('RUN-JOB-ID', 'another job has run under this id, and its output is visible already', {
    hint: 'choose another id',
  });
}
