/** The format `json`: one object per line. */
import { damagedFile } from '../../../base/damaged-file.ts';
import { EngineError } from '../../../base/errors.ts';
import type { File } from '../../../base/fs.ts';
import type { DataType, Field } from '../../../types/data-type.ts';
import { MAX_LENGTH } from '../../../types/data-type.ts';
import type { FileFormat } from '../format.ts';
import { type LineFormat, LineWriter } from '../line-writer.ts';
import { TextFileReader } from '../text-file-reader.ts';
import { isObject, type JsonOptions, JsonProblem, objectText } from './convert.ts';
import { compileJsonKernels, JsonDecoder } from './decoder.ts';
import { type JsonValue, parseJson } from './json-text.ts';
import { readJsonOptions } from './options.ts';

const SAMPLE_BYTES = 1 << 18;

export const jsonFormat: FileFormat = {
  name: 'json',
  extensions: ['.json', '.jsonl', '.ndjson'],
  options: [
    { key: 'ignore-parse-errors', required: false, default: 'false', doc: 'NULL or no row instead of an error.' },
    { key: 'fail-on-missing-field', required: false, default: 'false', doc: 'An error where a column has no field.' },
    { key: 'timestamp-format.standard', required: false, default: 'SQL', doc: 'SQL or ISO-8601.' },
    { key: 'map-null-key.mode', required: false, default: 'FAIL', doc: 'FAIL, DROP or LITERAL, when writing.' },
    { key: 'map-null-key.literal', required: false, default: 'null', doc: 'The key written with LITERAL.' },
    { key: 'encode.decimal-as-plain-number', required: false, default: 'false', doc: 'Never write 1E+2.' },
    { key: 'encode.ignore-null-fields', required: false, default: 'false', doc: 'Leave out fields that are NULL.' },
  ],
  inferFields,
  splits: (file) => [{ path: file.path, part: 0, rowsDone: 0 }],
  statistics: (file) => ({ rowCount: estimateRows(file), columns: {} }),
  createReader: (request, context) => {
    const kernels = compileJsonKernels(context);
    return new TextFileReader(context, ({ path, byteOffset = 0, line = 1 }) => {
      return new JsonDecoder(path, request, context, kernels, { byteOffset, line });
    });
  },
  createDecoder: (source, request, context, from = { byteOffset: 0, line: 1 }) =>
    new JsonDecoder(source, request, context, compileJsonKernels(context), from),
  createWriter: (file, fields, options, context) =>
    new LineWriter(file, fields, context, lineFormat(file.path, fields, readJsonOptions(options))),
};

function lineFormat(path: string, fields: readonly Field[], options: JsonOptions): LineFormat {
  return {
    line: (values) => {
      try {
        return objectText(
          fields.map(({ name, type }, i) => [name, values[i]!, type]),
          options,
        );
      } catch (error) {
        if (error instanceof JsonProblem) throw new EngineError('DATA-JSON', error.message, { location: path });
        throw error;
      }
    },
  };
}

/** Columns of the objects at the beginning of the file: the narrowest type that holds all values of a field. */
function inferFields(file: File): readonly Field[] {
  const fields = new Map<string, DataType>();
  for (const [i, line] of sampleLines(file).entries()) {
    let json: JsonValue;
    try {
      json = parseJson(line);
    } catch (error) {
      throw damagedFile('JSON', file.path, String(i + 1), (error as Error).message, 'each line must be a JSON object');
    }
    if (!isObject(json)) {
      throw damagedFile('JSON', file.path, String(i + 1), 'the line is no JSON object', 'write one object per line');
    }
    for (const [name, value] of Object.entries(json)) {
      const known = fields.get(name);
      const found = jsonType(value);
      fields.set(name, known === undefined ? found : widerType(known, found));
    }
  }
  return [...fields].map(([name, type]) => ({ name, type: type.kind === 'NULL' ? TEXT : type }));
}

const TEXT: DataType = { kind: 'VARCHAR', length: MAX_LENGTH, nullable: true };

function sampleLines(file: File): string[] {
  const bytes = new Uint8Array(Math.min(file.size(), SAMPLE_BYTES));
  file.readFully(bytes, 0);
  const text = Buffer.from(bytes)
    .toString('utf8')
    .replace(/^\ufeff/, '');
  const lines = text.split('\n');
  if (bytes.length < file.size() && lines.length > 1) lines.pop();
  return lines.filter((line) => line.trim() !== '');
}

function jsonType(json: JsonValue): DataType {
  if (json === null) return { kind: 'NULL', nullable: true };
  if (typeof json === 'boolean') return { kind: 'BOOLEAN', nullable: true };
  if (typeof json === 'number') return { kind: Number.isSafeInteger(json) ? 'BIGINT' : 'DOUBLE', nullable: true };
  if (typeof json === 'string') return textType(json);
  if (Array.isArray(json)) {
    const elements = (json as readonly JsonValue[]).map(jsonType);
    const element = elements.reduce(widerType, { kind: 'NULL', nullable: true });
    return { kind: 'ARRAY', element: element.kind === 'NULL' ? TEXT : element, nullable: true };
  }
  if (!isObject(json)) return { kind: 'DOUBLE', nullable: true };
  const fields = Object.entries(json).map(([name, value]) => {
    const type = jsonType(value);
    return { name, type: type.kind === 'NULL' ? TEXT : type };
  });
  return { kind: 'ROW', fields, nullable: true };
}

function textType(text: string): DataType {
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return { kind: 'DATE', nullable: true };
  if (/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,9})?$/.test(text))
    return { kind: 'TIMESTAMP', precision: 3, nullable: true };
  return TEXT;
}

function widerType(a: DataType, b: DataType): DataType {
  if (a.kind === 'NULL') return b;
  if (b.kind === 'NULL' || JSON.stringify(a) === JSON.stringify(b)) return a;
  const numbers = new Set(['BIGINT', 'DOUBLE']);
  if (numbers.has(a.kind) && numbers.has(b.kind)) return { kind: 'DOUBLE', nullable: true };
  if (a.kind === 'ARRAY' && b.kind === 'ARRAY') {
    return { kind: 'ARRAY', element: widerType(a.element, b.element), nullable: true };
  }
  if (a.kind === 'ROW' && b.kind === 'ROW') {
    const fields = [...a.fields];
    for (const field of b.fields) {
      const at = fields.findIndex((other) => other.name === field.name);
      if (at < 0) fields.push(field);
      else fields[at] = { name: field.name, type: widerType(fields[at]!.type, field.type) };
    }
    return { kind: 'ROW', fields, nullable: true };
  }
  return TEXT;
}

function estimateRows(file: File): number {
  const lines = sampleLines(file);
  const bytes = lines.reduce((sum, line) => sum + line.length + 1, 0);
  return bytes === 0 ? 0 : Math.round((file.size() / bytes) * lines.length);
}
