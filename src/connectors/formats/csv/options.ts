/** Options of the format `csv`: Flink's, and `header`, which is ours. */
import { EngineError } from '../../../base/errors.ts';
import type { ConnectorOption } from '../../../dataflow/connector.ts';
import { OptionReader } from '../../options.ts';
import type { FormatOptions } from '../format.ts';

export interface CsvOptions {
  /** One byte each; quote and escape -1 where there is none. */
  readonly delimiter: number;
  readonly quote: number;
  readonly escape: number;
  readonly comments: boolean;
  readonly ignoreParseErrors: boolean;
  readonly nullLiteral: string | null;
  readonly elementDelimiter: string;
  readonly plainDecimals: boolean;
  /** The first line of a file holds names. */
  readonly header: boolean;
}

export const CSV_OPTIONS: readonly ConnectorOption[] = [
  { key: 'field-delimiter', required: false, default: ',', doc: 'The character between fields; \\t for a tab.' },
  { key: 'quote-character', required: false, default: '"', doc: 'The character around fields with delimiters.' },
  { key: 'disable-quote-character', required: false, default: 'false', doc: 'Take quotes as they are.' },
  { key: 'escape-character', required: false, doc: 'The character before one that is meant literally.' },
  { key: 'allow-comments', required: false, default: 'false', doc: 'Skip lines that begin with #.' },
  { key: 'ignore-parse-errors', required: false, default: 'false', doc: 'NULL or no row instead of an error.' },
  { key: 'null-literal', required: false, doc: 'The text that stands for NULL.' },
  { key: 'array-element-delimiter', required: false, default: ';', doc: 'Between elements of ARRAY and ROW.' },
  {
    key: 'write-bigdecimal-in-scientific-notation',
    required: false,
    default: 'true',
    doc: 'Write DECIMAL 100 as 1E+2.',
  },
  { key: 'header', required: false, default: 'false', doc: 'The first line of each file holds names (not in Flink).' },
];

/** @throws EngineError CONNECTOR-OPTION-VALUE */
export function readCsvOptions(options: FormatOptions): CsvOptions {
  const reader = new OptionReader('csv', options);
  const character = (key: string): number | null => {
    const text = reader.text(key);
    if (text === null) return null;
    const char = text === '\\t' ? '\t' : text;
    if (char.length === 1 && char.charCodeAt(0) < 128 && char !== '\n' && char !== '\r' && char !== '\0') {
      return char.charCodeAt(0);
    }
    throw reader.invalid(key, 'one ASCII character');
  };
  const withoutQuotes = reader.boolean('disable-quote-character', false);
  if (withoutQuotes && options['quote-character'] !== undefined && options['quote-character'] !== '"') {
    throw new EngineError(
      'CONNECTOR-OPTION',
      "'csv.quote-character' and 'csv.disable-quote-character' exclude another",
    );
  }
  return {
    delimiter: character('field-delimiter') ?? 44,
    quote: withoutQuotes ? -1 : (character('quote-character') ?? 34),
    escape: character('escape-character') ?? -1,
    comments: reader.boolean('allow-comments', false),
    ignoreParseErrors: reader.boolean('ignore-parse-errors', false),
    nullLiteral: reader.text('null-literal'),
    elementDelimiter: reader.textOr('array-element-delimiter', ';'),
    plainDecimals: !reader.boolean('write-bigdecimal-in-scientific-notation', true),
    header: reader.boolean('header', false),
  };
}
