/** Column names and lists of them, as EXPLAIN prints them. */
import type { Distribution, SortField } from '../../dataflow/traits.ts';
import type { Field } from '../../types/data-type.ts';
import type { Schema } from '../../types/schema.ts';

export function namesOf(schema: Schema): readonly string[] {
  return schema.fields.map((field) => field.name);
}

/** `a, b` for columns 0 and 1. */
export function columnList(columns: readonly number[], schema: Schema): string {
  return columns.map((index) => schema.fields[index]!.name).join(', ');
}

/** `pts DESC, player ASC`. The place of NULLs is not printed. */
export function printOrder(order: readonly SortField[], schema: Schema): string {
  return order.map(({ index, direction }) => `${schema.fields[index]!.name} ${direction}`).join(', ');
}

/** `hash[shop]`, `single`, `broadcast`. */
export function printDistribution(distribution: Distribution, schema: Schema): string {
  if (distribution.kind === 'hash') return `hash[${columnList(distribution.keys, schema)}]`;
  return distribution.kind === 'singleton' ? 'single' : distribution.kind;
}

/** The fields of two inputs side by side; a name that is taken gets a number: k, k0, k1. */
export function joinedFields(left: readonly Field[], right: readonly Field[]): readonly Field[] {
  const fields = [...left];
  const taken = new Set(left.map((field) => field.name));
  for (const field of right) {
    let name = field.name;
    for (let i = 0; taken.has(name); i++) name = `${field.name}${i}`;
    taken.add(name);
    fields.push({ ...field, name });
  }
  return fields;
}

/** Types of one schema under the names of another: what a node without names of its own does. */
export function renamed(types: Schema, names: readonly Field[]): Schema {
  return {
    ...types,
    fields: types.fields.map((field, i) => ({ name: names[i]?.name ?? field.name, type: field.type })),
  };
}
