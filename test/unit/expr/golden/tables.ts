/** The shared tables of the golden cases, read from tables.sql: views over VALUES, evaluated by the interpreter. */
import { readFileSync } from 'node:fs';
import { evaluate } from '../../../../src/expr/evaluate.ts';
import { castTo } from '../../../../src/expr/resolve.ts';
import type * as ast from '../../../../src/sql/ast.ts';
import { parse } from '../../../../src/sql/parse.ts';
import { leastRestrictive } from '../../../../src/types/coerce.ts';
import { type DataType, type Field, nullable } from '../../../../src/types/data-type.ts';
import type { Value } from '../../../../src/types/value.ts';
import { CONTEXT, Scope } from './bind.ts';

export interface Table {
  readonly fields: readonly Field[];
  readonly rows: readonly (readonly Value[])[];
}

/** The statements that make them. */
export const TABLES = readFileSync(new URL('../../../golden/expressions/tables.sql', import.meta.url), 'utf8');

/** All tables by name. */
export function readTables(): ReadonlyMap<string, Table> {
  const tables = new Map<string, Table>();
  for (const statement of parse(TABLES).statements) {
    if (statement.kind !== 'create-view') continue;
    const name = statement.name.parts[0]!.name;
    tables.set(name, nullableColumns(query(statement.query.body, tables)));
  }
  return tables;
}

/** The tables stand behind a source, whose columns are nullable. */
function nullableColumns(table: Table): Table {
  return { rows: table.rows, fields: table.fields.map((field) => ({ ...field, type: nullable(field.type, true) })) };
}

function query(body: ast.QueryBody, tables: ReadonlyMap<string, Table>): Table {
  switch (body.kind) {
    case 'set-operation': {
      const [left, right] = [query(body.left, tables), query(body.right, tables)];
      const fields = left.fields.map((field, i) => ({
        name: field.name,
        type: leastRestrictive([field.type, right.fields[i]!.type])!,
      }));
      return { fields, rows: [...left.rows, ...right.rows] };
    }
    case 'values':
      return values(body);
    case 'select':
      return select(body, tables);
    case 'query':
      return query(body.body, tables);
    default:
      throw new TypeError(body.kind);
  }
}

function values(body: ast.Values): Table {
  const scope = new Scope([]);
  const bound = body.rows.map((row) => row.map((item) => scope.bind(item)));
  const width = bound[0]!.length;
  const types = Array.from({ length: width }, (_, i): DataType => leastRestrictive(bound.map((row) => row[i]!.type))!);
  return {
    fields: types.map((type, i) => ({ name: `EXPR$${i}`, type })),
    rows: bound.map((row) => row.map((item, i) => evaluate(castTo(item, types[i]!), [], CONTEXT))),
  };
}

function select(body: ast.Select, tables: ReadonlyMap<string, Table>): Table {
  const from = body.from === undefined ? { fields: [], rows: [[]] } : queryTable(body.from, tables);
  const scope = new Scope(from.fields);
  if (body.items[0]!.expr.kind === 'star') return from;
  const items = body.items.map((item) => scope.bind(item.expr));
  return {
    fields: items.map((item, i) => ({ name: nameOf(body.items[i]!, i), type: item.type })),
    rows: from.rows.map((row) => items.map((item) => evaluate(item, row, CONTEXT))),
  };
}

function nameOf(item: ast.SelectItem, index: number): string {
  if (item.alias !== undefined) return item.alias.name;
  return item.expr.kind === 'column-ref' ? item.expr.name.parts.at(-1)!.name : `EXPR$${index}`;
}

/** What FROM names: a table, or VALUES. */
export function queryTable(ref: ast.TableRef, tables: ReadonlyMap<string, Table>): Table {
  if (ref.kind === 'named-table') return tables.get(ref.name.parts[0]!.name)!;
  if (ref.kind !== 'derived-table') throw new TypeError(ref.kind);
  const table = query(ref.query.body, tables);
  const columns = ref.alias?.columns;
  if (columns === undefined) return table;
  return { rows: table.rows, fields: table.fields.map((field, i) => ({ ...field, name: columns[i]!.name })) };
}
