/**
 * Splits of generated streams that may have no end: numbers are dealt out in chunks, in turn, to 48 lanes, and a split
 * is a lane. Subtasks with the same number of lanes go through the numbers, and so through event time, side by side;
 * one subtask with all lanes reads them in order.
 */

/** Divisible by most counts of subtasks. */
const LANES = 48;
const CHUNK = 4_800;

export interface Lane {
  readonly lane: number;
  /** The first number not yet read. */
  readonly next: number;
}

/** All lanes, from the start. Those that have none of the `total` numbers are left out, but for the first. */
export function allLanes(total: number): readonly Lane[] {
  const used = Math.max(1, Math.min(LANES, Math.ceil(total / CHUNK)));
  return Array.from({ length: used }, (_, lane) => ({ lane, next: lane * CHUNK }));
}

export class LaneCursor {
  readonly #next = new Map<number, number>();
  readonly #total: number;

  /** @param total how many numbers there are; may be infinite */
  constructor(total: number) {
    this.#total = total;
  }

  add(lanes: readonly Lane[]): void {
    for (const { lane, next } of lanes) this.#next.set(lane, next);
  }

  /** The first number not yet read, or null at the end. */
  get position(): number | null {
    let first = Number.POSITIVE_INFINITY;
    for (const next of this.#next.values()) first = Math.min(first, next);
    return first < this.#total ? first : null;
  }

  /** How many numbers from `position` on are in one piece, up to `most`; they count as read. */
  take(position: number, most: number): number {
    const end = Math.min(position + most, this.#total);
    let at = position;
    while (at < end) {
      const chunk = Math.floor(at / CHUNK);
      const lane = chunk % LANES;
      if (this.#next.get(lane) !== at) break;
      const chunkEnd = (chunk + 1) * CHUNK;
      const to = Math.min(end, chunkEnd);
      this.#next.set(lane, to === chunkEnd ? (chunk + LANES) * CHUNK : to);
      at = to;
    }
    return at - position;
  }

  lanes(): readonly Lane[] {
    return [...this.#next].map(([lane, next]) => ({ lane, next })).filter(({ next }) => next < this.#total);
  }
}
