/** One change per line: `+I[1, a]`; rows of sinks with the name of the table in front. */
import type { Format } from './format.ts';
import { rowText, shortName } from './row-text.ts';

export const changelogFormat: Format = {
  name: 'changelog',

  async write(result, { out, zone }) {
    for await (const changes of result.batches()) {
      for (const { kind, row } of changes) out(`${rowText(kind, row, result.schema, zone)}\n`);
    }
  },

  writeSink({ table, schema, changes }, { out, zone }) {
    for (const { kind, row } of changes) out(`${shortName(table)}> ${rowText(kind, row, schema, zone)}\n`);
  },
};
