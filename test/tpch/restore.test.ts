/**
 * TPC-H in STREAMING, stopped with a savepoint on its way and gone on with at another parallelism, twice: what the
 * changes of all runs come to is what BATCH gives.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Change, materialize } from '../../src/session/changelog-view.ts';
import { environment, type Settings, withoutFinalOrder } from '../oracle/environment.ts';
import { difference } from '../oracle/same-rows.ts';
import { spread } from '../tools/spread.ts';
import { runTpch, type TpchQuery, tpchQueries } from './queries.ts';

const SCALE = { 'tpch.scale-factor': '0.01' };
const PARALLELISMS = [
  [2, 3, 1],
  [1, 2, 3],
  [3, 1, 2],
];

let directory: string;
let restarts = 0;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-tpch-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** One run, into `changes`. @returns the savepoint it was stopped with; null: it came to its end first */
async function run(tpch: TpchQuery, settings: Settings, stopAfter: number | null, changes: Change[]) {
  const env = environment(settings);
  for (const statement of tpch.setup) await env.executeSql(statement, { text: tpch.text });
  const result = await env.executeSql(withoutFinalOrder(tpch.query), { text: tpch.text });
  let savepoint: Promise<string | null> = Promise.resolve(null);
  if (stopAfter !== null) {
    savepoint = new Promise<void>((resolve) => setTimeout(resolve, stopAfter))
      .then(() => result.job!.control.stopWithSavepoint({ directory }))
      .catch(() => null);
  }
  for await (const change of result.changes()) changes.push(change);
  await result.wait();
  return savepoint;
}

describe.each(tpchQueries().map((tpch, number) => ({ ...tpch, number })))('$name', ({ number, ...tpch }) => {
  test('stopped and restored', async () => {
    const { schema, rows } = await runTpch(tpch, { ...SCALE, 'execution.runtime-mode': 'BATCH' });
    const changes: Change[] = [];
    let path: string | null = null;
    for (const [turn, parallelism] of PARALLELISMS[number % 3]!.entries()) {
      const settings: Settings = {
        ...SCALE,
        'execution.runtime-mode': 'STREAMING',
        ...spread(parallelism),
        ...(path === null ? {} : { 'execution.state-recovery.path': path }),
      };
      path = await run(tpch, settings, turn === 2 ? null : 20 + 15 * (number % 5), changes);
      if (path === null) break;
      restarts++;
    }
    const types = schema.fields.map(({ type }) => type);
    // A global aggregate over nothing gives no row in STREAMING.
    const expected = tpch.name === 'q17' ? [] : rows;
    expect(difference(materialize(changes, types), expected, types, { ordered: false, decimalUnits: 0n })).toBeNull();
  });
});

test('several of them were stopped on their way', () => {
  expect(restarts).toBeGreaterThan(10);
});
