/** The format `parquet`: flat columns, all common encodings and compressions. */
import { notSupported } from '../../../base/errors.ts';
import type { File } from '../../../base/fs.ts';
import type { TableStatistics } from '../../../dataflow/connector.ts';
import type { Field } from '../../../types/data-type.ts';
import type { FileFormat, FileSplit, ReadRequest } from '../format.ts';
import { inferredType } from './conversion.ts';
import { distinctCount } from './distinct-count.ts';
import { Footers } from './footers.ts';
import type { ParquetMetadata } from './metadata.ts';
import { ParquetReader, planColumn } from './reader.ts';
import { columnStatistics, mayPass } from './statistics.ts';
import { ParquetWriter } from './writer.ts';

/** The format, which remembers the footers that it has read. */
export function parquetFormat(): FileFormat {
  const footers = new Footers();
  return {
    name: 'parquet',
    extensions: ['.parquet', '.parq', '.pq'],
    options: [
      { key: 'compression', required: false, default: 'SNAPPY', doc: 'SNAPPY, UNCOMPRESSED or GZIP, when writing.' },
    ],
    recognises: (head) => ['P', 'A', 'R', '1'].every((char, i) => head[i] === char.charCodeAt(0)),
    inferFields: (file) => inferFields(file, footers.read(file)),
    statistics: (file, request) => statistics(file, footers.read(file), request),
    splits: (file, request) => splits(file, footers.read(file), request),
    createReader: (request, context) => new ParquetReader(request, context, footers),
    createWriter: (file, fields, options, context) => new ParquetWriter(file, fields, options, context),
  };
}

function inferFields(file: File, { columns }: ParquetMetadata): readonly Field[] {
  return columns.map((column) => {
    const type = inferredType(column);
    if (type === null) {
      throw notSupported(
        `column ${column.path.join('.')} of ${file.path}: a nested or unusual Parquet type`,
        undefined,
        'declare a table with the other columns only',
      );
    }
    return { name: column.path[0]!, type };
  });
}

/** One split per row group that may hold rows which pass the filters. */
function splits(file: File, metadata: ParquetMetadata, request: ReadRequest): readonly FileSplit[] {
  return metadata.rowGroups.flatMap((group, part) => {
    const passes = request.filters.every((filter) => {
      const field = request.fields[filter.column]!;
      const plan = planColumn(metadata, field, file.path);
      return plan === null || mayPass(group, plan.index, plan.column, field.type, filter);
    });
    return passes && group.rowCount > 0 ? [{ path: file.path, part, rowsDone: 0 }] : [];
  });
}

function statistics(file: File, metadata: ParquetMetadata, request: ReadRequest): TableStatistics {
  const columns = request.projection.flatMap((index) => {
    const field = request.fields[index]!;
    const plan = planColumn(metadata, field, file.path);
    if (plan === null) return [];
    const distinct = distinctCount(file, metadata.rowGroups, plan.index);
    const column = columnStatistics(metadata.rowGroups, plan.index, plan.column, field.type);
    return [[field.name, distinct === undefined ? column : { ...column, distinctCount: distinct }] as const];
  });
  return { rowCount: metadata.rowCount, columns: Object.fromEntries(columns) };
}
