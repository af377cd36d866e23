/**
 * Every subtask of a job and the attempts to run it: what the JobMaster decides upon. Flink: ExecutionGraph,
 * ExecutionVertex, Execution.
 */
import type { JobEdge, JobGraph, JobVertex } from '../graph/job-graph.ts';
import type {
  Committables,
  ExecutionAttemptId,
  PartitionDescriptor,
  TaskStateSnapshot,
} from './task-executor-gateway.ts';

export type ExecutionState = 'created' | 'running' | 'cancelling' | 'cancelled' | 'failed' | 'finished';

/** One try to run one subtask. */
export class Execution {
  readonly id: ExecutionAttemptId;
  /** Number of the TaskExecutor. */
  readonly executor: number;
  state: ExecutionState = 'created';
  /** Of a finished one: its results that outlive it. */
  partitions: readonly PartitionDescriptor[] = [];
  committables: Committables = {};
  /** Of a finished one in BATCH, where the job leaves a savepoint: its part of it. */
  snapshot: TaskStateSnapshot | null = null;
  /** Why it has none. */
  declined = '';

  constructor(id: ExecutionAttemptId, executor: number) {
    this.id = id;
    this.executor = executor;
  }

  /** Somebody is at work on it, or about to be. */
  get active(): boolean {
    return this.state === 'running' || this.state === 'cancelling';
  }
}

export class ExecutionVertex {
  readonly vertex: JobVertex;
  readonly subtask: number;
  #current: Execution | null = null;
  #rivals: Execution[] = [];
  #attempts = 0;

  constructor(vertex: JobVertex, subtask: number) {
    this.vertex = vertex;
    this.subtask = subtask;
  }

  /** The latest attempt; null: it was never tried, or has to be tried again. */
  get current(): Execution | null {
    return this.#current;
  }

  get finished(): boolean {
    return this.#current?.state === 'finished';
  }

  get active(): boolean {
    return this.attempts.length > 0;
  }

  /** Those that somebody is at work on: more than one if a slow one was tried a second time. */
  get attempts(): readonly Execution[] {
    return [this.#current, ...this.#rivals].filter((execution) => execution?.active === true) as Execution[];
  }

  /** An attempt of an earlier process that has finished; those of this process come after it. */
  resume(attempt: number): Execution {
    const { vertex, subtask } = this;
    this.#current = new Execution({ vertex: vertex.id, subtask, attempt }, 0);
    this.#current.state = 'finished';
    this.#attempts = Math.max(this.#attempts, attempt + 1);
    return this.#current;
  }

  begin(executor: number): Execution {
    const { vertex, subtask } = this;
    this.#current = new Execution({ vertex: vertex.id, subtask, attempt: this.#attempts++ }, executor);
    return this.#current;
  }

  /** Another attempt beside those that run. */
  compete(executor: number): Execution {
    const { vertex, subtask } = this;
    const rival = new Execution({ vertex: vertex.id, subtask, attempt: this.#attempts++ }, executor);
    this.#rivals.push(rival);
    return rival;
  }

  /** @returns the attempt, if it is one that counts */
  find(attempt: number): Execution | null {
    return [this.#current, ...this.#rivals].find((execution) => execution?.id.attempt === attempt) ?? null;
  }

  /** The attempt is the one that counts. @returns the others that run */
  choose(execution: Execution): readonly Execution[] {
    const losers = this.attempts.filter((other) => other !== execution);
    this.#current = execution;
    this.#rivals = [];
    return losers;
  }

  /** What the attempts made no longer counts. */
  reset(): void {
    this.#current = null;
    this.#rivals = [];
  }
}

export class ExecutionGraph {
  readonly graph: JobGraph;
  readonly vertices: readonly ExecutionVertex[];
  readonly #byVertex: ReadonlyMap<string, readonly ExecutionVertex[]>;
  readonly #inputs: ReadonlyMap<string, readonly JobEdge[]>;

  constructor(graph: JobGraph) {
    this.graph = graph;
    this.#byVertex = new Map(
      graph.vertices.map((vertex) => [
        vertex.id,
        Array.from({ length: vertex.parallelism }, (_, subtask) => new ExecutionVertex(vertex, subtask)),
      ]),
    );
    this.vertices = [...this.#byVertex.values()].flat();
    this.#inputs = new Map(graph.vertices.map(({ id }) => [id, graph.edges.filter(({ to }) => to === id)]));
  }

  /** By number of the subtask. */
  subtasks(vertex: string): readonly ExecutionVertex[] {
    return this.#byVertex.get(vertex)!;
  }

  vertexOf({ vertex, subtask }: ExecutionAttemptId): ExecutionVertex {
    return this.subtasks(vertex)[subtask]!;
  }

  inputEdges(vertex: string): readonly JobEdge[] {
    return this.#inputs.get(vertex)!;
  }

  /** The subtasks whose results a subtask reads over an edge. */
  producers(edge: JobEdge, subtask: number): readonly ExecutionVertex[] {
    const producers = this.subtasks(edge.from);
    return edge.distribution.kind === 'forward' ? [producers[subtask]!] : producers;
  }

  /** The attempt that an event is about; null if it is no longer the latest one. */
  execution(id: ExecutionAttemptId): Execution | null {
    return this.vertexOf(id).find(id.attempt);
  }

  /** Everything that an attempt writes. */
  outputsOf({ id, executor, partitions }: Execution): readonly PartitionDescriptor[] {
    return this.graph.edges
      .filter(({ from }) => from === id.vertex)
      .map(({ id: edge }): PartitionDescriptor => {
        const written = partitions.find((partition) => partition.edge === edge);
        return written ?? { edge, producer: id, executor, file: null };
      });
  }

  /** What the latest attempts of the producers write, or have written, for a subtask. */
  inputsOf({ vertex, subtask }: ExecutionVertex): readonly PartitionDescriptor[] {
    return this.inputEdges(vertex.id).flatMap((edge) =>
      this.producers(edge, subtask).map(({ current }): PartitionDescriptor => {
        const written = current!.partitions.find((partition) => partition.edge === edge.id);
        return written ?? { edge: edge.id, producer: current!.id, executor: current!.executor, file: null };
      }),
    );
  }
}
