/**
 * The tableau mode of Flink's SQL client. A changelog is printed as it comes, in columns whose width follows from their
 * type, with a column of kinds; a final result when it is whole, in columns as wide as their values.
 */
import type { ResolvedMode } from '../dataflow/traits.ts';
import type { DataType } from '../types/data-type.ts';
import { ROW_KIND_SHORT } from '../types/row-kind.ts';
import type { Schema } from '../types/schema.ts';
import { type TimeZone, timeZone } from '../types/time-zone.ts';
import type { Value } from '../types/value.ts';
import type { Change } from './changelog-view.ts';
import { displayValue, NULL_TEXT, padded, type TextWidth, textWidth, truncate } from './display-text.ts';

export interface TableauOptions {
  /** `table.display.max-column-width` */
  readonly maxColumnWidth: number;
  readonly zone: TimeZone;
  readonly width: TextWidth;
}

/** What is printed: a TableResult. */
export interface Printable {
  readonly schema: Schema;
  readonly mode: ResolvedMode | null;
  readonly isChangelog: boolean;
  batches(): AsyncIterable<readonly Change[]>;
}

const DEFAULTS: TableauOptions = { maxColumnWidth: 30, zone: timeZone('UTC'), width: textWidth };
export async function printTableau(
  result: Printable,
  write: (line: string) => void,
  options: Partial<TableauOptions> = {},
): Promise<void> {
  const all = { ...DEFAULTS, ...options };
  if (result.isChangelog) await printChangelog(result, write, all);
  else await printWhole(result, write, all);
}

async function printChangelog(
  result: Printable,
  write: (line: string) => void,
  options: TableauOptions,
): Promise<void> {
  const { fields } = result.schema;
  const widths = fields.map(({ name, type }) =>
    Math.max(typeWidth(type, options.maxColumnWidth), options.width(name), type.nullable ? NULL_TEXT.length : 0),
  );
  const table = new Box([2, ...widths], options);
  write(table.rule());
  write(table.line(['op', ...fields.map(({ name }) => name)]));
  write(table.rule());
  let rows = 0;
  for await (const changes of result.batches()) {
    for (const { kind, row } of changes) {
      const cells = fields.map(({ type }, i) => displayValue(row[i] ?? null, type, options.zone));
      write(table.line([ROW_KIND_SHORT[kind], ...cells]));
    }
    rows += changes.length;
  }
  if (rows > 0) write(table.rule());
  write(`Received a total of ${rows} ${rows === 1 ? 'row' : 'rows'}`);
}

async function printWhole(result: Printable, write: (line: string) => void, options: TableauOptions): Promise<void> {
  const { fields } = result.schema;
  // Answers about the catalog and the session are shown whole, what is not there as nothing.
  const isQuery = result.mode !== null;
  const maxColumnWidth = isQuery ? options.maxColumnWidth : Number.POSITIVE_INFINITY;
  const rows: string[][] = [];
  const display = (value: Value, type: DataType): string =>
    value === null && !isQuery ? '' : displayValue(value, type, options.zone);
  for await (const changes of result.batches()) {
    for (const { row } of changes) rows.push(fields.map(({ type }, i) => display(row[i] ?? null, type)));
  }
  if (rows.length === 0) {
    write('Empty set');
    return;
  }
  const widths = fields.map(({ name }, i) =>
    Math.max(options.width(name), ...rows.map((row) => Math.min(maxColumnWidth, options.width(row[i] as string)))),
  );
  const table = new Box(widths, options);
  write(table.rule());
  write(table.line(fields.map(({ name }) => name)));
  write(table.rule());
  for (const row of rows) write(table.line(row));
  write(table.rule());
  write(`${rows.length} ${rows.length === 1 ? 'row' : 'rows'} in set`);
}

/** Columns for the values of a type in a changelog, whose rows are not known beforehand. */
function typeWidth(type: DataType, maxColumnWidth: number): number {
  switch (type.kind) {
    case 'BOOLEAN':
      return 5;
    case 'TINYINT':
      return 4;
    case 'SMALLINT':
      return 6;
    case 'INT':
      return 11;
    case 'BIGINT':
      return 20;
    case 'DECIMAL':
      return type.precision + 2;
    case 'DATE':
      return 10;
    case 'TIME':
      return type.precision === 0 ? 8 : type.precision + 9;
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      return type.precision === 0 ? 19 : type.precision <= 3 ? 23 : type.precision <= 6 ? 26 : 29;
    default:
      return maxColumnWidth;
  }
}

class Box {
  readonly #widths: readonly number[];
  readonly #width: TextWidth;

  constructor(widths: readonly number[], { width }: TableauOptions) {
    this.#widths = widths;
    this.#width = width;
  }

  rule(): string {
    return `+${this.#widths.map((columns) => '-'.repeat(columns + 2)).join('+')}+`;
  }

  line(cells: readonly string[]): string {
    const shown = cells.map((cell, i) => {
      const columns = this.#widths[i] as number;
      return ` ${padded(truncate(cell, columns, this.#width), columns, this.#width)} `;
    });
    return `|${shown.join('|')}|`;
  }
}
