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
import type { PartitionIndex } from './blocking/partition-file.ts';
import { InputGate } from './input-gate.ts';
import { createPartitioner } from './partitioner.ts';
import { PipelinedResultPartition } from './pipelined/pipelined-partition.ts';
import { printPartitionId, type ResultPartition, type ResultPartitionId } from './result-partition.ts';

/** What the shuffle must know of an edge. */
export interface ShuffleDescriptor {
  readonly edge: string;
  readonly producer: string;
  readonly consumers: number;
  readonly maxParallelism: number;
  readonly distribution: Distribution;
  readonly blocking: boolean;
  readonly schema: Schema;
}

export interface AttemptId {
  readonly vertex: string;
  readonly subtask: number;
  readonly attempt: number;
}

/** A result that is read. */
export interface InputDescriptor {
  readonly edge: string;
  readonly producer: AttemptId;
}

/** A result that is whole and on disk. */
export interface BlockingDescriptor extends InputDescriptor {
  /** That wrote it. */
  readonly executor: number;
  readonly file: { readonly path: string; readonly index: PartitionIndex; readonly bytes: number };
}

export class ShuffleEnvironment {
  readonly #job: string;
  readonly #memory: LinearMemory;
  readonly #fileSystem: FileSystem;
  readonly #compiler: KernelCompiler;
  readonly #parent: string | undefined;
  readonly #partitions = new Map<string, ResultPartition>();
  #directory: string | null = null;
  #made = 0;

  /** @param parent an existing directory for the files, or undefined for the system's. */
  constructor(job: string, memory: LinearMemory, fileSystem: FileSystem, compiler: KernelCompiler, parent?: string) {
    this.#job = job;
    this.#memory = memory;
    this.#fileSystem = fileSystem;
    this.#compiler = compiler;
    this.#parent = parent;
  }

  /** The files of blocking results, whole or being written. */
  get files(): readonly string[] {
    return [...this.#partitions.values()].flatMap((partition) =>
      partition instanceof BlockingResultPartition ? [partition.path] : [],
    );
  }

  /** The result of an attempt to run a subtask of the producer. */
  createResultPartition(
    descriptor: ShuffleDescriptor,
    { subtask, attempt }: { readonly subtask: number; readonly attempt: number },
  ): ResultPartition {
    const { edge, distribution, consumers, maxParallelism, schema } = descriptor;
    const id: ResultPartitionId = { job: this.#job, vertex: descriptor.producer, edge, subtask, attempt };
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
  createInputGate(descriptor: ShuffleDescriptor, subtask: number, inputs: readonly InputDescriptor[]): InputGate {
    const { edge, distribution } = descriptor;
    const forward = distribution.kind === 'forward';
    const results = inputs.filter((input) => input.edge === edge);
    return new InputGate(
      results.map(({ producer }) => {
        const partition = this.#partitions.get(printPartitionId({ edge, ...producer })) as ResultPartition;
        return partition.createChannel(forward ? 0 : subtask);
      }),
    );
  }

  /** The whole blocking results of an attempt. */
  describe(producer: AttemptId, executor: number): readonly BlockingDescriptor[] {
    const found: BlockingDescriptor[] = [];
    for (const partition of this.#partitions.values()) {
      const { vertex, subtask, attempt, edge } = partition.id;
      if (vertex !== producer.vertex || subtask !== producer.subtask || attempt !== producer.attempt) continue;
      if (!(partition instanceof BlockingResultPartition) || partition.index === null) continue;
      const { path, index, byteLength: bytes } = partition;
      found.push({ edge, producer, executor, file: { path, index, bytes } });
    }
    return found;
  }

  /** Gives back results that nobody will read again. */
  releasePartitions(results: readonly InputDescriptor[]): void {
    for (const { edge, producer } of results) {
      const name = printPartitionId({ edge, ...producer });
      this.#partitions.get(name)?.release();
      this.#partitions.delete(name);
    }
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
    const number = String(this.#made++).padStart(4, '0');
    const name = edge.replaceAll(/[^\w-]+/g, '_').slice(0, 80);
    return `${this.#directory}/${number}-${name}-${subtask}-${attempt}.arrow`;
  }
}
