/** The places where the subtasks of operators meet, on whatever executors they run: made when a vertex is deployed. */
import { closeRendezvous, openRendezvous, type RendezvousPlace } from '../dataflow/rendezvous.ts';
import type { LinearMemory } from '../memory/arena.ts';
import type { ExecutionGraph, ExecutionVertex } from './execution-graph.ts';
import { subtasksMeet } from './regions.ts';
import { type MeetingDescriptor, printAttempt } from './task-executor-gateway.ts';

export class Meetings {
  readonly #memory: LinearMemory;
  readonly #places = new Map<string, RendezvousPlace>();

  constructor(memory: LinearMemory) {
    this.#memory = memory;
  }

  /** Where the member meets the current attempts of the other subtasks; null: it does not. */
  of(graph: ExecutionGraph, { vertex }: ExecutionVertex): MeetingDescriptor | null {
    if (!subtasksMeet(vertex)) return null;
    const attempts = graph.subtasks(vertex.id).map(({ current }) => current!);
    const name = attempts.map(({ id }) => printAttempt(id)).join(' ');
    const places = vertex.chain.flatMap((link) =>
      link.kind === 'operator' && link.spec.meets === true
        ? [[link.uid, this.#place(`${link.uid} ${name}`, vertex.parallelism).address] as const]
        : [],
    );
    const executors = [...new Set(attempts.map(({ executor }) => executor))];
    return { places: Object.fromEntries(places), executors };
  }

  /** No subtask runs any more. */
  close(): void {
    for (const place of this.#places.values()) closeRendezvous(place);
    this.#places.clear();
  }

  #place(name: string, parallelism: number): RendezvousPlace {
    const place = this.#places.get(name) ?? openRendezvous(this.#memory, parallelism);
    this.#places.set(name, place);
    return place;
  }
}
