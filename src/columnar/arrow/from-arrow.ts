/** Tables of apache-arrow as batches: for in-process tables that an application hands in. */
import type { Table } from 'apache-arrow';
import type { LinearMemory } from '../../memory/arena.ts';
import type { Field } from '../../types/data-type.ts';
import type { Batch } from '../batch.ts';
import { BytesFile } from './bytes-file.ts';
import { IpcFileReader } from './ipc-file.ts';

export interface ImportedTable {
  readonly fields: readonly Field[];
  /** The caller releases each. */
  readonly batches: readonly Batch[];
}

/** Reads the bytes of an Arrow IPC file. @throws EngineError DATA-ARROW */
export function fromIpcBytes(memory: LinearMemory, bytes: Uint8Array): ImportedTable {
  const reader = IpcFileReader.open(new BytesFile(bytes), memory);
  const batches = Array.from({ length: reader.batchCount }, (_, i) => reader.readBatch(i));
  reader.close();
  return { fields: reader.fields, batches };
}

export async function fromArrowTable(memory: LinearMemory, table: Table): Promise<ImportedTable> {
  const { tableToIPC } = await import('apache-arrow');
  return fromIpcBytes(memory, tableToIPC(table, 'file'));
}
