/**
 * The keyed state of an operator as it was at a barrier, written in pages while the operator goes on. Nothing is copied
 * at the barrier, which only begins a new epoch: the directories are walked between the turns of the task, and whoever
 * is about to change a segment that the walk has not come to has it written first. Where the walk has not been, a stamp
 * of the old epoch therefore means that the segment is as it was.
 */
import type { PageWriter, UnwrittenPages } from '../../state/snapshot.ts';
import type { Segment } from './row-table.ts';
import type { SegmentStore } from './segment-store.ts';

/** What looking at one place of a directory counts for, in bytes written. */
const PLACE_BYTES = 64;

/** How far the directory of one state has been walked. */
interface Walk {
  readonly store: SegmentStore;
  next: number;
}

export class StatePages implements UnwrittenPages {
  readonly #walks: readonly Walk[];
  /** The first epoch that the base lacks. */
  readonly #since: number;
  /** The last epoch that belongs to the snapshot. */
  readonly #epoch: number;
  /** null: all is written, or nobody wants it any more. */
  #writer: PageWriter | null;

  constructor(writer: PageWriter, stores: readonly SegmentStore[], since: number, epoch: number) {
    this.#writer = writer;
    this.#walks = stores.map((store) => ({ store, next: 0 }));
    this.#since = since;
    this.#epoch = epoch;
  }

  writeSome(bytes: number): boolean {
    let left = bytes;
    for (const walk of this.#walks) {
      const { table } = walk.store.state;
      while (this.#writer !== null && walk.next < table.directorySize) {
        if (left <= 0) return true;
        const segment = table.segmentAt(walk.next++);
        left -= PLACE_BYTES;
        if (segment !== null && segment.epoch <= this.#epoch) left -= this.#write(this.#writer, walk.store, segment);
      }
    }
    this.#writer = null;
    return false;
  }

  drop(): void {
    this.#writer = null;
  }

  /** The segment is as the snapshot has to have it, and not written yet. */
  awaits(store: SegmentStore, { prefix, epoch }: Segment): boolean {
    if (this.#writer === null || epoch > this.#epoch) return false;
    return this.#walks.some((walk) => walk.store === store && prefix >= walk.next);
  }

  /** Writes a segment that is about to change, unless that was done before. */
  beforeChange(store: SegmentStore, segment: Segment): void {
    if (this.awaits(store, segment)) this.#write(this.#writer!, store, segment);
  }

  /** @returns bytes written */
  #write(writer: PageWriter, store: SegmentStore, segment: Segment): number {
    const { name } = store.state;
    const { prefix, depth, epoch } = segment;
    // Tells segments of different depth apart.
    const page = 2 ** depth + prefix;
    if (epoch < this.#since) {
      writer.keepPage(name, page);
      return 0;
    }
    let written = 0;
    store.forEachKeyGroup(segment, (keyGroup, bytes) => {
      written += bytes.length;
      writer.writePage(name, page, keyGroup, bytes);
    });
    return written;
  }
}
