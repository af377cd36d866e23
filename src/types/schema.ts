/** The resolved shape of the rows on an edge, of a table or of a result. Plain JSON. */
import type { Field } from './data-type.ts';

export interface Schema {
  readonly fields: readonly Field[];
  /** 0-based field indices, in the order declared; null if no key is declared. */
  readonly primaryKey: readonly number[] | null;
  /** 0-based index of the field that carries the watermark; null if none. */
  readonly rowtime: number | null;
}

/** A schema without key and time attribute. */
export function schemaOf(fields: readonly Field[]): Schema {
  return { fields, primaryKey: null, rowtime: null };
}

/** @returns the index of the field with exactly this name, or -1. */
export function fieldIndex(schema: Schema, name: string): number {
  return schema.fields.findIndex((field) => field.name === name);
}
