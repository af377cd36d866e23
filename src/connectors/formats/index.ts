/** The formats by name. Those of a session, or of a thread, remember what they have read of files. */
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

export class FileFormats {
  readonly #formats: readonly FileFormat[] = [csvFormat, jsonFormat, parquetFormat(), arrowFormat, rawFormat];

  /** What may stand in WITH for any of them, with the format's name in front: `csv.field-delimiter`. */
  get options(): readonly ConnectorOption[] {
    return this.#formats.flatMap(({ name, options }) =>
      options.map(({ key, required, doc }) => ({ key: `${name}.${key}`, required, doc })),
    );
  }

  /** @throws EngineError FORMAT-UNKNOWN */
  named(name: string): FileFormat {
    const format = this.#formats.find((candidate) => candidate.name === name);
    if (format !== undefined) return format;
    const names = this.#formats.map((candidate) => candidate.name);
    const nearest = didYouMean(name, names);
    throw new EngineError('FORMAT-UNKNOWN', `there is no format '${name}'`, {
      hint: `${nearest === undefined ? '' : `${nearest} `}formats are ${names.join(', ')}`,
    });
  }

  /** By magic, then by the end of the file's name; null when neither says. */
  recognise(path: string, head: Uint8Array): FileFormat | null {
    const lower = path.toLowerCase();
    return (
      this.#formats.find((format) => format.recognises?.(head) === true) ??
      this.#formats.find((format) => format.extensions.some((extension) => lower.endsWith(extension))) ??
      null
    );
  }

  /** The options of one format, without its name in front. @throws EngineError for options of another format. */
  optionsOf(format: FileFormat, options: Options): FormatOptions {
    const own: Record<string, string> = {};
    for (const [key, value] of Object.entries(options)) {
      const dot = key.indexOf('.');
      const prefix = key.slice(0, Math.max(dot, 0));
      if (prefix === format.name) own[key.slice(dot + 1)] = value;
      else if (this.#formats.some((other) => other.name === prefix)) {
        throw new EngineError('CONNECTOR-OPTION-UNKNOWN', `option '${key}' does not fit format '${format.name}'`, {
          hint: `options of ${format.name} begin with '${format.name}.'`,
        });
      }
    }
    return own;
  }
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
