/**
 * Hands the state of a checkpoint to the subtasks of a job, which may be other ones than wrote it: operators are found
 * by uid, keyed state goes where its key group is now, splits of sources are dealt out.
 */
import { EngineError } from '../../base/errors.ts';
import type { ChainLink, JobGraph, JobVertex } from '../../graph/job-graph.ts';
import { subtaskOfKeyGroup } from '../../state/key-groups.ts';
import type { TaskStateSnapshot } from '../task-executor-gateway.ts';
import { type CompletedCheckpoint, identityOf, type OperatorCheckpoint } from './metadata.ts';

type SourceLink = Extract<ChainLink, { readonly kind: 'source' }>;

export interface StateAssignment {
  /** By vertex and subtask. */
  readonly tasks: ReadonlyMap<string, readonly TaskStateSnapshot[]>;
  /** State that no operator of the job takes. */
  readonly unclaimed: readonly OperatorCheckpoint[];
}

/** @throws EngineError STATE-MISMATCH where state of an operator cannot be cut into the job's key groups */
export function assignState(checkpoint: CompletedCheckpoint, graph: JobGraph): StateAssignment {
  const byUid = new Map(checkpoint.operators.map((operator) => [operator.uid, operator]));
  const claimed = new Set<string>();
  const tasks = new Map<string, readonly TaskStateSnapshot[]>();
  for (const vertex of graph.vertices) {
    const operators = vertex.chain.flatMap(({ uid }) => byUid.get(uid) ?? []);
    for (const operator of operators) {
      claimed.add(operator.uid);
      checkMaxParallelism(operator, vertex);
    }
    tasks.set(
      vertex.id,
      Array.from({ length: vertex.parallelism }, (_, subtask) => taskState(checkpoint, vertex, operators, subtask)),
    );
  }
  const unclaimed = checkpoint.operators.filter((operator) => !claimed.has(operator.uid) && hasState(operator));
  return { tasks, unclaimed };
}

/** @throws EngineError STATE-UNCLAIMED that lists what would be lost */
export function refuseUnclaimed(
  { directory }: CompletedCheckpoint,
  { unclaimed }: StateAssignment,
  graph: JobGraph,
): void {
  if (unclaimed.length === 0) return;
  const lost = unclaimed.map(({ uid, name }) => `${name} (uid '${uid}')`);
  const there = graph.vertices.flatMap(({ chain }) => chain.map(({ uid }) => `'${uid}'`));
  throw new EngineError(
    'STATE-UNCLAIMED',
    `state in '${directory}' belongs to operators that the job does not have: ${lost.join(', ')}`,
    {
      hint:
        `the job has the uids ${there.join(', ')}; ` +
        "SET 'execution.state-recovery.ignore-unclaimed-state' = 'true' to go on without that state",
    },
  );
}

/** A source that was read to its end has nothing to go on with. */
function hasState({ sections, subtasks }: OperatorCheckpoint): boolean {
  return sections.length > 0 || subtasks.some(({ splits }) => splits !== null && splits.length > 0);
}

function taskState(
  { checkpointId }: CompletedCheckpoint,
  vertex: JobVertex,
  operators: readonly OperatorCheckpoint[],
  subtask: number,
): TaskStateSnapshot {
  const { parallelism, maxParallelism, chain } = vertex;
  const known = operators.length > 0 && operators.length === chain.length;
  const splits = operators.flatMap((operator) => {
    const link = chain.find(({ uid }) => uid === operator.uid);
    if (link?.kind !== 'source' || beginsAnew(operator, link)) return [];
    return [[link.uid, splitsOf(operator, parallelism, subtask)] as const];
  });
  return {
    checkpointId,
    finished: known && operators.every(({ subtasks }) => isFinished(subtasks, parallelism, subtask)),
    splits: Object.fromEntries(splits),
    sections: operators.flatMap(({ sections }) =>
      sections.filter(
        ({ keyGroup }) => keyGroup < 0 || subtaskOfKeyGroup(keyGroup, parallelism, maxParallelism) === subtask,
      ),
    ),
  };
}

/**
 * A source stands in the place of one that was read to its end: one that goes on, or, in a savepoint that was taken
 * then (weir.savepoint-at-end), one that reads something else.
 */
function beginsAnew({ subtasks, source }: OperatorCheckpoint, { boundedness, spec }: SourceLink): boolean {
  if (subtasks.some(({ splits }) => splits === null || splits.length > 0)) return false;
  if (boundedness !== 'BOUNDED') return true;
  return source != null && source !== identityOf(spec) && subtasks.every(({ finished }) => !finished);
}

/** What a finished subtask had is gone; at another parallelism a subtask is finished if all were. */
function isFinished(subtasks: OperatorCheckpoint['subtasks'], parallelism: number, subtask: number): boolean {
  if (subtasks.length === parallelism) return subtasks[subtask]!.finished;
  return subtasks.every(({ finished }) => finished);
}

function splitsOf({ subtasks }: OperatorCheckpoint, parallelism: number, subtask: number): readonly unknown[] {
  if (subtasks.length === parallelism) return subtasks[subtask]!.splits ?? [];
  return subtasks.flatMap(({ splits }) => splits ?? []).filter((_, number) => number % parallelism === subtask);
}

function checkMaxParallelism({ uid, name, sections, maxParallelism }: OperatorCheckpoint, vertex: JobVertex): void {
  if (maxParallelism === vertex.maxParallelism || sections.every(({ keyGroup }) => keyGroup < 0)) return;
  throw new EngineError(
    'STATE-MISMATCH',
    `state of ${name} (uid '${uid}') was written with ${maxParallelism} key groups, and the job has ` +
      `${vertex.maxParallelism}`,
    { hint: `SET 'pipeline.max-parallelism' = '${maxParallelism}'` },
  );
}
