/** The rings between subtasks of a job that run on different executors: made when both are deployed. */
import type { JobEdge } from '../graph/job-graph.ts';
import type { LinearMemory } from '../memory/arena.ts';
import type { RemoteSubpartition } from '../shuffle/shuffle-environment.ts';
import { RING_BYTES } from '../shuffle/threads/ring.ts';
import type { ExecutionGraph, ExecutionVertex } from './execution-graph.ts';
import { type PartitionDescriptor, printAttempt } from './task-executor-gateway.ts';

export class RingLinks {
  readonly #memory: LinearMemory;
  readonly #rings = new Map<string, number>();

  constructor(memory: LinearMemory) {
    this.#memory = memory;
  }

  /** What the member reads: with a ring where a pipelined result comes from another executor. */
  inputsOf(graph: ExecutionGraph, member: ExecutionVertex): readonly PartitionDescriptor[] {
    const edges = new Map(graph.inputEdges(member.vertex.id).map((edge) => [edge.id, edge]));
    return graph.inputsOf(member).map((input) => {
      const edge = edges.get(input.edge)!;
      const producer = graph.subtasks(edge.from)[input.producer.subtask]!;
      return this.#crosses(edge, producer, member) ? { ...input, ring: this.#ring(edge, producer, member) } : input;
    });
  }

  /** The subpartitions of its results whose readers are on other executors. */
  outputsOf(graph: ExecutionGraph, member: ExecutionVertex): readonly RemoteSubpartition[] {
    return graph.graph.edges
      .filter(({ from }) => from === member.vertex.id)
      .flatMap((edge) =>
        graph
          .subtasks(edge.to)
          .filter((consumer) => graph.producers(edge, consumer.subtask).includes(member))
          .filter((consumer) => this.#crosses(edge, member, consumer))
          .map((consumer) => ({
            edge: edge.id,
            subpartition: edge.distribution.kind === 'forward' ? 0 : consumer.subtask,
            address: this.#ring(edge, member, consumer),
            executor: consumer.current!.executor,
          })),
      );
  }

  /** Nobody reads or writes any more. */
  close(): void {
    for (const address of this.#rings.values()) this.#memory.free(address);
    this.#rings.clear();
  }

  #crosses({ partitionType }: JobEdge, producer: ExecutionVertex, consumer: ExecutionVertex): boolean {
    return partitionType !== 'BLOCKING' && producer.current?.executor !== consumer.current?.executor;
  }

  #ring({ id }: JobEdge, producer: ExecutionVertex, consumer: ExecutionVertex): number {
    const name = `${id} ${printAttempt(producer.current!.id)} ${printAttempt(consumer.current!.id)}`;
    let address = this.#rings.get(name);
    if (address === undefined) {
      address = this.#memory.allocateZeroed(RING_BYTES);
      this.#rings.set(name, address);
    }
    return address;
  }
}
