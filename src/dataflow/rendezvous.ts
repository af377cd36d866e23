/**
 * Where the subtasks of one operator meet: each tells the others, phase by phase, what it has made in linear memory,
 * and hears what they have made. They may be on one thread or on several.
 */
import { assert } from '../base/assert.ts';
import type { Retained } from '../columnar/batch.ts';
import type { LinearMemory } from '../memory/arena.ts';

/** How often subtasks can meet. */
const PHASES = 4;
/** Words: subtasks that have not left yet, and by phase how many have published. */
const HOLDERS = 0;
const ARRIVED = 1;
/** By phase and subtask: where the published text is (0: nothing), its length, whether blocks were taken back. */
const SLOTS = ARRIVED + PHASES;
const SLOT_WORDS = 3;
/** Behind the words: room for a short text by phase and subtask; a longer one has a block of its own. */
const SHORT_TEXT = 1024;

/** Stands for a bigint in the text. */
const BIGINT = '$bigint';

/** What one subtask has published in one phase. */
interface Publication {
  readonly value: unknown;
  /** Blocks of memory that are freed when nobody uses them any more. */
  readonly blocks: readonly number[];
}

/** The memory of a meeting. */
export interface RendezvousPlace {
  readonly memory: LinearMemory;
  readonly address: number;
  readonly parallelism: number;
}

/** To be closed when no subtask runs any more. */
export function openRendezvous(memory: LinearMemory, parallelism: number): RendezvousPlace {
  const slots = PHASES * parallelism;
  const address = memory.allocateZeroed((SLOTS + slots * SLOT_WORDS) * 4 + slots * SHORT_TEXT);
  memory.i32[(address >>> 2) + HOLDERS] = parallelism;
  return { memory, address, parallelism };
}

/** Frees what the meeting still has, also of those who never came or never left. */
export function closeRendezvous(place: RendezvousPlace): void {
  const { memory, address } = place;
  memory.refresh();
  if (memory.i32[(address >>> 2) + HOLDERS]! > 0) freeBlocks(place);
  for (let phase = 0; phase < PHASES; phase++) {
    for (let subtask = 0; subtask < place.parallelism; subtask++) {
      const text = memory.u32[slotOf(place, phase, subtask)]!;
      if (text !== 0 && text !== shortTextOf(place, phase, subtask)) memory.free(text);
    }
  }
  memory.free(address);
}

export class Rendezvous {
  readonly #place: RendezvousPlace;
  readonly #subtask: number;
  readonly #wake: () => void;
  readonly #hold: Retained;

  /** @param wake the threads of the other subtasks */
  constructor(place: RendezvousPlace, subtask: number, wake: () => void) {
    this.#place = place;
    this.#subtask = subtask;
    this.#wake = wake;
    this.#hold = holdOf(place);
  }

  get subtask(): number {
    return this.#subtask;
  }

  get parallelism(): number {
    return this.#place.parallelism;
  }

  /**
   * This subtask's use of what was handed over, from the start: blocks are freed when the operators of all subtasks and
   * all batches that depend on it have released theirs.
   */
  get hold(): Retained {
    return this.#hold;
  }

  /**
   * Tells the others; once in each phase.
   *
   * @param value plain data, bigint too
   * @param blocks of memory that belong to the meeting from now on
   * @returns whether this subtask was the last one
   */
  publish(phase: number, value: unknown, blocks: readonly number[] = []): boolean {
    const { memory, address, parallelism } = this.#place;
    const publication: Publication = { value, blocks };
    const text = new TextEncoder().encode(
      JSON.stringify(publication, (_, part) => (typeof part === 'bigint' ? { [BIGINT]: `${part}` } : part)),
    );
    const at =
      text.length <= SHORT_TEXT ? shortTextOf(this.#place, phase, this.#subtask) : memory.allocate(text.length);
    memory.bytes(at, text.length).set(text);
    const slot = slotOf(this.#place, phase, this.#subtask);
    memory.i32[slot + 1] = text.length;
    Atomics.store(memory.u32, slot, at);
    const arrived = Atomics.add(memory.i32, (address >>> 2) + ARRIVED + phase, 1) + 1;
    this.#wake();
    return arrived === parallelism;
  }

  /** The blocks that this subtask has handed over are its own again. The others may not have used them. */
  takeBack(phase: number): void {
    this.#place.memory.i32[slotOf(this.#place, phase, this.#subtask) + 2] = 1;
  }

  /** What all have published, by subtask; null: not all have. */
  all(phase: number): readonly unknown[] | null {
    const { memory, address, parallelism } = this.#place;
    if (Atomics.load(memory.i32, (address >>> 2) + ARRIVED + phase) < parallelism) return null;
    return Array.from({ length: parallelism }, (_, subtask) => read(this.#place, phase, subtask)!.value);
  }

  /** What the first one has published; undefined: nobody has. */
  any(phase: number): unknown {
    const { memory, address, parallelism } = this.#place;
    if (Atomics.load(memory.i32, (address >>> 2) + ARRIVED + phase) === 0) return undefined;
    const published = Array.from({ length: parallelism }, (_, subtask) => read(this.#place, phase, subtask));
    return published.find((publication) => publication !== null)!.value;
  }
}

function holdOf(place: RendezvousPlace): Retained {
  let references = 1;
  return {
    retain: () => {
      assert(references > 0, 'a meeting that was left is held');
      references++;
    },
    release: () => {
      if (--references > 0) return;
      if (Atomics.sub(place.memory.i32, (place.address >>> 2) + HOLDERS, 1) === 1) freeBlocks(place);
    },
  };
}

function freeBlocks(place: RendezvousPlace): void {
  for (let phase = 0; phase < PHASES; phase++) {
    for (let subtask = 0; subtask < place.parallelism; subtask++) {
      if (place.memory.i32[slotOf(place, phase, subtask) + 2] !== 0) continue;
      for (const block of read(place, phase, subtask)?.blocks ?? []) place.memory.free(block);
    }
  }
}

function read(place: RendezvousPlace, phase: number, subtask: number): Publication | null {
  const { memory } = place;
  memory.refresh();
  const slot = slotOf(place, phase, subtask);
  const at = Atomics.load(memory.u32, slot);
  if (at === 0) return null;
  // A decoder takes no shared memory.
  const text = memory.bytes(at, memory.i32[slot + 1]!).slice();
  return JSON.parse(new TextDecoder().decode(text), (_, part) =>
    part?.[BIGINT] === undefined ? part : BigInt(part[BIGINT]),
  ) as Publication;
}

function shortTextOf({ address, parallelism }: RendezvousPlace, phase: number, subtask: number): number {
  return address + (SLOTS + PHASES * parallelism * SLOT_WORDS) * 4 + (phase * parallelism + subtask) * SHORT_TEXT;
}

function slotOf({ address, parallelism }: RendezvousPlace, phase: number, subtask: number): number {
  return (address >>> 2) + SLOTS + (phase * parallelism + subtask) * SLOT_WORDS;
}
