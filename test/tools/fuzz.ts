/**
 * A campaign of random queries: `npx tsx test/tools/fuzz.ts --runs 1000 --seed 1 [--out folder]`. Failures are shrunk,
 * printed as SQL, and written as cases that test/fuzz/regressions can keep.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { FuzzCase } from '../fuzz/cases.ts';
import { randomCase } from '../fuzz/generate.ts';
import { Law, RUNS, SMALL_RUNS, type Verdict } from '../fuzz/law.ts';
import { printQuery } from '../fuzz/print.ts';
import { shrink } from '../fuzz/shrink.ts';
import { createTable } from '../fuzz/tables.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string' },
    failures: { type: 'string', default: '10' },
  },
});

const law = await Law.open();
const first = Number(values.seed);
const counts = { holds: 0, undecided: 0, broken: 0 };
const reasons = new Map<string, number>();
const seen = new Set<string>();

/** Failures with the same text, numbers and names aside, are one. */
function signature(verdict: Verdict & { readonly kind: 'broken' }): string {
  const lines = verdict.reason.split('\n');
  const head = /^\d+ rows, expected/.test(lines[0]!) ? `rows differ: ${verdict.run}` : lines.slice(0, 3).join(' ');
  return head.replaceAll(/\d+/g, '#');
}

for (let seed = first; seed < first + Number(values.runs); seed++) {
  const fuzz = randomCase(seed);
  const verdict = await law.judge(fuzz);
  counts[verdict.kind]++;
  if (verdict.kind === 'undecided') {
    const reason = verdict.reason.replaceAll(/\d+/g, '#').slice(0, 100);
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  }
  if (verdict.kind !== 'broken') continue;
  const kind = signature(verdict);
  process.stdout.write(`seed ${seed}: ${verdict.run}: ${kind.slice(0, 160)}\n`);
  if (seen.has(kind) && !kind.startsWith('rows differ')) continue;
  seen.add(kind);
  await report(fuzz, verdict);
  if (seen.size >= Number(values.failures)) break;
}
law.close();
process.stdout.write(`${JSON.stringify(counts)}\n`);
for (const [reason, count] of [...reasons].sort((a, b) => b[1] - a[1])) process.stdout.write(`  ${count} ${reason}\n`);

async function report(fuzz: FuzzCase, verdict: Verdict & { readonly kind: 'broken' }): Promise<void> {
  const kind = signature(verdict);
  const runs = [...RUNS, ...SMALL_RUNS].filter(({ name }) => name === verdict.run || name === 'batch');
  const own = verdict.run === 'batch' ? RUNS.slice(0, 1) : runs;
  const deadline = performance.now() + 40_000;
  const smallest = await shrink(fuzz, async (candidate) => {
    if (performance.now() > deadline) return false;
    const again = await law.judge(candidate, own);
    return again.kind === 'broken' && signature(again) === kind;
  });
  const final = await law.judge(smallest, own);
  const lines = [
    ...smallest.tables.map((table) => `${createTable(table).slice(0, 3000)};`),
    `${printQuery(smallest)};`,
    `-- ${verdict.run}: ${final.kind === 'broken' ? final.reason.split('\n').slice(0, 12).join('\n-- ') : final.kind}`,
  ];
  process.stdout.write(`${lines.join('\n')}\n\n`);
  if (values.out === undefined) return;
  mkdirSync(values.out, { recursive: true });
  const about = kind.slice(0, 200);
  writeFileSync(join(values.out, `seed-${fuzz.seed}.json`), `${JSON.stringify({ about, ...smallest }, null, 2)}\n`);
}
