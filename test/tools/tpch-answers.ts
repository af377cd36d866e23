/**
 * TPC-H at scale 1 in BATCH against what its specification publishes: `npx tsx test/tools/tpch-answers.ts`. Takes
 * minutes.
 */
import { parseArgs } from 'node:util';
import { environment, runQuery } from '../oracle/environment.ts';
import { valueToText } from '../oracle/value-text.ts';
import { ANSWER_ROWS, ANSWERS, TABLE_ROWS } from '../tpch/published.ts';
import { runTpch, tpchQueries } from '../tpch/queries.ts';

const { values } = parseArgs({ options: { only: { type: 'string' }, mode: { type: 'string', default: 'BATCH' } } });

const SETTINGS = {
  'execution.runtime-mode': values.mode,
  'tpch.scale-factor': '1',
  'table.exec.mini-batch.enabled': 'true',
  'table.exec.mini-batch.allow-latency': '1 s',
  'table.exec.mini-batch.size': '50000',
};

let failures = 0;

function check(what: string, actual: string, expected: string): void {
  if (actual === expected) return;
  failures++;
  process.stdout.write(`${what}: ${actual}, published ${expected}\n`);
}

/** The value with as many digits behind the point as the published one has, rounded half up. */
function rounded(text: string, like: string): string {
  const digits = /^-?\d+\.(\d+)$/.exec(like)?.[1]?.length;
  const parts = /^(-?\d+)\.(\d+)$/.exec(text);
  if (digits === undefined || parts === null || parts[2]!.length <= digits) return text;
  const unscaled = BigInt(parts[1]! + parts[2]!.slice(0, digits)) + (parts[2]![digits]! >= '5' ? 1n : 0n);
  const padded = String(unscaled).padStart(digits + 1, '0');
  return `${padded.slice(0, -digits)}.${padded.slice(-digits)}`;
}

if (values.only === undefined) {
  const env = environment(SETTINGS);
  for (const [table, rows] of Object.entries(TABLE_ROWS)) {
    await env.executeSql(`CREATE TABLE ${table} WITH ('connector' = 'tpch', 'table' = '${table}')`);
    const { rows: counted } = await runQuery(env, `SELECT COUNT(*) FROM ${table}`);
    check(table, String(counted[0]?.[0]), String(rows));
  }
}
for (const tpch of tpchQueries()) {
  if (values.only !== undefined && tpch.name !== values.only) continue;
  const start = performance.now();
  const { schema, rows } = await runTpch(tpch, SETTINGS);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  check(`${tpch.name} rows`, String(rows.length), String(ANSWER_ROWS[tpch.name]));
  const texts = rows.map((row) => schema.fields.map(({ type }, i) => valueToText(row[i] ?? null, type)));
  for (const [n, expected] of (ANSWERS[tpch.name] ?? []).entries()) {
    const key = values.mode === 'BATCH' ? texts[n] : texts.find((row) => row[0] === expected[0]);
    const actual = expected.map((text, i) => rounded(key?.[i] ?? 'nothing', text));
    check(`${tpch.name} row ${n + 1}`, actual.join(' '), expected.join(' '));
  }
  process.stdout.write(`${tpch.name} ${seconds} s\n`);
}
process.stdout.write(failures === 0 ? 'as published\n' : `${failures} differences\n`);
process.exitCode = failures === 0 ? 0 : 1;
