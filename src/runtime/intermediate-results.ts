/**
 * The blocking results of a job on disk. They are kept until those who read them have produced their own, and then as
 * long as there is room: a failure later on need not go back so far.
 */
import type { FileSystem } from '../base/fs.ts';
import type { ExecutionGraph, ExecutionVertex } from './execution-graph.ts';
import type { PartitionDescriptor } from './task-executor-gateway.ts';

export class IntermediateResults {
  readonly #graph: ExecutionGraph;
  readonly #fileSystem: FileSystem;
  readonly #keepBytes: number;
  /** Paths of files that were released, or that a reader could not read. */
  readonly #gone = new Set<string>();

  /** @param keepBytes for results that have been read */
  constructor(graph: ExecutionGraph, fileSystem: FileSystem, keepBytes: number) {
    this.#graph = graph;
    this.#fileSystem = fileSystem;
    this.#keepBytes = keepBytes;
  }

  markLost(path: string): void {
    this.#gone.add(path);
  }

  /** All results of a finished subtask can be read, as far as looking at the directory tells. */
  available({ finished, current }: ExecutionVertex): boolean {
    if (!finished) return false;
    return current!.partitions.every(
      ({ file }) => file === null || (!this.#gone.has(file.path) && this.#fileSystem.stat(file.path) !== undefined),
    );
  }

  /** Results that have been read and for which there is no room any more, the largest part of a job's first stages. */
  surplus(): readonly PartitionDescriptor[] {
    const read = this.#graph.vertices.flatMap((member) => this.#readResults(member));
    let excess = read.reduce((sum, { file }) => sum + file!.bytes, 0) - this.#keepBytes;
    const released: PartitionDescriptor[] = [];
    for (const result of read) {
      if (excess <= 0) break;
      excess -= result.file!.bytes;
      this.#gone.add(result.file!.path);
      released.push(result);
    }
    return released;
  }

  #readResults({ finished, current }: ExecutionVertex): readonly PartitionDescriptor[] {
    if (!finished) return [];
    return current!.partitions.filter(({ edge, file }) => {
      if (file === null || this.#gone.has(file.path)) return false;
      const { to } = this.#graph.graph.edges.find(({ id }) => id === edge)!;
      return this.#graph.subtasks(to).every((consumer) => consumer.finished);
    });
  }
}
