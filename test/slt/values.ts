/** Between the texts of the corpus and the values of the engine. */
import type { DataType } from '../../src/types/data-type.ts';
import type { Json } from '../../src/types/json.ts';

/** The JSON that the connector `values` takes for a text of a `rows` record. */
export function textToJson(text: string, type: DataType): Json {
  if (text === 'NULL') return null;
  switch (type.kind) {
    case 'BOOLEAN':
      return text === 'true';
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
      return Number(text);
    case 'FLOAT':
    case 'DOUBLE':
      return Number.isFinite(Number(text)) ? Number(text) : text;
    case 'ARRAY':
    case 'MAP':
    case 'MULTISET':
    case 'ROW':
      return JSON.parse(text) as Json;
    case 'CHAR':
    case 'VARCHAR':
      return text.startsWith('"') ? (JSON.parse(text) as string) : text;
    default:
      return text;
  }
}

/** The letter of `query TYPES`. */
export function typeLetter(type: DataType): string {
  switch (type.kind) {
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
      return 'I';
    case 'DECIMAL':
      return 'N';
    case 'FLOAT':
    case 'DOUBLE':
      return 'R';
    case 'CHAR':
    case 'VARCHAR':
      return 'T';
    case 'BOOLEAN':
      return 'B';
    case 'DATE':
      return 'D';
    case 'TIME':
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return 'S';
    case 'BINARY':
    case 'VARBINARY':
      return 'X';
    default:
      return 'O';
  }
}

/** Are the two texts of a column the same? Floating-point numbers may differ by 1e-9 of their size. */
export function sameText(actual: string, expected: string, type: DataType): boolean {
  if (actual === expected) return true;
  if (type.kind !== 'DOUBLE' && type.kind !== 'FLOAT') return false;
  const [a, b] = [Number(actual), Number(expected)];
  return Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b));
}
