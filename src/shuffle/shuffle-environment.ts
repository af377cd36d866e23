/**
 * Makes the results and gates of one job and knows where they are; at the end it removes what the job left on disk.
 * Flink: ShuffleEnvironment and its partition registry.
 */
import type { FileSystem } from '../base/fs.ts';
import type { Distribution } from '../dataflow/traits.ts';
import type { KernelCompiler } from '../kernel/program.ts';
import type { LinearMemory } from '../memory/arena.ts';
import type { Schema } from '../types/schema.ts';
import { BlockingResultPartition } from './blocking/blocking-partition.ts';
import { InputGate } from './input-gate.ts';
import { createPartitioner } from './partitioner.ts';
import { PipelinedResultPartition } from './pipelined/pipelined-partition.ts';
import { printPartitionId, type ResultPartition, type ResultPartitionId } from './result-partition.ts';

/** What the shuffle must know of an edge. */
export interface ShuffleDescriptor {
  readonly edge: string;
  readonly producer: string;
  readonly producers: number;
  readonly consumers: number;
  readonly maxParallelism: number;
  readonly distribution: Distribution;
  readonly blocking: boolean;
  readonly schema: Schema;
}

export class ShuffleEnvironment {
  readonly #job: string;
  readonly #memory: LinearMemory;
  readonly #fileSystem: FileSystem;
  readonly #compiler: KernelCompiler;
  readonly #parent: string | undefined;
  readonly #partitions = new Map<string, ResultPartition>();
  #directory: string | null = null;

  /** @param parent an existing directory for the files, or undefined for the system's. */
  constructor(job: string, memory: LinearMemory, fileSystem: FileSystem, compiler: KernelCompiler, parent?: string) {
    this.#job = job;
    this.#memory = memory;
    this.#fileSystem = fileSystem;
    this.#compiler = compiler;
    this.#parent = parent;
  }

  /** Bytes that blocking results have on disk. */
  get bytesOnDisk(): number {
    let bytes = 0;
    for (const partition of this.#partitions.values()) {
      if (partition instanceof BlockingResultPartition) bytes += partition.byteLength;
    }
    return bytes;
  }

  /** The files of blocking results, whole or being written. */
  get files(): readonly string[] {
    return [...this.#partitions.values()].flatMap((partition) =>
      partition instanceof BlockingResultPartition ? [partition.path] : [],
    );
  }

  createResultPartition(descriptor: ShuffleDescriptor, subtask: number): ResultPartition {
    const { edge, distribution, consumers, maxParallelism, schema } = descriptor;
    const id: ResultPartitionId = { job: this.#job, vertex: descriptor.producer, edge, subtask, attempt: 0 };
    const subpartitions = distribution.kind === 'forward' ? 1 : consumers;
    const partitioner = createPartitioner(
      this.#memory,
      this.#compiler,
      distribution,
      subpartitions,
      maxParallelism,
      subtask,
    );
    const partition = descriptor.blocking
      ? new BlockingResultPartition(
          id,
          this.#memory,
          this.#fileSystem,
          this.#pathFor(id),
          schema.fields,
          partitioner,
          subpartitions,
          this.#compiler,
        )
      : new PipelinedResultPartition(
          id,
          this.#memory,
          this.#compiler,
          schema.fields.map(({ type }) => type),
          partitioner,
          subpartitions,
        );
    this.#partitions.set(printPartitionId(id), partition);
    return partition;
  }

  /** What subtask number `subtask` of the consumer reads; the results must have been made. */
  createInputGate(descriptor: ShuffleDescriptor, subtask: number): InputGate {
    const { edge, producers, distribution } = descriptor;
    const forward = distribution.kind === 'forward';
    const from = forward ? [subtask] : Array.from({ length: producers }, (_, i) => i);
    return new InputGate(
      from.map((producer) => {
        const id = { job: this.#job, vertex: descriptor.producer, edge, subtask: producer, attempt: 0 };
        const partition = this.#partitions.get(printPartitionId(id)) as ResultPartition;
        return partition.createChannel(forward ? 0 : subtask);
      }),
    );
  }

  /** Releases every result and removes the directory. */
  close(): void {
    for (const partition of this.#partitions.values()) partition.release();
    this.#partitions.clear();
    if (this.#directory !== null) this.#fileSystem.remove(this.#directory);
    this.#directory = null;
  }

  #pathFor({ edge, subtask, attempt }: ResultPartitionId): string {
    this.#directory ??= this.#fileSystem.makeTemporaryDirectory('weir-shuffle-', this.#parent);
    const number = String(this.#partitions.size).padStart(4, '0');
    const name = edge.replaceAll(/[^\w-]+/g, '_').slice(0, 80);
    return `${this.#directory}/${number}-${name}-${subtask}-${attempt}.arrow`;
  }
}
