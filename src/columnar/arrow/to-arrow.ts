/** Batches as a table of apache-arrow, for the public API; the library is loaded when first asked for. */
import type { Table } from 'apache-arrow';
import type { LinearMemory } from '../../memory/arena.ts';
import type { Field } from '../../types/data-type.ts';
import type { Batch } from '../batch.ts';
import { BytesFile } from './bytes-file.ts';
import { IpcFileWriter } from './ipc-file.ts';

export type { Table as ArrowTable } from 'apache-arrow';

/** The bytes of an Arrow IPC file with the batches. */
export function toIpcBytes(
  memory: LinearMemory,
  fields: readonly Field[],
  batches: readonly Batch[],
  withKinds = batches.some((batch) => batch.kinds !== 0),
): Uint8Array {
  const file = new BytesFile();
  const writer = new IpcFileWriter(file, memory, fields, { withKinds });
  for (const batch of batches) writer.write(batch);
  writer.finish();
  return file.bytes;
}

/** A table that owns its memory: the batches may be released. Row kinds become the column `$kind`. */
export async function toArrowTable(
  memory: LinearMemory,
  fields: readonly Field[],
  batches: readonly Batch[],
): Promise<Table> {
  const { tableFromIPC } = await import('apache-arrow');
  return tableFromIPC(toIpcBytes(memory, fields, batches));
}
