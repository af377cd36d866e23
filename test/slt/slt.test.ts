/** The corpus: every record under every line of the run matrix, all against the one expected block. */
import { afterAll, describe, expect, test } from 'vitest';
import { runMatrix, sltFiles } from './corpus.ts';
import { runRecords } from './runner.ts';

let skipped = 0;

describe.each(runMatrix())('$name', (configuration) => {
  test.each(sltFiles())('$name', async ({ records }) => {
    const report = await runRecords(records, configuration);
    skipped += report.skipped;
    expect(report.failures.join('\n\n')).toBe('');
  });
});

afterAll(() => {
  process.stdout.write(`slt: conditions left out ${skipped} records\n`);
});
