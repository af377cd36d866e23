/** The formats by name. */
import { EngineError } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import type { ConnectorOption } from '../../dataflow/connector.ts';
import type { Options } from '../options.ts';
import { arrowFormat } from './arrow/index.ts';
import { csvFormat } from './csv/index.ts';
import type { FileFormat, FormatOptions } from './format.ts';
import { jsonFormat } from './json/index.ts';
import { parquetFormat } from './parquet/index.ts';
import { rawFormat } from './raw/index.ts';

const FORMATS: readonly FileFormat[] = [csvFormat, jsonFormat, parquetFormat, arrowFormat, rawFormat];

/** @throws EngineError FORMAT-UNKNOWN */
export function fileFormat(name: string): FileFormat {
  const format = FORMATS.find((candidate) => candidate.name === name);
  if (format !== undefined) return format;
  const names = FORMATS.map((candidate) => candidate.name);
  const nearest = didYouMean(name, names);
  throw new EngineError('FORMAT-UNKNOWN', `there is no format '${name}'`, {
    hint: `${nearest === undefined ? '' : `${nearest} `}formats are ${names.join(', ')}`,
  });
}

/** By magic, then by the end of the file's name; null when neither says. */
export function recogniseFormat(path: string, head: Uint8Array): FileFormat | null {
  const lower = path.toLowerCase();
  return (
    FORMATS.find((format) => format.recognises?.(head) === true) ??
    FORMATS.find((format) => format.extensions.some((extension) => lower.endsWith(extension))) ??
    null
  );
}

/** The options of every format with the format's name in front: `csv.field-delimiter`. */
export const FORMAT_OPTIONS: readonly ConnectorOption[] = FORMATS.flatMap((format) =>
  format.options.map((option) => ({ ...option, key: `${format.name}.${option.key}` })),
);

/** The options of one format, without its name in front. @throws EngineError for options of another format. */
export function formatOptions(format: FileFormat, options: Options): FormatOptions {
  const own: Record<string, string> = {};
  for (const [key, value] of Object.entries(options)) {
    const dot = key.indexOf('.');
    const prefix = key.slice(0, Math.max(dot, 0));
    if (prefix === format.name) own[key.slice(dot + 1)] = value;
    else if (FORMATS.some((other) => other.name === prefix)) {
      throw new EngineError('CONNECTOR-OPTION-UNKNOWN', `option '${key}' does not fit format '${format.name}'`, {
        hint: `options of ${format.name} begin with '${format.name}.'`,
      });
    }
  }
  return own;
}

export type {
  FileFormat,
  FileSplit,
  FormatOptions,
  FormatReader,
  FormatWriter,
  ReadRequest,
  StreamDecoder,
} from './format.ts';
