/** Delimiter, header and types of a CSV file, from its beginning: for `SELECT … FROM 'file.csv'`. */
import type { File } from '../../../base/fs.ts';
import { type DataType, type Field, MAX_LENGTH } from '../../../types/data-type.ts';
import { parseScalar } from '../text-values.ts';

const SAMPLE_BYTES = 1 << 18;
const DELIMITERS = [',', '\t', ';', '|'];

export interface CsvSniff {
  readonly delimiter: string;
  readonly header: boolean;
  readonly fields: readonly Field[];
  /** Estimated from the sample; without any row there are no fields. */
  readonly rowCount: number;
}

const nullable = (kind: 'BOOLEAN' | 'BIGINT' | 'DOUBLE' | 'DATE'): DataType => ({ kind, nullable: true });
/** From the narrowest: a column has the first that all its values fit. */
const CANDIDATES: readonly DataType[] = [
  nullable('BOOLEAN'),
  nullable('BIGINT'),
  nullable('DOUBLE'),
  nullable('DATE'),
  { kind: 'TIMESTAMP', precision: 3, nullable: true },
  { kind: 'TIMESTAMP', precision: 6, nullable: true },
];
const TEXT: DataType = { kind: 'VARCHAR', length: MAX_LENGTH, nullable: true };

/** @param delimiter the one that the user gave, if any; `header` likewise. */
export function sniffCsv(file: File, delimiter: string | null, header: boolean | null): CsvSniff {
  const size = file.size();
  const bytes = new Uint8Array(Math.min(size, SAMPLE_BYTES));
  file.readFully(bytes, 0);
  const text = Buffer.from(bytes)
    .toString('utf8')
    .replace(/^\ufeff/, '');
  const found = delimiter ?? bestDelimiter(text);
  const rows = splitRows(text, found, bytes.length < size);
  const [first] = rows;
  if (first === undefined) return { delimiter: found, header: false, fields: [], rowCount: 0 };
  const hasHeader = header ?? looksLikeHeader(first);
  const data = hasHeader ? rows.slice(1) : rows;
  const names = hasHeader ? uniqueNames(first) : first.map((_, i) => `column${i}`);
  const fields = names.map((name, i) => ({ name, type: columnType(data.map((row) => row[i] ?? '')) }));
  const rowCount = text.length === 0 ? 0 : Math.round((data.length * size) / Math.max(1, bytes.length));
  return { delimiter: found, header: hasHeader, fields, rowCount };
}

function bestDelimiter(text: string): string {
  const lines = text.split('\n', 20).filter((line) => line.trim() !== '');
  const score = (delimiter: string): number => {
    const counts = lines.map((line) => line.split(delimiter).length - 1);
    const [first = 0] = counts;
    return first === 0 ? 0 : first + (counts.every((count) => count === first) ? 1000 : 0);
  };
  return DELIMITERS.reduce((best, delimiter) => (score(delimiter) > score(best) ? delimiter : best));
}

/** Rows of fields without quotes; the last is left out if the sample cuts it off. */
function splitRows(text: string, delimiter: string, cut: boolean): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  while (at < text.length) {
    let value = '';
    if (text[at] === '"') {
      let end = at + 1;
      for (;;) {
        end = text.indexOf('"', end);
        if (end < 0) return rows;
        if (text[end + 1] !== '"') break;
        end += 2;
      }
      value = text.slice(at + 1, end).replaceAll('""', '"');
      at = end + 1;
    } else {
      let end = at;
      while (end < text.length && text[end] !== delimiter && text[end] !== '\n') end++;
      value = text.slice(at, end).replace(/\r$/, '');
      at = end;
    }
    row.push(value);
    if (text[at] === '\r') at++;
    if (text[at] === delimiter) {
      at++;
      if (at < text.length) continue;
      row.push('');
    }
    if (at >= text.length && cut) return rows;
    at++;
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
  }
  return rows;
}

/** Names and no values: distinct, none of them a number, a date or a truth value. */
function looksLikeHeader(row: readonly string[]): boolean {
  return (
    new Set(row).size === row.length &&
    row.every((cell) => /^[\p{L}_][\p{L}\p{N} _.$/()-]*$/u.test(cell) && !/^(true|false|null|nan)$/i.test(cell))
  );
}

function uniqueNames(row: readonly string[]): string[] {
  return row.map((name, i) => (row.indexOf(name) < i ? `${name}_${i}` : name));
}

function columnType(values: readonly string[]): DataType {
  const present = values.filter((value) => value !== '');
  if (present.length === 0) return TEXT;
  return CANDIDATES.find((type) => present.every((value) => fits(value, type))) ?? TEXT;
}

function fits(text: string, type: DataType): boolean {
  if (type.kind === 'BOOLEAN') return /^(true|false)$/i.test(text);
  if (type.kind === 'BIGINT' && /^[+-]?0\d/.test(text)) return false;
  if (type.kind === 'DOUBLE' && !/^[+-]?(\d|\.\d)/.test(text)) return false;
  if (type.kind === 'TIMESTAMP' && type.precision === 3 && /\.\d{4,}$/.test(text)) return false;
  return parseScalar(text, type, 'SQL') !== undefined;
}
