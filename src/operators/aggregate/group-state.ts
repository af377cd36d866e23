/**
 * The state of a group aggregation as bytes, by key group: groups with their distinct sets and reference accumulators.
 */
import type { LinearMemory } from '../../memory/arena.ts';
import { decodePlain, encodePlain } from '../../state/plain-data.ts';
import { ByteReader, type ByteSink, ByteWriter, readRow, rowShape, writeRow } from '../../state/row-codec.ts';
import type { StateReader, StateWriter } from '../../state/snapshot.ts';
import type { RowLayout } from '../codegen/row-layout.ts';
import type { RowTable } from '../codegen/row-table.ts';
import type { DistinctSets } from './distinct-sets.ts';
import type { ReferenceAccumulators } from './reference-accumulators.ts';

export interface GroupState {
  readonly memory: LinearMemory;
  /** The key group of a key with this hash. */
  readonly keyGroupOf: (hash: number) => number;
  readonly table: RowTable;
  readonly layout: RowLayout;
  readonly strings: ByteSink;
  readonly sets: DistinctSets | null;
  readonly references: ReferenceAccumulators | null;
  /** Field with the handle of the reference accumulators; -1: none. */
  readonly handle: number;
  /** Field with the mini-batch entry, which is 0 between batches; -1: none. */
  readonly entry: number;
}

const SECTION = 'groups';

export function snapshotGroups(writer: StateWriter, state: GroupState): void {
  const { memory, table, layout, sets, references } = state;
  const shape = rowShape(layout);
  const distinct = distinctRows(state);
  const groups = new Map<number, ByteWriter>();
  for (let slot = 0; slot < table.slotCount; slot++) {
    const row = table.rowOfSlot(slot);
    if (row <= 1) continue;
    const hash = table.hashOfSlot(slot);
    const keyGroup = state.keyGroupOf(hash);
    let out = groups.get(keyGroup);
    if (out === undefined) {
      out = new ByteWriter();
      groups.set(keyGroup, out);
    }
    out.u32(hash);
    writeRow(out, memory, shape, row);
    if (references !== null) {
      const handle = memory.i32[(row + layout.fields[state.handle]!.offset) >>> 2]!;
      const bytes = encodePlain(references.group(handle));
      out.u32(bytes.length);
      out.bytes(bytes);
    }
    sets?.tables.forEach((set, i) => {
      const mine = distinct.get(row)?.[i] ?? [];
      out.u32(mine.length);
      for (const member of mine) {
        out.u32(member.hash);
        writeRow(out, memory, rowShape(set.layout), member.row);
      }
    });
  }
  for (const [keyGroup, out] of groups) writer.writeKeyed(SECTION, keyGroup, out.finish());
}

interface DistinctRow {
  readonly hash: number;
  readonly row: number;
}

/** Rows of the distinct sets by the group they belong to, then by set. */
function distinctRows({ memory, sets }: GroupState): ReadonlyMap<number, DistinctRow[][]> {
  const byGroup = new Map<number, DistinctRow[][]>();
  sets?.tables.forEach(({ table, layout }, i) => {
    for (let slot = 0; slot < table.slotCount; slot++) {
      const row = table.rowOfSlot(slot);
      if (row <= 1) continue;
      const group = memory.u32[(row + layout.fields[0]!.offset) >>> 2]!;
      const lists = byGroup.get(group) ?? sets.tables.map(() => []);
      lists[i]!.push({ hash: table.hashOfSlot(slot), row });
      byGroup.set(group, lists);
    }
  });
  return byGroup;
}

/** Puts the groups of this subtask's key groups back. */
export function restoreGroups(reader: StateReader, state: GroupState): void {
  const { memory, table, layout, sets, references, strings } = state;
  const shape = rowShape(layout);
  for (const { bytes } of reader.readKeyed(SECTION)) {
    const input = new ByteReader(bytes);
    while (!input.done) {
      const row = table.addRow(input.u32());
      readRow(input, memory, shape, row, strings);
      if (state.entry >= 0) memory.i32[(row + layout.fields[state.entry]!.offset) >>> 2] = 0;
      if (references !== null) {
        const group = decodePlain(input.bytes(input.u32())) as unknown[];
        memory.i32[(row + layout.fields[state.handle]!.offset) >>> 2] = references.adopt(group);
      }
      sets?.tables.forEach((set, i) => {
        const count = input.u32();
        for (let k = 0; k < count; k++) {
          sets.restore(i, input.u32(), row, (to) => readRow(input, memory, rowShape(set.layout), to, strings));
        }
      });
    }
  }
}
