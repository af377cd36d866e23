/**
 * Columns of the Nexmark table. What a query sees are the columns of nexmark-flink: `event_type` and three ROWs of
 * which one is not NULL. What the source makes are the fields of these rows, each a column of its own (`bid.price`),
 * because a query reads few of them and a ROW of all would cost more than most queries. The planner turns field
 * accesses into flat columns and composes a ROW only where one is selected as a whole.
 */
import { BIGINT, type DataType, type Field, INT, nullable, row, STRING, timestamp } from '../../types/data-type.ts';
import { type Schema, schemaOf } from '../../types/schema.ts';

/** Values of `event_type`. */
export const EVENT_TYPE = { person: 0, auction: 1, bid: 2 } as const;
export type EventKind = keyof typeof EVENT_TYPE;

export const EVENT_KINDS: readonly EventKind[] = ['person', 'auction', 'bid'];

const field = (name: string, type: DataType): Field => ({ name, type: nullable(type) });

/** Fields of the three rows, in order. */
export const EVENT_FIELDS: Readonly<Record<EventKind, readonly Field[]>> = {
  person: [
    field('id', BIGINT),
    field('name', STRING),
    field('emailAddress', STRING),
    field('creditCard', STRING),
    field('city', STRING),
    field('state', STRING),
    field('dateTime', timestamp(3)),
    field('extra', STRING),
  ],
  auction: [
    field('id', BIGINT),
    field('itemName', STRING),
    field('description', STRING),
    field('initialBid', BIGINT),
    field('reserve', BIGINT),
    field('dateTime', timestamp(3)),
    field('expires', timestamp(3)),
    field('seller', BIGINT),
    field('category', BIGINT),
    field('extra', STRING),
  ],
  bid: [
    field('auction', BIGINT),
    field('bidder', BIGINT),
    field('price', BIGINT),
    field('channel', STRING),
    field('url', STRING),
    field('dateTime', timestamp(3)),
    field('extra', STRING),
  ],
};

/** What `CREATE TABLE … WITH ('connector' = 'nexmark')` without columns declares. */
export function nexmarkSchema(): Schema {
  return schemaOf([
    { name: 'event_type', type: nullable(INT) },
    ...EVENT_KINDS.map((kind) => field(kind, row(EVENT_FIELDS[kind]))),
  ]);
}

/**
 * The schema with every top-level ROW replaced by its fields, named `row.field`, nullable: the physical columns of the
 * source. Primary key and rowtime, where they name columns that stay, are kept.
 */
export function flattenedSchema(schema: Schema): Schema {
  const fields: Field[] = [];
  const moved: number[] = [];
  for (const { name, type } of schema.fields) {
    moved.push(fields.length);
    if (type.kind !== 'ROW') fields.push({ name, type });
    else for (const inner of type.fields) fields.push(field(`${name}.${inner.name}`, inner.type));
  }
  const place = (index: number): number => moved[index]!;
  return {
    fields,
    primaryKey: schema.primaryKey === null ? null : schema.primaryKey.map(place),
    rowtime: schema.rowtime === null ? null : place(schema.rowtime),
  };
}

/** The index in `flattenedSchema(schema)` of a field access such as ['bid', 'price'], or -1. */
export function nestedField(schema: Schema, path: readonly string[]): number {
  const name = path.join('.');
  return flattenedSchema(schema).fields.findIndex((candidate) => candidate.name === name);
}

/** The indices in `flattenedSchema(schema)` of the fields of one ROW column, in order: what ROW(…) is composed of. */
export function fieldsOfRow(schema: Schema, column: number): readonly number[] {
  const { name, type } = schema.fields[column]!;
  if (type.kind !== 'ROW') return [];
  return type.fields.map((inner) => nestedField(schema, [name, inner.name]));
}
