/**
 * The build side of a hash join that its subtasks keep together: each stores the rows that come to it, wherever they
 * are from, the last one to end puts the rows of all into one index, and then each looks its probe rows up in it. So
 * neither side is sent anywhere, and nothing is kept twice. (No-partitioning hash join.)
 *
 * If memory is short for one of them all write their rows to disk, build and probe side by the same parts, and each
 * reads what it needs of the others' files.
 */
import type { Retained } from '../../columnar/batch.ts';
import type { Rendezvous } from '../../dataflow/rendezvous.ts';
import type { RowRun } from '../codegen/row-store.ts';
import type { FilledIndex, KeyRange } from './join-index.ts';
import type { PartLocations } from './spilled-hash-join.ts';

/** When the subtasks meet: their build sides, the index, their probe sides, and the parts on disk are done. */
const BUILT = 0;
const INDEXED = 1;
const PROBED = 2;
const JOINED = 3;

/** What a subtask has stored, or all of them. */
export interface BuildPart {
  readonly rows: readonly RowRun[];
  readonly rowCount: number;
  /** Rows whose key is NULL. */
  readonly nullKeys: number;
  /** By place in the key. */
  readonly ranges: readonly KeyRange[];
  /** The rows are on disk. */
  readonly spilled: boolean;
}

/** Where all rows can be found; null: on disk. */
export interface BuildSide {
  readonly filled: FilledIndex | null;
  readonly rowCount: number;
  readonly nullKeys: number;
}

export class SharedBuild {
  readonly #rendezvous: Rendezvous;
  #joined = false;

  constructor(rendezvous: Rendezvous) {
    this.#rendezvous = rendezvous;
  }

  get subtask(): number {
    return this.#rendezvous.subtask;
  }

  /** What batches that point into rows of any subtask depend on. */
  get hold(): Retained {
    return this.#rendezvous.hold;
  }

  /**
   * The build side of this subtask has ended.
   *
   * @param blocks of memory in which the rows are
   * @returns those of all, if this is the last one and they are in memory: it has to make the index
   */
  endBuild(part: BuildPart, blocks: readonly number[]): BuildPart | null {
    if (!this.#rendezvous.publish(BUILT, part, blocks)) return null;
    const all = this.#built();
    return all === null || all.spilled ? null : all;
  }

  /** @param filled null: there is no memory for it */
  endIndex(filled: FilledIndex | null, blocks: readonly number[]): void {
    this.#rendezvous.publish(INDEXED, filled, blocks);
  }

  /** How the rows can be found; null: that is not settled yet. */
  settle(): BuildSide | null {
    const all = this.#built();
    if (all === null) return null;
    const { rowCount, nullKeys } = all;
    if (all.spilled) return { filled: null, rowCount, nullKeys };
    const filled = this.#rendezvous.any(INDEXED) as FilledIndex | null | undefined;
    return filled === undefined ? null : { filled, rowCount, nullKeys };
  }

  /** The blocks of this subtask's rows are its own again: all go to disk. */
  takeBack(): void {
    this.#rendezvous.takeBack(BUILT);
  }

  /** The probe side of this subtask has ended. @param parts its rows, if they are on disk */
  endProbe(parts: PartLocations | null): void {
    this.#rendezvous.publish(PROBED, parts);
  }

  /** By subtask; null: the probe sides of others have not ended. */
  probed(): readonly (PartLocations | null)[] | null {
    return this.#rendezvous.all(PROBED) as readonly (PartLocations | null)[] | null;
  }

  /** This subtask needs the files of the others no more. @returns whether nobody needs its own */
  endParts(): boolean {
    if (!this.#joined) this.#rendezvous.publish(JOINED, null);
    this.#joined = true;
    return this.#rendezvous.all(JOINED) !== null;
  }

  #built(): BuildPart | null {
    const parts = this.#rendezvous.all(BUILT) as readonly BuildPart[] | null;
    return parts === null ? null : parts.reduce(together);
  }
}

function together(a: BuildPart, b: BuildPart): BuildPart {
  return {
    rows: [...a.rows, ...b.rows],
    rowCount: a.rowCount + b.rowCount,
    nullKeys: a.nullKeys + b.nullKeys,
    ranges: a.ranges.map((range, place) => spanning(range, b.ranges[place]!)),
    spilled: a.spilled || b.spilled,
  };
}

/** One of them is null where a subtask has no row that can match, or both, where nothing is known of the column. */
function spanning(a: KeyRange, b: KeyRange): KeyRange {
  if (a === null || b === null) return a ?? b;
  return [a[0] < b[0] ? a[0] : b[0], a[1] > b[1] ? a[1] : b[1]];
}
