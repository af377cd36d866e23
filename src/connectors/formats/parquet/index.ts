/** The format `parquet`: flat columns, all common encodings and compressions. */
import { notSupported } from '../../../base/errors.ts';
import type { File } from '../../../base/fs.ts';
import type { ColumnStatistics, TableStatistics } from '../../../dataflow/connector.ts';
import type { Field } from '../../../types/data-type.ts';
import { printType } from '../../../types/print.ts';
import type { FileFormat, FileSplit, ReadRequest } from '../format.ts';
import { inferredType } from './conversion.ts';
import { distinctCount } from './distinct-count.ts';
import { Footers } from './footers.ts';
import type { ParquetMetadata } from './metadata.ts';
import { type ColumnPlan, ParquetReader, planColumn } from './reader.ts';
import { columnStatistics, mayPass } from './statistics.ts';
import { ParquetWriter } from './writer.ts';

/** What is known of the columns of a file, by their number and type. */
type KnownStatistics = WeakMap<ParquetMetadata, Map<string, ColumnStatistics>>;

/** The format, which remembers the footers that it has read, and what they say about columns. */
export function parquetFormat(): FileFormat {
  const footers = new Footers();
  const known: KnownStatistics = new WeakMap();
  return {
    name: 'parquet',
    extensions: ['.parquet', '.parq', '.pq'],
    options: [
      { key: 'compression', required: false, default: 'SNAPPY', doc: 'SNAPPY, UNCOMPRESSED or GZIP, when writing.' },
    ],
    recognises: (head) => ['P', 'A', 'R', '1'].every((char, i) => head[i] === char.charCodeAt(0)),
    inferFields: (file) => inferFields(file, footers.read(file)),
    statistics: (file, request) => statistics(file, footers.read(file), request, known),
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

function statistics(
  file: File,
  metadata: ParquetMetadata,
  request: ReadRequest,
  known: KnownStatistics,
): TableStatistics {
  const ofFile = known.get(metadata) ?? new Map<string, ColumnStatistics>();
  known.set(metadata, ofFile);
  const columns = request.projection.flatMap((index) => {
    const field = request.fields[index]!;
    const plan = planColumn(metadata, field, file.path);
    if (plan === null) return [];
    const name = `${plan.index} ${printType(field.type)}`;
    const found = ofFile.get(name) ?? statisticsOfColumn(file, metadata, plan, field);
    ofFile.set(name, found);
    return [[field.name, found] as const];
  });
  return { rowCount: metadata.rowCount, columns: Object.fromEntries(columns) };
}

function statisticsOfColumn(
  file: File,
  { rowGroups }: ParquetMetadata,
  { index, column }: ColumnPlan,
  { type }: Field,
): ColumnStatistics {
  const statistics = columnStatistics(rowGroups, index, column, type);
  const distinct = distinctCount(file, rowGroups, index);
  return distinct === undefined ? statistics : { ...statistics, distinctCount: distinct };
}
