/**
 * Makes the results and gates of one job and knows where they are; at the end it removes what the job left on disk.
 * Flink: ShuffleEnvironment and its partition registry.
 */
import { assert } from '../base/assert.ts';
import { checksum } from '../base/checksum.ts';
import type { FileSystem } from '../base/fs.ts';
import type { RecordPartitioning } from '../dataflow/functions/stream-operator.ts';
import type { Distribution } from '../dataflow/traits.ts';
import type { KernelCompiler } from '../kernel/program.ts';
import type { LinearMemory } from '../memory/arena.ts';
import type { DataType } from '../types/data-type.ts';
import type { Schema } from '../types/schema.ts';
import { BlockingChannel } from './blocking/blocking-channel.ts';
import { BlockingResultPartition, type PartitionContent } from './blocking/blocking-partition.ts';
import type { PartitionIndex } from './blocking/partition-index.ts';
import { WholeResult } from './blocking/whole-result.ts';
import { InputGate } from './input-gate.ts';
import { PartMaker } from './part-maker.ts';
import { createPartitioner } from './partitioner.ts';
import { PipelinedResultPartition } from './pipelined/pipelined-partition.ts';
import type { Subpartition } from './pipelined/subpartition.ts';
import { SubpartitionQueue } from './pipelined/subpartition-queue.ts';
import { recordScatter } from './records/record-partitioner.ts';
import { TRANSPORT_TYPES, UnpackingChannel } from './records/record-transport.ts';
import {
  type InputChannel,
  printPartitionId,
  type ResultPartition,
  type ResultPartitionId,
} from './result-partition.ts';
import type { RingPeer, ThreadExchange } from './threads/thread-exchange.ts';

/** What the shuffle must know of an edge. */
export interface ShuffleDescriptor {
  readonly edge: string;
  readonly producer: string;
  readonly consumers: number;
  readonly maxParallelism: number;
  readonly distribution: Distribution;
  readonly blocking: boolean;
  readonly schema: Schema;
  /** Of edges that carry records, not rows. */
  readonly records?: {
    readonly producers: number;
    /** Of a distribution with a selector. */
    readonly partitioning: RecordPartitioning | null;
  };
}

export interface AttemptId {
  readonly vertex: string;
  readonly subtask: number;
  readonly attempt: number;
}

export interface ResultDescriptor {
  readonly edge: string;
  readonly producer: AttemptId;
}

/** A result that is read. */
export interface InputDescriptor extends ResultDescriptor {
  /** Executor that writes it, or has written it. */
  readonly executor: number;
  /** Of a whole blocking result. */
  readonly file: ResultFile | null;
  /** Address of the ring through which a pipelined result of another thread comes. */
  readonly ring?: number | undefined;
}

export interface ResultFile {
  readonly path: string;
  readonly index: PartitionIndex;
  readonly bytes: number;
}

/** A result that is whole and on disk. */
export interface BlockingDescriptor extends InputDescriptor {
  readonly file: ResultFile;
}

/** A subpartition whose reader is on another thread. */
export interface RemoteSubpartition extends RingPeer {
  readonly edge: string;
  readonly subpartition: number;
}

export class ShuffleEnvironment {
  readonly #job: string;
  readonly #memory: LinearMemory;
  readonly #fileSystem: FileSystem;
  readonly #compiler: KernelCompiler;
  readonly #parent: string | undefined;
  readonly #exchange: ThreadExchange | null;
  readonly #lasting: string | null;
  readonly #partitions = new Map<string, ResultPartition>();
  /** Results of other threads that were opened here, by path. */
  readonly #foreign = new Map<string, WholeResult>();
  #directory: string | null = null;
  #made = 0;

  /**
   * @param parent an existing directory for the files, or undefined for the system's
   * @param exchange with other threads, where the job runs on several
   * @param lasting the directory for the files, if they are to outlive the environment; others remove it
   */
  constructor(
    job: string,
    memory: LinearMemory,
    fileSystem: FileSystem,
    compiler: KernelCompiler,
    parent?: string,
    exchange: ThreadExchange | null = null,
    lasting: string | null = null,
  ) {
    this.#job = job;
    this.#memory = memory;
    this.#fileSystem = fileSystem;
    this.#compiler = compiler;
    this.#parent = parent;
    this.#exchange = exchange;
    this.#lasting = lasting;
  }

  /** The files of blocking results, whole or being written. */
  get files(): readonly string[] {
    return [...this.#partitions.values()].flatMap((partition) =>
      partition instanceof BlockingResultPartition ? [partition.path] : [],
    );
  }

  /**
   * The result of an attempt to run a subtask of the producer.
   *
   * @param remote subpartitions with readers on other threads
   */
  createResultPartition(
    descriptor: ShuffleDescriptor,
    { subtask, attempt }: { readonly subtask: number; readonly attempt: number },
    remote: readonly RemoteSubpartition[] = [],
  ): ResultPartition {
    const { edge, distribution, consumers } = descriptor;
    const id: ResultPartitionId = { job: this.#job, vertex: descriptor.producer, edge, subtask, attempt };
    const subpartitions = distribution.kind === 'forward' ? 1 : consumers;
    const content = this.#content(descriptor, subpartitions, subtask);
    const partition = descriptor.blocking
      ? new BlockingResultPartition(
          id,
          this.#memory,
          this.#fileSystem,
          this.#pathFor(id),
          content,
          subpartitions,
          this.#compiler,
        )
      : new PipelinedResultPartition(
          id,
          'scatter' in content ? content.scatter : content.partitioner,
          this.#subpartitions(descriptor, subpartitions, remote),
        );
    this.#partitions.set(printPartitionId(id), partition);
    return partition;
  }

  /** What subtask number `subtask` of the consumer reads; the results of this thread must have been made. */
  createInputGate(descriptor: ShuffleDescriptor, subtask: number, inputs: readonly InputDescriptor[]): InputGate {
    const subpartition = descriptor.distribution.kind === 'forward' ? 0 : subtask;
    const results = inputs.filter((input) => input.edge === descriptor.edge);
    return new InputGate(results.map((input) => this.#channel(descriptor, subpartition, input)));
  }

  /** Lets other threads of the job look again whether there is anything to do. */
  wake(executors: readonly number[]): void {
    for (const executor of executors) this.#exchange?.wake(executor);
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
  releasePartitions(results: readonly (ResultDescriptor & { readonly file?: ResultFile | null })[]): void {
    for (const { edge, producer, file } of results) {
      const name = printPartitionId({ edge, ...producer });
      this.#partitions.get(name)?.release();
      this.#partitions.delete(name);
      if (file == null) continue;
      this.#foreign.get(file.path)?.close();
      this.#foreign.delete(file.path);
      this.#fileSystem.remove(file.path);
    }
  }

  /** Releases every result, and removes the files unless they are to last. No thread reads any more. */
  close(): void {
    for (const result of this.#foreign.values()) result.close();
    this.#foreign.clear();
    this.#exchange?.close();
    for (const partition of this.#partitions.values()) {
      if (this.#lasting !== null && partition instanceof BlockingResultPartition) partition.detach();
      else partition.release();
    }
    this.#partitions.clear();
    if (this.#directory !== null) this.#fileSystem.remove(this.#directory);
    this.#directory = null;
  }

  #content(descriptor: ShuffleDescriptor, subpartitions: number, producer: number): PartitionContent {
    const { distribution, maxParallelism, schema, records } = descriptor;
    if (records !== undefined) {
      return { scatter: recordScatter({ ...records, distribution, subpartitions, maxParallelism }, producer) };
    }
    const [memory, compiler] = [this.#memory, this.#compiler];
    const partitioner = createPartitioner(memory, compiler, distribution, subpartitions, maxParallelism, producer);
    return { fields: schema.fields, partitioner };
  }

  #subpartitions(
    descriptor: ShuffleDescriptor,
    count: number,
    remote: readonly RemoteSubpartition[],
  ): readonly Subpartition[] {
    const types = typesOf(descriptor);
    const parts = new PartMaker(this.#memory, this.#compiler, types);
    return Array.from({ length: count }, (_, subpartition) => {
      const peer = remote.find((one) => one.subpartition === subpartition);
      return peer === undefined ? new SubpartitionQueue(parts) : this.#exchange!.subpartition(peer, parts);
    });
  }

  #channel(descriptor: ShuffleDescriptor, subpartition: number, input: InputDescriptor): InputChannel {
    const { edge, producer, executor, file, ring } = input;
    if (ring !== undefined) {
      const channel = this.#exchange!.channel({ address: ring, executor }, typesOf(descriptor));
      return descriptor.records === undefined ? channel : new UnpackingChannel(channel, this.#memory);
    }
    const partition = this.#partitions.get(printPartitionId({ edge, ...producer }));
    if (partition !== undefined) return partition.createChannel(subpartition);
    assert(file !== null, `the result of ${edge} is not there`);
    return new BlockingChannel(this.#foreignResult(file), subpartition, descriptor.records !== undefined);
  }

  #foreignResult({ path, index }: ResultFile): WholeResult {
    let result = this.#foreign.get(path);
    if (result === undefined) {
      result = new WholeResult(this.#memory, this.#fileSystem, this.#compiler, path, index);
      this.#foreign.set(path, result);
    }
    return result;
  }

  #pathFor({ edge, subtask, attempt }: ResultPartitionId): string {
    if (this.#lasting !== null) {
      this.#fileSystem.makeDirectory(this.#lasting);
      const name = checksum(new TextEncoder().encode(edge)).toString(16);
      return `${this.#lasting}/${name}-${subtask}-${attempt}.arrow`;
    }
    this.#directory ??= this.#fileSystem.makeTemporaryDirectory('weir-shuffle-', this.#parent);
    const number = String(this.#made++).padStart(4, '0');
    const name = edge.replaceAll(/[^\w-]+/g, '_').slice(0, 80);
    return `${this.#directory}/${number}-${name}-${subtask}-${attempt}.arrow`;
  }
}

/** Of the batches that pass over the edge. */
function typesOf({ records, schema }: ShuffleDescriptor): readonly DataType[] {
  return records === undefined ? schema.fields.map(({ type }) => type) : TRANSPORT_TYPES;
}
