/** The state of one side of a STREAMING join as bytes, by key group. */
import type { LinearMemory } from '../../memory/arena.ts';
import { ByteReader, ByteWriter, readRow, rowShape, writeRow } from '../../state/row-codec.ts';
import type { StateReader, StateWriter } from '../../state/snapshot.ts';
import type { StringHeap } from '../codegen/string-heap.ts';
import type { StreamingSide } from './streaming-side.ts';

/** Offset of the pointer to the next record, and "no record". */
const NEXT = 0;
const NONE = 0;

/** Per key: its hash, its entry, the number of records, the records. */
export function snapshotSide(
  writer: StateWriter,
  name: string,
  memory: LinearMemory,
  side: StreamingSide,
  maxParallelism: number,
): void {
  const keyShape = rowShape(side.keyLayout);
  const shape = rowShape(side.layout);
  const [first] = chainOffsets(side);
  const groups = new Map<number, ByteWriter>();
  for (let slot = 0; slot < side.index.slotCount; slot++) {
    const entry = side.index.rowOfSlot(slot);
    if (entry <= 1) continue;
    const hash = side.index.hashOfSlot(slot);
    const keyGroup = hash % maxParallelism;
    const out = groups.get(keyGroup) ?? new ByteWriter();
    groups.set(keyGroup, out);
    const records: number[] = [];
    for (
      let record = memory.u32[(entry + first) >>> 2]!;
      record !== NONE;
      record = memory.u32[(record + NEXT) >>> 2]!
    ) {
      records.push(record);
    }
    out.u32(hash);
    writeRow(out, memory, keyShape, entry);
    out.u32(records.length);
    for (const record of records) writeRow(out, memory, shape, record);
  }
  for (const [keyGroup, out] of groups) writer.writeKeyed(name, keyGroup, out.finish());
}

export function restoreSide(
  reader: StateReader,
  name: string,
  memory: LinearMemory,
  side: StreamingSide,
  heap: StringHeap,
): void {
  const keyShape = rowShape(side.keyLayout);
  const shape = rowShape(side.layout);
  const [first, last] = chainOffsets(side);
  for (const { bytes } of reader.readKeyed(name)) {
    const input = new ByteReader(bytes);
    while (!input.done) {
      const entry = side.index.addRow(input.u32());
      readRow(input, memory, keyShape, entry, heap);
      let previous = NONE;
      for (let left = input.u32(); left > 0; left--) {
        const record = side.records.takeRow();
        readRow(input, memory, shape, record, heap);
        memory.u32[(record + NEXT) >>> 2] = NONE;
        memory.u32[(previous === NONE ? entry + first : previous + NEXT) >>> 2] = record;
        previous = record;
      }
      memory.u32[(entry + last) >>> 2] = previous;
    }
  }
}

function chainOffsets(side: StreamingSide): readonly [first: number, last: number] {
  const fields = side.keyLayout.fields;
  return [fields.at(-2)!.offset, fields.at(-1)!.offset];
}
