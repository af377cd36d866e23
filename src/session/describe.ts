/** DESCRIBE, SHOW COLUMNS and SHOW CREATE: tables and views of the catalog as rows and as DDL, in Flink's words. */
import type { CatalogBaseTable, CatalogColumn, CatalogTable, CatalogView, Source } from '../catalog/catalog-table.ts';
import { type ObjectIdentifier, quotedPath } from '../catalog/catalog-table.ts';
import { BOOLEAN, type DataType, nullable, STRING } from '../types/data-type.ts';
import { printKind, printType } from '../types/print.ts';
import { type Schema, schemaOf } from '../types/schema.ts';
import type { Row } from './changelog-view.ts';
import { printSource } from './print-source.ts';

export interface DescribedColumns {
  readonly schema: Schema;
  readonly rows: readonly Row[];
}

/** One row per column: name, type, null, key, extras, watermark, and comment if there is one. */
export function describeColumns(
  table: CatalogBaseTable,
  matches: (name: string) => boolean = () => true,
): DescribedColumns {
  const columns = table.columns.filter(({ name }) => matches(name));
  const withComments = table.columns.some(({ comment }) => comment !== null);
  const schema = schemaOf([
    { name: 'name', type: nullable(STRING) },
    { name: 'type', type: nullable(STRING) },
    { name: 'null', type: nullable(BOOLEAN) },
    { name: 'key', type: nullable(STRING) },
    { name: 'extras', type: nullable(STRING) },
    { name: 'watermark', type: nullable(STRING) },
    ...(withComments ? [{ name: 'comment', type: nullable(STRING) }] : []),
  ]);
  const rows = columns.map((column): Row => {
    const row = [
      column.name,
      describedType(column, table),
      column.type.nullable,
      keyOf(column.name, table),
      extrasOf(column),
      watermarkOf(column.name, table),
    ];
    return withComments ? [...row, column.comment] : row;
  });
  return { schema, rows };
}

function describedType({ name, type }: CatalogColumn, table: CatalogBaseTable): string {
  const kind = printKind(type);
  if ('time' in type && type.time !== undefined) return `${kind} *${type.time.toUpperCase()}*`;
  const isRowtime =
    table.kind === 'table' && table.watermark?.rowtime.length === 1 && table.watermark.rowtime[0] === name;
  return isRowtime ? `${kind} *ROWTIME*` : kind;
}

function keyOf(name: string, table: CatalogBaseTable): string | null {
  const key = table.kind === 'table' ? table.primaryKey : null;
  return key?.columns.includes(name) === true ? `PRI(${key.columns.join(', ')})` : null;
}

function extrasOf(column: CatalogColumn): string | null {
  if (column.kind === 'computed') return `AS ${printSource(column.expression)}`;
  if (column.kind === 'physical') return null;
  const from = column.key === null ? '' : ` FROM '${escapeText(column.key)}'`;
  return `METADATA${from}${column.isVirtual ? ' VIRTUAL' : ''}`;
}

function watermarkOf(name: string, table: CatalogBaseTable): string | null {
  const watermark = table.kind === 'table' ? table.watermark : null;
  return watermark?.rowtime.join('.') === name ? printSource(watermark.expression) : null;
}

/** The statement that makes the table again. */
export function showCreateTable(path: ObjectIdentifier, table: CatalogTable, isTemporary: boolean): string {
  const elements = [
    ...table.columns.map(columnDefinition),
    ...(table.watermark === null ? [] : [watermarkDefinition(table.watermark)]),
    ...(table.primaryKey === null
      ? []
      : [
          `CONSTRAINT ${quoted(table.primaryKey.name)} ` +
            `PRIMARY KEY (${nameList(table.primaryKey.columns)}) NOT ENFORCED`,
        ]),
  ];
  const parts = [
    `CREATE ${isTemporary ? 'TEMPORARY ' : ''}TABLE ${quotedPath(path)} (\n  ${elements.join(',\n  ')}\n)`,
  ];
  if (table.comment !== null && table.comment !== '') parts.push(`COMMENT '${escapeText(table.comment)}'`);
  if (table.distribution !== null) parts.push(distributionClause(table.distribution));
  if (table.partitionKeys.length > 0) parts.push(`PARTITIONED BY (${nameList(table.partitionKeys)})`);
  const options = Object.entries(table.options).sort(([a], [b]) => (a < b ? -1 : 1));
  if (options.length > 0) {
    const lines = options.map(([key, value]) => `'${escapeText(key)}' = '${escapeText(value)}'`);
    parts.push(`WITH (\n  ${lines.join(',\n  ')}\n)`);
  }
  return `${parts.join('\n')}\n`;
}

export function showCreateView(path: ObjectIdentifier, view: CatalogView, isTemporary: boolean): string {
  const columns = view.columns.map(({ name, comment }) => `${quoted(name)}${commentClause(comment)}`);
  const head = `CREATE ${isTemporary ? 'TEMPORARY ' : ''}VIEW ${quotedPath(path)} (\n  ${columns.join(',\n  ')}\n)`;
  const comment = view.comment === null || view.comment === '' ? '' : `\nCOMMENT '${escapeText(view.comment)}'`;
  return `${head}${comment}\nAS ${printSource(view.query)}\n`;
}

function columnDefinition(column: CatalogColumn): string {
  const comment = commentClause(column.comment);
  switch (column.kind) {
    case 'physical':
      return `${quoted(column.name)} ${serializable(column.type)}${comment}`;
    case 'computed':
      return `${quoted(column.name)} AS ${printSource(column.expression)}${comment}`;
    case 'metadata':
      return `${quoted(column.name)} ${serializable(column.type)} ${extrasOf(column)}${comment}`;
  }
}

function watermarkDefinition({
  rowtime,
  expression,
}: {
  readonly rowtime: readonly string[];
  readonly expression: Source;
}): string {
  return `WATERMARK FOR ${rowtime.map(quoted).join('.')} AS ${printSource(expression)}`;
}

function distributionClause({ kind, columns, buckets }: NonNullable<CatalogTable['distribution']>): string {
  const by =
    kind === 'UNKNOWN' ? (columns.length > 0 ? ` BY (${nameList(columns)})` : '') : ` BY ${kind}(${nameList(columns)})`;
  return `DISTRIBUTED${by}${buckets === null ? '' : ` INTO ${buckets} BUCKETS`}`;
}

function commentClause(comment: string | null): string {
  return comment === null || comment === '' ? '' : ` COMMENT '${escapeText(comment)}'`;
}

function nameList(names: readonly string[]): string {
  return names.map(quoted).join(', ');
}

function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

export function escapeText(text: string): string {
  return text.replaceAll("'", "''");
}

/** The type with lengths written out: STRING is VARCHAR(2147483647) here. */
function serializable(type: DataType): string {
  return printType({ ...type, ...('time' in type ? { time: undefined } : {}) } as DataType)
    .replaceAll(/\bSTRING\b/g, 'VARCHAR(2147483647)')
    .replaceAll(/\bBYTES\b/g, 'VARBINARY(2147483647)');
}
