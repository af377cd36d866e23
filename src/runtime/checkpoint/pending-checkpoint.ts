/** A checkpoint on its way: what the tasks have handed in so far, and who is still missing. */
import type { StopMode } from '../../dataflow/checkpoint-barrier.ts';
import type { JobGraph } from '../../graph/job-graph.ts';
import type { ExecutionGraph } from '../execution-graph.ts';
import type { Committables, TaskStateSnapshot } from '../task-executor-gateway.ts';
import { type CompletedCheckpoint, identityOf, type OperatorCheckpoint } from './metadata.ts';

/** A savepoint that somebody waits for. */
export interface SavepointRequest {
  readonly stop: StopMode;
  readonly resolve: (path: string) => void;
  readonly reject: (error: unknown) => void;
}

export class PendingCheckpoint {
  readonly id: number;
  readonly timestamp: number;
  readonly directory: string;
  readonly savepoint: SavepointRequest | null;
  readonly committables: Committables[] = [];
  /** Of tasks that have ended since they handed in their state: these belong to the next one. */
  readonly afterwards: Committables[] = [];
  readonly #graph: ExecutionGraph;
  readonly #states = new Map<string, TaskStateSnapshot>();

  constructor(
    graph: ExecutionGraph,
    id: number,
    timestamp: number,
    directory: string,
    savepoint: SavepointRequest | null,
  ) {
    this.id = id;
    this.timestamp = timestamp;
    this.directory = directory;
    this.savepoint = savepoint;
    this.#graph = graph;
    for (const { vertex, subtask, finished } of graph.vertices) if (finished) this.markFinished(vertex.id, subtask);
  }

  /** Every task has handed in its state, or had ended. */
  get whole(): boolean {
    return this.#graph.vertices.every(({ vertex, subtask }) => this.has(vertex.id, subtask));
  }

  has(vertex: string, subtask: number): boolean {
    return this.#states.has(`${vertex}/${subtask}`);
  }

  acknowledge(vertex: string, subtask: number, state: TaskStateSnapshot): void {
    this.#states.set(`${vertex}/${subtask}`, state);
  }

  markFinished(vertex: string, subtask: number): void {
    this.acknowledge(vertex, subtask, { checkpointId: this.id, finished: true, splits: {}, sections: [] });
  }

  complete(job: string): CompletedCheckpoint {
    return {
      ...{ job, checkpointId: this.id, timestamp: this.timestamp, directory: this.directory },
      kind: this.savepoint === null ? 'checkpoint' : 'savepoint',
      operators: operatorCheckpoints(this.#graph.graph, (vertex, subtask) => this.#states.get(`${vertex}/${subtask}`)!),
      committables: this.committables,
    };
  }
}

/** What the subtasks have handed in, by operator. */
export function operatorCheckpoints(
  { vertices }: JobGraph,
  stateOf: (vertex: string, subtask: number) => TaskStateSnapshot,
): readonly OperatorCheckpoint[] {
  return vertices.flatMap((vertex) => {
    const tasks = Array.from({ length: vertex.parallelism }, (_, subtask) => stateOf(vertex.id, subtask));
    return vertex.chain.map((link): OperatorCheckpoint => {
      const { kind, uid, name } = link;
      const subtasks = tasks.map(({ finished, splits }) => {
        const ended = finished ? [] : null;
        return { finished, splits: kind === 'source' ? (splits[uid] ?? ended) : null };
      });
      const sections = tasks.flatMap((task) => task.sections.filter((section) => section.uid === uid));
      const source = link.kind === 'source' ? identityOf(link.spec) : null;
      return { uid, name, maxParallelism: vertex.maxParallelism, subtasks, source, sections };
    });
  });
}
