/**
 * How records of a program (JS values) become columns: what they look like is told from the first of them. Records of
 * another shape are kept whole.
 */

/** `plain`: whatever has no column type, one value at a time. */
export type RecordColumnType = 'number' | 'string' | 'boolean' | 'bigint' | 'date' | 'plain';

export interface RecordShape {
  /**
   * `object`: a column per property, in their order; `array`: a column per element; `value`: the one column, if any.
   */
  readonly kind: 'value' | 'object' | 'array';
  readonly names: readonly string[];
  readonly types: readonly RecordColumnType[];
}

/** Records with more parts are kept whole. */
const MAX_COLUMNS = 100;

export const OPAQUE: RecordShape = { kind: 'value', names: [], types: [] };

/** @param values at least one */
export function inferShape(values: readonly unknown[]): RecordShape {
  const first = values[0];
  if (Array.isArray(first)) {
    const names = Array.from(first, (_, i) => `f${i}`);
    return names.length > MAX_COLUMNS ? OPAQUE : typed('array', names, values);
  }
  if (isPlainObject(first)) {
    const names = Object.keys(first);
    // Assigning this one would not add a property.
    return names.length > MAX_COLUMNS || names.includes('__proto__') ? OPAQUE : typed('object', names, values);
  }
  const type = columnType(first);
  return type === null || type === 'plain' ? OPAQUE : { kind: 'value', names: ['value'], types: [type] };
}

/** The type of each part is that of the first record where it is not null. */
function typed(kind: 'object' | 'array', names: readonly string[], values: readonly unknown[]): RecordShape {
  const types = names.map((name, i): RecordColumnType => {
    for (const value of values) {
      if (typeof value !== 'object' || value === null) continue;
      const part =
        kind === 'array' ? (value as readonly unknown[])[i] : (value as Readonly<Record<string, unknown>>)[name];
      const type = columnType(part);
      if (type !== null) return type;
    }
    return 'plain';
  });
  return { kind, names, types };
}

/** null: of null. */
export function columnType(value: unknown): RecordColumnType | null {
  switch (typeof value) {
    case 'number':
    case 'string':
    case 'boolean':
      return typeof value as RecordColumnType;
    case 'bigint':
      return BigInt.asIntN(64, value) === value ? 'bigint' : 'plain';
    default:
      if (value === null) return null;
      return value instanceof Date && !Number.isNaN(value.getTime()) ? 'date' : 'plain';
  }
}

/** Made by a literal, or without a prototype's methods. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
