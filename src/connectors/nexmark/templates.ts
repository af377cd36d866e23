/**
 * Which rows belong to which kind of event repeats with every cycle. So validity bytes and `event_type` are not written
 * per batch: columns point into arrays that repeat the pattern, at the place of the cycle where the batch begins.
 */
import { assert } from '../../base/assert.ts';
import type { Retained } from '../../columnar/batch.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { NexmarkConfig } from './options.ts';
import { EVENT_KINDS, EVENT_TYPE, type EventKind } from './schema.ts';

export class KindTemplates implements Retained {
  readonly #memory: LinearMemory;
  readonly #cycle: number;
  readonly #length: number;
  readonly #block: number;
  #references = 1;

  /** @param rows the most that a batch has */
  constructor(memory: LinearMemory, config: NexmarkConfig, rows: number) {
    this.#memory = memory;
    this.#cycle = config.cycle;
    this.#length = (rows + config.cycle + 63) & ~63;
    const kinds = EVENT_KINDS.flatMap((kind) => Array<EventKind>(config.proportions[kind]).fill(kind));
    // event_type of all events, then of each kind alone, then the validity bytes of each kind.
    this.#block = memory.allocate(this.#length * 4 * 4 + this.#length * 3);
    const types = this.#block >>> 2;
    for (let i = 0; i < this.#length; i++) memory.i32[types + i] = EVENT_TYPE[kinds[i % this.#cycle]!];
    for (const kind of EVENT_KINDS) {
      memory.i32.fill(EVENT_TYPE[kind], this.typesOf(kind) >>> 2, (this.typesOf(kind) >>> 2) + this.#length);
      const validity = this.validity(kind, 0);
      for (let i = 0; i < this.#length; i++) memory.u8[validity + i] = kinds[i % this.#cycle] === kind ? 1 : 0;
    }
  }

  /** Address of `event_type` for the events from `from` on. */
  types(from: number): number {
    return this.#block + (from % this.#cycle) * 4;
  }

  /** Address of `event_type` where there are only events of one kind. */
  typesOf(kind: EventKind): number {
    return this.#block + (1 + EVENT_TYPE[kind]) * this.#length * 4;
  }

  /** Address of the validity bytes of the kind's columns for the events from `from` on. */
  validity(kind: EventKind, from: number): number {
    return this.#block + this.#length * (16 + EVENT_TYPE[kind]) + (from % this.#cycle);
  }

  retain(): void {
    this.#references++;
  }

  release(): void {
    assert(this.#references > 0, 'templates are released twice');
    if (--this.#references === 0) this.#memory.free(this.#block);
  }
}

/** How many of the events before number `n` are of the kind. */
export function countBefore({ proportions, cycle }: NexmarkConfig, kind: EventKind, n: number): number {
  const lower = kind === 'person' ? 0 : kind === 'auction' ? proportions.person : cycle - proportions.bid;
  const inCycle = Math.min(Math.max((n % cycle) - lower, 0), proportions[kind]);
  return Math.floor(n / cycle) * proportions[kind] + inCycle;
}
