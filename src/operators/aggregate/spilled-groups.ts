/**
 * What a hash aggregation puts on disk when its table is full: rows of keys that have no group in memory, split by
 * hash, and the groups themselves where they would go on growing (distinct sets, accumulators of the interpreter). Each
 * part is aggregated by itself later, and split again if it does not fit either.
 */
import type { OperatorContext } from '../../dataflow/operator.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';
import type { SpillFile } from '../../memory/spill-file.ts';
import type { KernelHost } from '../codegen/kernel-host.ts';
import type { RowLayout } from '../codegen/row-layout.ts';
import { FAN_OUT, MOST_LEVELS, partOf, RowPartitions } from '../codegen/row-partitions.ts';
import type { PageReader, SpilledRows } from '../codegen/spill-rows.ts';
import { type GroupState, restoreGroups, snapshotGroups } from './group-state.ts';

interface Part {
  readonly rows: SpilledRows;
  readonly groups: SpilledBytes | null;
  /** How often its rows have been split. */
  readonly level: number;
}

interface SpilledBytes {
  readonly file: SpillFile;
  readonly offset: number;
  readonly length: number;
}

export class SpilledGroups {
  readonly partitions: RowPartitions;
  readonly #context: OperatorContext;
  readonly #parts: Part[] = [];
  /** Groups of the parts that are being written. */
  readonly #groups = new Map<number, SpilledBytes>();
  #frozen = false;
  #level = 0;

  /** @param layout of the rows; the hash of the key is their first word */
  constructor(context: OperatorContext, consumer: MemoryConsumer, host: KernelHost, layout: RowLayout) {
    this.#context = context;
    this.partitions = new RowPartitions(context, consumer, host, { name: 'groups_input', layout, hash: 0 });
  }

  /** No group is added to the table: rows of other keys go to disk. */
  get frozen(): boolean {
    return this.#frozen;
  }

  /** Whether the rows can be split once more. */
  get splittable(): boolean {
    return this.#level < MOST_LEVELS;
  }

  freeze(): void {
    this.#frozen = true;
    this.partitions.open(this.#level);
  }

  /** Writes the groups of the table out; the caller empties it. */
  evict(state: Omit<GroupState, 'keyGroupOf'>): void {
    const { memory, spill } = this.#context;
    const file = spill.create('groups');
    const writer = {
      write: () => {},
      writeKeyed: (_: string, part: number, bytes: Uint8Array) => {
        const copy = memory.allocate(Math.max(bytes.length, 8));
        memory.u8.set(bytes, copy);
        this.#groups.set(part, { file, offset: file.write(copy, bytes.length), length: bytes.length });
        memory.free(copy);
      },
    };
    snapshotGroups(writer, { ...state, keyGroupOf: (hash) => partOf(hash, this.#level) });
  }

  /** All rows have been seen: what was put on disk is work to do. */
  thaw(): void {
    if (!this.#frozen) return;
    this.#frozen = false;
    const rows = this.partitions.finish();
    for (let i = 0; i < FAN_OUT; i++) {
      const groups = this.#groups.get(i) ?? null;
      if (rows[i]!.rows > 0 || groups !== null) this.#parts.push({ rows: rows[i]!, groups, level: this.#level + 1 });
    }
    this.#groups.clear();
  }

  /** The next part, its groups put back into the table; its rows are to follow. Null: all is done. */
  next(state: Omit<GroupState, 'keyGroupOf'>): PageReader | null {
    const part = this.#parts.pop();
    if (part === undefined) return null;
    this.#level = part.level;
    if (part.groups !== null) {
      const bytes = this.#read(part.groups);
      const reader = { read: () => null, readAll: () => [], readKeyed: () => [{ keyGroup: 0, bytes }] };
      restoreGroups(reader, { ...state, keyGroupOf: () => 0 });
    }
    return this.partitions.reader(part.rows);
  }

  close(): void {
    this.partitions.close();
  }

  #read({ file, offset, length }: SpilledBytes): Uint8Array {
    const { memory } = this.#context;
    const copy = memory.allocate(Math.max(length, 8));
    file.read(offset, copy, length);
    const bytes = Uint8Array.from(memory.bytes(copy, length));
    memory.free(copy);
    return bytes;
  }
}
