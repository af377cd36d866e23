/** A Markdown table; numbers to the right. */
import { displayValue, padded, textWidth } from '../../session/display-text.ts';
import type { DataType } from '../../types/data-type.ts';
import { ROW_KIND_SHORT } from '../../types/row-kind.ts';
import { changelogFormat } from './changelog.ts';
import type { Format } from './format.ts';

export const markdownFormat: Format = {
  name: 'markdown',

  async write(result, { out, zone }) {
    const { fields } = result.schema;
    const op = (text: string): string[] => (result.isChangelog ? [text] : []);
    const rows = [[...op('op'), ...fields.map(({ name }) => escapeCell(name))]];
    for await (const { kind, row } of result.changes()) {
      const values = fields.map(({ type }, i) => {
        const value = row[i] ?? null;
        return value === null ? 'NULL' : escapeCell(displayValue(value, type, zone));
      });
      rows.push([...op(ROW_KIND_SHORT[kind]), ...values]);
    }
    const right = [...op('').map(() => false), ...fields.map(({ type }) => isNumeric(type))];
    const widths = right.map((_, i) => Math.max(3, ...rows.map((row) => textWidth(row[i] as string))));
    const cell = (text: string, i: number): string => {
      const columns = widths[i] as number;
      return right[i] === true ? padded(text, columns, textWidth) : text + ' '.repeat(columns - textWidth(text));
    };
    const print = (cells: readonly string[]): void => out(`| ${cells.join(' | ')} |\n`);
    const [header, ...body] = rows.map((row) => row.map(cell));
    print(header as string[]);
    print(widths.map((columns, i) => (right[i] === true ? `${'-'.repeat(columns - 1)}:` : '-'.repeat(columns))));
    for (const row of body) print(row);
  },

  writeSink: changelogFormat.writeSink,
};

function escapeCell(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('\n', '<br>');
}

function isNumeric({ kind }: DataType): boolean {
  return ['TINYINT', 'SMALLINT', 'INT', 'BIGINT', 'DECIMAL', 'FLOAT', 'DOUBLE'].includes(kind);
}
