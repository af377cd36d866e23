/** The format `csv`, as Flink's: RFC 4180 with options, without a header unless asked for. */
import { damagedFile } from '../../../base/damaged-file.ts';
import type { File } from '../../../base/fs.ts';
import type { Field } from '../../../types/data-type.ts';
import type { FileFormat, FormatOptions } from '../format.ts';
import { type LineFormat, LineWriter } from '../line-writer.ts';
import { TextFileReader } from '../text-file-reader.ts';
import { formatCell } from './cell.ts';
import { CsvDecoder, compileCsvKernels } from './decoder.ts';
import { CSV_OPTIONS, type CsvOptions, readCsvOptions } from './options.ts';
import { type CsvSniff, sniffCsv } from './sniff.ts';

export const csvFormat: FileFormat = {
  name: 'csv',
  extensions: ['.csv', '.tsv'],
  options: CSV_OPTIONS,
  inferFields: (file, options) => sniffRows(file, options).fields,
  inferOptions: (file, options) => {
    const { delimiter, header } = sniffRows(file, options);
    return { 'null-literal': '', ...options, 'field-delimiter': delimiter, header: String(header) };
  },
  matchOptions,
  splits: (file) => [{ path: file.path, part: 0, rowsDone: 0 }],
  statistics: (file, request) => ({
    rowCount: file.size() === 0 ? 0 : sniff(file, request.options).rowCount,
    columns: {},
  }),
  createReader: (request, context) => {
    const kernels = compileCsvKernels(context);
    return new TextFileReader(context, ({ path, byteOffset = 0, line = 1 }) => {
      return new CsvDecoder(path, request, context, kernels, { byteOffset, line });
    });
  },
  createDecoder: (source, request, context, from = { byteOffset: 0, line: 1 }) =>
    new CsvDecoder(source, request, context, compileCsvKernels(context), from),
  createWriter: (file, fields, options, context) =>
    new LineWriter(file, fields, context, lineFormat(fields, readCsvOptions(options))),
};

/** A table may be declared over a file with a header: Flink has no option for it, but no data looks like that. */
function matchOptions(file: File, options: FormatOptions, fields: readonly Field[]): FormatOptions {
  if (options.header !== undefined || file.size() === 0) return options;
  const found = sniff(file, options);
  const names = found.fields.map((field) => field.name).join('\n');
  const same = found.header && names === fields.map((field) => field.name).join('\n');
  return same ? { ...options, header: 'true', 'field-delimiter': found.delimiter } : options;
}

function sniff(file: File, options: FormatOptions): CsvSniff {
  readCsvOptions(options);
  const given = options['field-delimiter'];
  const header = options.header === undefined ? null : options.header.toLowerCase() === 'true';
  return sniffCsv(file, given === '\\t' ? '\t' : (given ?? null), header);
}

/** @throws EngineError DATA-CSV for a file without rows */
function sniffRows(file: File, options: FormatOptions): CsvSniff {
  const found = sniff(file, options);
  if (found.fields.length > 0) return found;
  throw damagedFile('CSV', file.path, '', 'the file is empty, so its columns are not known', 'declare a table for it');
}

function lineFormat(fields: readonly Field[], options: CsvOptions): LineFormat {
  const delimiter = String.fromCharCode(options.delimiter);
  const text = { kind: 'VARCHAR', length: 1, nullable: false } as const;
  return {
    header: options.header ? fields.map(({ name }) => formatCell(name, text, options)).join(delimiter) : undefined,
    line: (values) => fields.map(({ type }, i) => formatCell(values[i]!, type, options)).join(delimiter),
  };
}
