/** What the tests of formats and of the filesystem connector share: a reader context, batches from rows and back. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { systemClock } from '../../../../src/base/clock.ts';
import { Configuration } from '../../../../src/base/config.ts';
import { nodeFileSystem } from '../../../../src/base/fs.ts';
import type { Batch } from '../../../../src/columnar/batch.ts';
import { BatchBuilder } from '../../../../src/columnar/builder.ts';
import { RowReader } from '../../../../src/columnar/row-reader.ts';
import type { FileFormat, FormatOptions, ReadRequest } from '../../../../src/connectors/formats/format.ts';
import type { ReaderContext, SourceFilter } from '../../../../src/dataflow/connector.ts';
import { ModuleCache } from '../../../../src/kernel/cache.ts';
import { kernelCompiler } from '../../../../src/kernel/program.ts';
import { LinearMemory } from '../../../../src/memory/arena.ts';
import { MemoryBudget } from '../../../../src/memory/budget.ts';
import type { Field } from '../../../../src/types/data-type.ts';
import type { Value } from '../../../../src/types/value.ts';

export const memory = new LinearMemory();

export const context: ReaderContext = {
  fileSystem: nodeFileSystem,
  clock: systemClock,
  configuration: new Configuration(),
  memory,
  budget: new MemoryBudget(Number.POSITIVE_INFINITY),
  compiler: kernelCompiler(memory, new ModuleCache()),
  subtaskIndex: 0,
  parallelism: 1,
  batchRows: 1000,
  collections: new Map(),
  deliver: () => {},
};

export function temporaryDirectory(): string {
  return fs.mkdtempSync(path.join(os.tmpdir(), 'weir-formats-'));
}

export function batchOf(fields: readonly Field[], rows: readonly (readonly Value[])[]): Batch {
  const types = fields.map((field) => field.type);
  const builder = new BatchBuilder(memory, types, Math.max(rows.length, 1));
  for (const row of rows) builder.append(row);
  return builder.finish();
}

export function rowsOf(fields: readonly Field[], batch: Batch): Value[][] {
  const reader = new RowReader(
    memory,
    fields.map((field) => field.type),
  );
  return Array.from({ length: batch.rowCount }, (_, i) => reader.row(batch, i));
}

export interface ReadOptions {
  readonly fields?: readonly Field[];
  readonly columns?: readonly string[];
  readonly options?: FormatOptions;
  readonly filters?: readonly SourceFilter[];
  readonly context?: ReaderContext;
}

/** All rows of a file. */
export function readFile(format: FileFormat, file: string, read: ReadOptions = {}): Value[][] {
  const handle = nodeFileSystem.open(file, 'read');
  try {
    const options = read.options ?? {};
    const fields = read.fields ?? format.inferFields!(handle, options);
    const names = read.columns ?? fields.map((field) => field.name);
    const projection = names.map((name) => fields.findIndex((field) => field.name === name));
    const request: ReadRequest = { fields, projection, filters: read.filters ?? [], options };
    const reader = format.createReader!(request, read.context ?? context);
    const output = projection.map((index) => fields[index]!);
    const rows: Value[][] = [];
    try {
      for (const split of format.splits(handle, request)) {
        reader.open(split);
        for (let batch = reader.next(); batch !== null; batch = reader.next()) {
          rows.push(...rowsOf(output, batch));
          batch.release();
        }
      }
      return rows;
    } finally {
      reader.close();
    }
  } finally {
    handle.close();
  }
}

export function writeFile(
  format: FileFormat,
  file: string,
  fields: readonly Field[],
  batches: readonly (readonly (readonly Value[])[])[],
  options: FormatOptions = {},
): void {
  const handle = nodeFileSystem.open(file, 'write');
  const writer = format.createWriter!(handle, fields, options, context);
  for (const rows of batches) {
    const batch = batchOf(fields, rows);
    writer.write(batch);
    batch.release();
  }
  writer.finish();
  writer.close();
  handle.close();
}
