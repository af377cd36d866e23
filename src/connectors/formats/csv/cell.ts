/** One field as a value and back, exactly by Flink's rules: the slow path beside the kernels. */
import type { DataType } from '../../../types/data-type.ts';
import { dateOf } from '../../../types/temporal.ts';
import type { Value } from '../../../types/value.ts';
import { formatScalar, parseScalar } from '../text-values.ts';
import type { CsvOptions } from './options.ts';

/** The value of a field, or undefined where the text is none of the type. */
export function parseCell(text: string, type: DataType, options: CsvOptions): Value | undefined {
  if (options.nullLiteral !== null && text === options.nullLiteral) return null;
  switch (type.kind) {
    case 'CHAR':
    case 'VARCHAR':
      return text;
    case 'BOOLEAN':
      return parseScalar(text, type, 'SQL');
    case 'BINARY':
    case 'VARBINARY':
      return parseScalar(text, type, 'SQL');
    case 'ARRAY':
      return elements(text, options).map((part) => parseCell(part, type.element, options)) as Value[];
    case 'ROW': {
      const parts = elements(text, options);
      return type.fields.map((field, i) =>
        parts[i] === undefined ? null : parseCell(parts[i], field.type, options),
      ) as Value[] | undefined;
    }
    case 'DATE': {
      const match = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text.trim());
      if (match === null) return text.trim() === '' ? null : undefined;
      return dateOf(Number(match[1]), Number(match[2]), Number(match[3])) ?? undefined;
    }
    default:
      return text.trim() === '' ? null : parseScalar(text, type, 'SQL');
  }
}

function elements(text: string, options: CsvOptions): string[] {
  return text === '' ? [] : text.split(options.elementDelimiter);
}

/** The field as it is written, quoted where that is needed. */
export function formatCell(value: Value, type: DataType, options: CsvOptions): string {
  if (value === null) return options.nullLiteral ?? '';
  switch (type.kind) {
    case 'BOOLEAN':
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
    case 'FLOAT':
    case 'DOUBLE':
    case 'DECIMAL':
      return formatScalar(value, type, 'SQL', options.plainDecimals);
    case 'ARRAY':
    case 'MULTISET': {
      const parts = (value as readonly Value[]).map((element) => elementText(element, type.element, options));
      return quoteText(parts.join(options.elementDelimiter), options);
    }
    case 'ROW': {
      const parts = type.fields.map((field, i) => elementText((value as readonly Value[])[i]!, field.type, options));
      return quoteText(parts.join(options.elementDelimiter), options);
    }
    default:
      return quoteText(formatScalar(value, type, 'SQL', options.plainDecimals), options);
  }
}

function elementText(value: Value, type: DataType, options: CsvOptions): string {
  return value === null ? (options.nullLiteral ?? '') : formatScalar(value, type, 'SQL', options.plainDecimals);
}

/** Jackson's rule, which is Flink's: quotes around texts longer than 24 or with a character up to `,`. */
function quoteText(text: string, options: CsvOptions): string {
  if (options.quote < 0) return text;
  const quote = String.fromCharCode(options.quote);
  const safe = Math.max(options.delimiter, options.quote, 13) + 1;
  let needed = text.length > 24;
  for (let i = 0; i < text.length && !needed; i++) {
    const code = text.charCodeAt(i);
    needed = code < safe || code === options.escape;
  }
  if (!needed) return text;
  if (options.escape < 0) return quote + text.replaceAll(quote, quote + quote) + quote;
  const before = String.fromCharCode(options.escape);
  const escaped = text.replaceAll(before, before + before).replaceAll(quote, before + quote);
  return quote + escaped + quote;
}
