/** Boxes as Flink's SQL client prints them in tableau mode; rows of sinks one per line. */
import { changelogFormat } from './changelog.ts';
import type { Format } from './format.ts';

export const tableFormat: Format = {
  name: 'table',

  async write(result, { out, maxColumnWidth, zone }) {
    await result.print((line) => out(`${line}\n`), { maxColumnWidth, zone });
  },

  writeSink: changelogFormat.writeSink,
};
