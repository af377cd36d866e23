/**
 * Events are dealt out in chunks, in turn, to 48 lanes, and a split is a lane: subtasks with the same number of lanes go
 * through event time side by side, and one subtask with all lanes reads the events in order.
 */

/** Divisible by most counts of subtasks. */
const LANES = 48;
const CHUNK_EVENTS = 4_800;

export interface Lane {
  readonly lane: number;
  /** Number of the first event not yet read. */
  readonly next: number;
}

/** All lanes, from the first event. Those that have none of `events` are left out, but for the first. */
export function allLanes(events: number): readonly Lane[] {
  const used = Math.max(1, Math.min(LANES, Math.ceil(events / CHUNK_EVENTS)));
  return Array.from({ length: used }, (_, lane) => ({ lane, next: lane * CHUNK_EVENTS }));
}

export class LaneCursor {
  readonly #next = new Map<number, number>();
  readonly #events: number;

  /** @param events that there are in all */
  constructor(events: number) {
    this.#events = events;
  }

  add(lanes: readonly Lane[]): void {
    for (const { lane, next } of lanes) this.#next.set(lane, next);
  }

  /** The first event not yet read, or null at the end. */
  get position(): number | null {
    let first = Number.POSITIVE_INFINITY;
    for (const next of this.#next.values()) first = Math.min(first, next);
    return first < this.#events ? first : null;
  }

  /** How many events from `position` on are in one piece, up to `most`; they count as read. */
  take(position: number, most: number): number {
    const end = Math.min(position + most, this.#events);
    let at = position;
    while (at < end) {
      const chunk = Math.floor(at / CHUNK_EVENTS);
      const lane = chunk % LANES;
      if (this.#next.get(lane) !== at) break;
      const chunkEnd = (chunk + 1) * CHUNK_EVENTS;
      const to = Math.min(end, chunkEnd);
      this.#next.set(lane, to === chunkEnd ? (chunk + LANES) * CHUNK_EVENTS : to);
      at = to;
    }
    return at - position;
  }

  lanes(): readonly Lane[] {
    return [...this.#next].map(([lane, next]) => ({ lane, next })).filter(({ next }) => next < this.#events);
  }
}
