/** Flink's own transcripts: the tables, footers and messages that its client printed for these scripts. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { EngineError } from '../../../src/base/errors.ts';
import { createTableEnvironment } from '../../../src/session/create.ts';
import { printTableau } from '../../../src/session/tableau.ts';

const directory = new URL('../../golden/changelogs/client/', import.meta.url);

/** Tables with their footers, in order: what stands between the echoes of the statements. */
function tablesOf(text: string): string[] {
  const blocks: string[] = [];
  let block: string[] | null = null;
  for (const line of text.split('\n')) {
    const start = /\+-[-+]*-\+$/.exec(line);
    if (block === null && /Empty set$/.test(line)) blocks.push('Empty set');
    else if (block === null && start !== null) block = [start[0]];
    else if (block !== null) {
      block.push(line);
      if (/^(\d+ rows? in set|Received a total of \d+ rows?)$/.test(line)) {
        blocks.push(block.join('\n'));
        block = null;
      }
    }
  }
  return blocks;
}

/** What Weir prints otherwise, or does not have. */
const SKIPPED = new Map([
  ['06-ddl-show-describe', 'views are kept as written; SHOW CREATE is a text, not a table'],
  ['07-catalogs-functions-set', 'SET lists keys of the client and the cluster'],
  ['08-explain', 'EXPLAIN is a text, not a table'],
]);

describe('client transcripts', () => {
  for (const name of readdirSync(directory).filter((each) => each.endsWith('.sql'))) {
    const base = name.slice(0, -4);
    const run = SKIPPED.has(base) ? test.skip : test;
    run(base, async () => {
      const script = readFileSync(new URL(name, directory), 'utf8').replaceAll('\t', '');
      const transcript = readFileSync(new URL(`${base}.txt`, directory), 'utf8');
      // Flink takes an emoji for three columns; on a terminal it is two wide.
      const expected = tablesOf(transcript.replaceAll(' 😀', '  😀'));
      const environment = createTableEnvironment();
      const printed: string[] = [];
      try {
        for await (const result of environment.executeScript(script)) {
          if (result.sinks.length > 0) await result.wait();
          if (result.kind === 'SUCCESS' || result.sinks.length > 0) continue;
          const { session } = environment;
          const lines: string[] = [];
          await printTableau(result, (line) => lines.push(line), {
            maxColumnWidth: session.configuration.integer('table.display.max-column-width'),
            zone: session.zone,
          });
          printed.push(lines.join('\n'));
        }
      } catch (error) {
        expect(error).toBeInstanceOf(EngineError);
        const unbuilt = (error as EngineError).code === 'NOT-SUPPORTED';
        expect(unbuilt || base.includes('error'), String(error)).toBe(true);
        if (unbuilt) expected.splice(printed.length);
      }
      expect(printed).toEqual(expected);
    });
  }
});
