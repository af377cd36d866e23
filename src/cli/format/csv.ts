/** RFC 4180: a header, then rows; a changelog has the column `op` in front. NULL is an empty field. */
import { displayValue } from '../../session/display-text.ts';
import { ROW_KIND_SHORT } from '../../types/row-kind.ts';
import { changelogFormat } from './changelog.ts';
import type { Format } from './format.ts';

export const csvFormat: Format = {
  name: 'csv',

  async write(result, { out, zone }) {
    const { fields } = result.schema;
    const op = (text: string): string[] => (result.isChangelog ? [text] : []);
    out(line([...op('op'), ...fields.map(({ name }) => field(name))]));
    for await (const changes of result.batches()) {
      for (const { kind, row } of changes) {
        const values = fields.map(({ type }, i) => {
          const value = row[i] ?? null;
          return value === null ? '' : field(displayValue(value, type, zone));
        });
        out(line([...op(ROW_KIND_SHORT[kind]), ...values]));
      }
    }
  },

  writeSink: changelogFormat.writeSink,
};

function line(fields: readonly string[]): string {
  return `${fields.join(',')}\n`;
}

/** Quoted where it must be; an empty text is quoted, so that it is not NULL. */
function field(text: string): string {
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
