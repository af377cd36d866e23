/**
 * Room in a spill file that is given back and used again, for state that comes and goes for as long as a job runs.
 * Regions are rounded up to a few sizes, with a list of free ones for each.
 */
import type { SpillFile } from './spill-file.ts';

const SMALLEST = 1024;

/** A region of the file. */
export interface SpilledRegion {
  readonly offset: number;
  /** Of its contents. */
  readonly length: number;
}

export class SpillSpace {
  readonly #file: SpillFile;
  /** By size of the regions: where free ones begin. */
  readonly #free = new Map<number, number[]>();
  #end = 0;

  /** @param file in which nothing else is kept */
  constructor(file: SpillFile) {
    this.#file = file;
  }

  /** Writes memory out. */
  write(pointer: number, length: number): SpilledRegion {
    const size = roundUp(length);
    const free = this.#free.get(size)?.pop();
    const offset = free ?? this.#end;
    if (free === undefined) this.#end += size;
    this.#file.writeAt(offset, pointer, length);
    return { offset, length };
  }

  read({ offset, length }: SpilledRegion, pointer: number): void {
    this.#file.read(offset, pointer, length);
  }

  free({ offset, length }: SpilledRegion): void {
    const size = roundUp(length);
    const list = this.#free.get(size);
    if (list === undefined) this.#free.set(size, [offset]);
    else list.push(offset);
  }
}

/** To the next of four steps per power of two. */
function roundUp(length: number): number {
  if (length <= SMALLEST) return SMALLEST;
  const step = 2 ** (29 - Math.clz32(length - 1));
  return Math.ceil(length / step) * step;
}
