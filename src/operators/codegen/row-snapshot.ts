/** Rows of a layout as bytes and back: the state of operators whose rows a kernel takes in one by one. */
import { StringArena } from '../../columnar/string-arena.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import { ByteReader, ByteWriter, readRow, writeRow } from '../../state/row-codec.ts';
import type { RowLayout } from './row-layout.ts';

/** The rows at these addresses, reserved bytes included. */
export function writeRows(memory: LinearMemory, layout: RowLayout, rows: Iterable<number>): Uint8Array {
  const writer = new ByteWriter();
  const shape = { size: layout.size, views: layout.viewFields };
  for (const row of rows) writeRow(writer, memory, shape, row);
  return writer.finish();
}

/** Calls `adopt` with the address of each row in turn; the row and its strings are gone when it returns. */
export function readRows(
  bytes: Uint8Array,
  memory: LinearMemory,
  layout: RowLayout,
  adopt: (row: number) => void,
): void {
  const reader = new ByteReader(bytes);
  const shape = { size: layout.size, views: layout.viewFields };
  const row = memory.allocate(layout.size);
  const strings = new StringArena(memory);
  try {
    while (!reader.done) {
      readRow(reader, memory, shape, row, strings);
      adopt(row);
    }
  } finally {
    strings.release();
    memory.free(row);
  }
}
