/** The connector `filesystem`: files, directories with partitions, and globs, in any format of connectors/formats. */
import { EngineError } from '../../base/errors.ts';
import type { File, FileSystem } from '../../base/fs.ts';
import type { ConnectorFactory, ConnectorSpec } from '../../dataflow/connector.ts';
import { type DataType, MAX_LENGTH } from '../../types/data-type.ts';
import { type Schema, schemaOf } from '../../types/schema.ts';
import { type FileFormat, FileFormats } from '../formats/index.ts';
import type { Options } from '../options.ts';
import { type DataFile, DEFAULT_PARTITION, fileNotFound, findFiles, localPath } from './paths.ts';
import { FilesystemSink } from './sink.ts';
import { FilesystemSource } from './source.ts';

/** The connector, with formats that remember what they have read of files. */
export function filesystemConnector(): ConnectorFactory {
  const formats = new FileFormats();
  return {
    connector: 'filesystem',
    sinkAbilities: ['partitioning', 'overwrite'],
    options: [
      { key: 'path', required: true, doc: 'A file, a directory or a glob such as data/*.csv.' },
      {
        key: 'format',
        required: false,
        doc: 'csv, json, parquet, arrow or raw; default: as the file looks, with its header.',
      },
      {
        key: 'partition.default-name',
        required: false,
        default: DEFAULT_PARTITION,
        doc: 'The directory name that stands for NULL.',
      },
      ...formats.options,
    ],
    createSource: (spec, context) => {
      const isDeclared = spec.table !== spec.options.path;
      const { format, options, partitionNames } = resolveFormat(
        spec.options,
        { formats, fileSystem: context.fileSystem },
        isDeclared ? spec : null,
      );
      return new FilesystemSource(spec, format, options, partitionKeys(spec, partitionNames), context);
    },
    createSink: (spec) => {
      const format = sinkFormat(formats, spec);
      return new FilesystemSink(spec, format, formats.optionsOf(format, spec.options), partitionKeys(spec, []));
    },
    inferSchema: (options, { fileSystem }) => inferSchema(options, { formats, fileSystem }),
  };
}

/** Where files lie, and what can be in them. */
interface Files {
  readonly formats: FileFormats;
  readonly fileSystem: FileSystem;
}

/** Columns of the first file, and those of the partitions as text. */
function inferSchema(options: Options, from: Files): Schema {
  const { fileSystem } = from;
  const files = existingFiles(fileSystem, options);
  const first = files.find((file) => file.size > 0) ?? files[0]!;
  const { format, options: resolved } = resolveFormat(options, from, null);
  if (format.inferFields === undefined) {
    throw new EngineError('CONNECTOR-SCHEMA', `format '${format.name}' does not say which columns a file has`, {
      hint: 'declare the columns in CREATE TABLE',
    });
  }
  const file = fileSystem.open(first.path, 'read');
  try {
    const fields = format.inferFields(file, resolved);
    const text: DataType = { kind: 'VARCHAR', length: MAX_LENGTH, nullable: true };
    const partitions = Object.keys(first.partition).filter((key) => !fields.some((field) => field.name === key));
    return schemaOf([...fields, ...partitions.map((name) => ({ name, type: text }))]);
  } finally {
    file.close();
  }
}

/** @throws EngineError FILE-NOT-FOUND with names that are near. */
function existingFiles(fileSystem: FileSystem, options: Options): DataFile[] {
  const path = localPath(options.path ?? '');
  const files = findFiles(fileSystem, path, options['partition.default-name']);
  if (files.length > 0) return files;
  throw fileNotFound(fileSystem, path);
}

interface ResolvedFormat {
  readonly format: FileFormat;
  readonly options: Options;
  /** Partition columns that the directories name, where nobody declared the table. */
  readonly partitionNames: readonly string[];
}

/**
 * The format and its options. A table that nobody declared (its name is the path) is a file as it stands: then the
 * first file shows the delimiter and header of CSV and the partition columns.
 */
function resolveFormat(options: Options, from: Files, declared: ConnectorSpec | null): ResolvedFormat {
  const { formats, fileSystem } = from;
  const named = options.format === undefined ? null : formats.named(options.format);
  const path = localPath(options.path ?? '');
  const files = named === null ? existingFiles(fileSystem, options) : findFiles(fileSystem, path);
  const first = files.find((file) => file.size > 0) ?? files[0];
  const partitions = declared === null ? Object.keys(first?.partition ?? {}) : [];
  const looksAtFile = declared === null ? named?.inferOptions : named?.matchOptions;
  if (named !== null && (first === undefined || (looksAtFile === undefined && partitions.length === 0))) {
    return { format: named, options: formats.optionsOf(named, options), partitionNames: [] };
  }
  const file = fileSystem.open(first!.path, 'read');
  try {
    const format = named ?? recognise(formats, file);
    const given = formats.optionsOf(format, options);
    if (declared !== null) {
      const { partitionKeys: keys = [], schema } = declared;
      const fields = schema.fields.filter((field) => !keys.includes(field.name));
      return { format, options: format.matchOptions?.(file, given, fields) ?? given, partitionNames: [] };
    }
    const names = format.inferFields?.(file, given).map((field) => field.name) ?? [];
    return {
      format,
      options: format.inferOptions?.(file, given) ?? given,
      partitionNames: partitions.filter((name) => !names.includes(name)),
    };
  } finally {
    file.close();
  }
}

function recognise(formats: FileFormats, file: File): FileFormat {
  const head = new Uint8Array(8);
  const length = file.read(head, 0);
  const format = formats.recognise(file.path, head.subarray(0, length));
  if (format !== null) return format;
  throw new EngineError('FORMAT-UNKNOWN', `the format of '${file.path}' is not known`, {
    hint: "name it: 'format' = 'csv', 'json', 'parquet', 'arrow' or 'raw'",
  });
}

function sinkFormat(formats: FileFormats, spec: ConnectorSpec): FileFormat {
  const name = spec.options.format;
  const format =
    name === undefined ? formats.recognise(spec.options.path ?? '', new Uint8Array(0)) : formats.named(name);
  if (format?.createWriter !== undefined) return format;
  throw new EngineError(
    'CONNECTOR-OPTION-MISSING',
    format === null ? `table ${spec.table} needs the option 'format'` : `format '${format.name}' cannot be written`,
    { hint: "'format' = 'csv', 'json', 'parquet' or 'arrow'" },
  );
}

/** @throws EngineError for a key that is no column. */
function partitionKeys(spec: ConnectorSpec, inferred: readonly string[]): readonly number[] {
  return (spec.partitionKeys ?? inferred).map((name) => {
    const index = spec.schema.fields.findIndex((field) => field.name === name);
    if (index >= 0) return index;
    throw new EngineError(
      'CONNECTOR-OPTION-VALUE',
      `table ${spec.table} is partitioned by ${name}, which is no column`,
    );
  });
}
