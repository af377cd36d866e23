/** Runs what was planned: builds the job graph, gives the job its surroundings, and follows it to its end. */
import { EngineError } from '../base/errors.ts';
import type { Batch } from '../columnar/batch.ts';
import { RowReader } from '../columnar/row-reader.ts';
import type { ProgramRegistry } from '../dataflow/functions/stream-operator.ts';
import type { ModeProfile } from '../dataflow/traits.ts';
import { buildJobGraph } from '../graph/build.ts';
import type { JobGraph } from '../graph/job-graph.ts';
import type { Transformation } from '../graph/transformation.ts';
import { MemoryBudget } from '../memory/budget.ts';
import type { RuntimeEnvironment } from '../runtime/environment.ts';
import { submitJob } from '../runtime/execute-job.ts';
import type { JobResult } from '../runtime/job-master.ts';
import { loadStateBackend } from '../state/keyed/registry.ts';
import type { DataType } from '../types/data-type.ts';
import type { Change } from './changelog-view.ts';
import { RESULT_CHANNEL } from './collect-sink.ts';
import { JobControl } from './job-control.ts';
import { nameOfJob } from './job-directory.ts';
import { type ProgramReference, programImplementations, type RunningProgram } from './program/implementations.ts';
import type { JobStatus, Session } from './session.ts';
import type { RunningJob } from './table-result.ts';

export interface JobCallbacks {
  /** Changes that a sink hands over, batch by batch. */
  readonly deliver: (channel: string, changes: readonly Change[]) => void;
  /** JS values that `print` and `executeAndCollect` hand over. */
  readonly deliverRecords?: (channel: string, values: readonly unknown[]) => void;
  /** The DataStream program that the job is, in whole or in part. */
  readonly program?: RunningProgram | undefined;
  readonly throttle?: () => Promise<void> | null;
  /** See ArrivalSchedule: tables of this job arrive in one order. */
  readonly collections?: ReadonlyMap<string, unknown> | undefined;
  readonly onDrained?: (() => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a job needs to run operators of a program; undefined: it has none. */
export async function runningProgram(
  { configuration }: Session,
  registry: ProgramRegistry | null,
  reference: ProgramReference | null = null,
): Promise<RunningProgram | undefined> {
  if (registry === null) return undefined;
  const stateBackend = await loadStateBackend(configuration.string('state.backend.type'));
  return { registry, stateBackend, reference };
}

export function jobGraphOf(
  session: Session,
  name: string,
  roots: readonly Transformation[],
  profile: ModeProfile,
): JobGraph {
  const { configuration } = session;
  return buildJobGraph(roots, profile, {
    name: configuration.raw('pipeline.name') ?? name,
    parallelism: configuration.integer('parallelism.default'),
    maxParallelism: configuration.integer('pipeline.max-parallelism'),
    chaining: configuration.boolean('pipeline.operator-chaining.enabled'),
    pipelinedExchanges: PIPELINED_MODES.has(configuration.string('execution.batch-shuffle-mode').toUpperCase()),
  });
}

/** A hybrid shuffle keeps everything, as files do, or only what nobody has read yet, as queues do. */
const PIPELINED_MODES = new Set(['ALL_EXCHANGES_PIPELINED', 'ALL_EXCHANGES_HYBRID_SELECTIVE']);

/** Starts the job; it goes on by itself while the caller does other things. */
export function startJob(session: Session, graph: JobGraph, callbacks: JobCallbacks): RunningJob {
  const { memory, fileSystem, clock, configuration, compiler, registries } = session;
  const named = nameOfJob(session);
  const id = named?.id ?? session.newJobId();
  const readers = new Map<string, RowReader>();
  let delivered = false;
  const execution = submitJob(
    graph,
    {
      memory,
      budget: new MemoryBudget(configuration.memory('taskmanager.memory.managed.size')),
      compiler,
      fileSystem,
      clock,
      timers: session.timers,
      random: session.random,
      configuration,
      ...implementations(session, callbacks.program),
      collections: callbacks.collections ?? session.collections,
      deliver: (channel, batch, types) => {
        const reader = readers.get(channel) ?? new RowReader(memory, types);
        readers.set(channel, reader);
        delivered ||= channel === RESULT_CHANNEL;
        callbacks.deliver(channel, readChanges(reader, batch, types));
      },
      ...(named === null ? {} : { jobDirectory: named.directory }),
      log: (message) => session.onWarning({ message, hint: null, span: null }),
      onReplay: () => {
        if (delivered) refuseReplay();
      },
      ...(session.workers === null ? {} : { workers: session.workers }),
      ...(registries.fuse === undefined ? {} : { fuse: registries.fuse }),
      ...(callbacks.onDrained === undefined ? {} : { onDrained: callbacks.onDrained }),
      deliverRecords: (channel, values) => {
        delivered = true;
        callbacks.deliverRecords?.(channel, values);
      },
      ...(callbacks.throttle === undefined ? {} : { throttle: callbacks.throttle }),
    },
    id,
  );
  const cancel = (): void => execution.cancel();
  callbacks.signal?.addEventListener('abort', cancel, { once: true });
  if (callbacks.signal?.aborted === true) cancel();
  const control = new JobControl(session, id, execution);
  const status: JobStatus = { id, name: graph.name, status: 'RUNNING', startTime: clock.now(), control };
  session.jobs.push(status);
  const result = follow(execution.result, status).finally(() => callbacks.signal?.removeEventListener('abort', cancel));
  result.catch(() => undefined);
  return { id, result, cancel, control };
}

/** Without checkpoints a job that begins again gives its results again: whoever has seen some must not see two. */
function refuseReplay(): never {
  throw new EngineError('RUN-RESTARTED', 'the job would begin again, and some of its results were read already', {
    hint: "SET 'execution.checkpointing.interval' = '10 s', so that results are seen exactly once",
  });
}

function implementations(
  session: Session,
  program: RunningProgram | undefined,
): Pick<RuntimeEnvironment, 'operator' | 'connector' | 'program' | 'programReference'> {
  const { operator } = session.registries;
  const ofSession = { operator, connector: (name: string) => session.connector(name) };
  if (program === undefined) return ofSession;
  return {
    ...programImplementations(program, ofSession),
    ...(program.reference === null ? {} : { programReference: program.reference }),
  };
}

async function follow(result: Promise<JobResult>, status: JobStatus): Promise<JobResult> {
  try {
    const finished = await result;
    status.status = 'FINISHED';
    return finished;
  } catch (error) {
    status.status = error instanceof EngineError && error.code === 'RUN-CANCELLED' ? 'CANCELED' : 'FAILED';
    throw error;
  }
}

function readChanges(reader: RowReader, batch: Batch, types: readonly DataType[]): Change[] {
  const changes: Change[] = [];
  for (let i = 0; i < batch.rowCount; i++) {
    changes.push({ kind: reader.kind(batch, i), row: types.map((_, column) => reader.value(batch, i, column)) });
  }
  return changes;
}
