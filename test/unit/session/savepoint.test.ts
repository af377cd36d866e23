import { beforeEach, describe, expect, test } from 'vitest';
import { type Change, materialize } from '../../../src/session/changelog-view.ts';
import { createTableEnvironment } from '../../../src/session/create.ts';
import type { TableResult } from '../../../src/session/table-result.ts';
import { BIGINT, INT } from '../../../src/types/data-type.ts';
import { RowKind } from '../../../src/types/row-kind.ts';
import { SimulatedDisk } from '../../sim/simulated-disk.ts';

/** 2000 numbers, in about half a second. */
const NUMBERS = `CREATE TABLE numbers (k BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '4000',
  'fields.k.kind' = 'sequence', 'fields.k.start' = '0', 'fields.k.end' = '1999')`;
const QUERY = 'SELECT k % 7 AS g, COUNT(*) AS c, SUM(k) AS s FROM numbers GROUP BY k % 7';
const TYPES = [INT, BIGINT, BIGINT];
const EXPECTED = Array.from({ length: 7 }, (_, g) => {
  const all = Array.from({ length: 2000 }, (_, k) => k).filter((k) => k % 7 === g);
  return [g, BigInt(all.length), BigInt(all.reduce((sum, k) => sum + k, 0))];
});

let disk: SimulatedDisk;
beforeEach(() => {
  disk = new SimulatedDisk();
});

async function environment(options: Readonly<Record<string, string>> = {}) {
  const made = createTableEnvironment({
    fileSystem: disk,
    configuration: {
      'execution.checkpointing.savepoint-dir': '/savepoints',
      'execution.checkpointing.interval': '30 ms',
      'restart-strategy.type': 'none',
      ...options,
    },
  });
  await made.executeSql(NUMBERS);
  return made;
}

/** Reads the result until it has so many changes, then does what is to be done, then reads the rest. */
async function readUntil(result: TableResult, count: number, act: () => void): Promise<Change[]> {
  const changes: Change[] = [];
  let acted = false;
  for await (const change of result.changes()) {
    changes.push(change);
    if (acted || changes.length < count) continue;
    acted = true;
    act();
  }
  return changes;
}

const folded = (changes: readonly Change[]) =>
  [...materialize(changes, TYPES)].sort((a, b) => (a[0] as number) - (b[0] as number));

describe.each([
  [1, 1],
  [1, 3],
  [3, 2],
])('from parallelism %i to %i', (before, after) => {
  test.each(['STOP JOB', 'triggerSavepoint'])('a query goes on from a savepoint (%s)', async (how) => {
    const first = await environment({ 'parallelism.default': String(before) });
    const result = await first.executeSql(QUERY);
    let path: Promise<string> = Promise.resolve('');
    const seen = await readUntil(result, 200, () => {
      const stop = async (): Promise<string> => {
        const stopped = await first.executeSql(`STOP JOB '${result.job!.id}' WITH SAVEPOINT`);
        return (await stopped.collect())[0]!.row['savepoint path'] as string;
      };
      path = how === 'STOP JOB' ? stop() : result.job!.control.stopWithSavepoint();
    });
    expect(first.session.jobs[0]!.status).toBe('FINISHED');
    expect(await path).toMatch(/^\/savepoints\/savepoint-[0-9a-f]{6}-[0-9a-f]{12}$/);
    const second = await environment({
      'parallelism.default': String(after),
      'execution.state-recovery.path': await path,
    });
    const rest: Change[] = [];
    for await (const change of (await second.executeSql(QUERY)).changes()) rest.push(change);
    expect(folded([...seen, ...rest])).toEqual(EXPECTED);
    expect(rest.filter(({ kind }) => kind === RowKind.INSERT)).toHaveLength(0);
  });
});

test.each([
  [1, 3],
  [3, 2],
  [2, 1],
])('mini-batches: a query goes on with more or fewer phases, from parallelism %i to %i', async (before, after) => {
  const miniBatch = {
    'table.exec.mini-batch.enabled': 'true',
    'table.exec.mini-batch.allow-latency': '5 ms',
    'table.exec.mini-batch.size': '10',
  };
  const first = await environment({ ...miniBatch, 'parallelism.default': String(before) });
  const result = await first.executeSql(QUERY);
  let path: Promise<string> = Promise.resolve('');
  const seen = await readUntil(result, 100, () => {
    path = result.job!.control.stopWithSavepoint();
  });
  const state = { 'execution.state-recovery.path': await path };
  const second = await environment({ ...miniBatch, ...state, 'parallelism.default': String(after) });
  const rest: Change[] = [];
  for await (const change of (await second.executeSql(QUERY)).changes()) rest.push(change);
  expect(folded([...seen, ...rest])).toEqual(EXPECTED);
  expect(rest.filter(({ kind }) => kind === RowKind.INSERT)).toHaveLength(0);
});

test('a savepoint of a job that goes on; its directory can be moved', async () => {
  const first = await environment();
  const result = await first.executeSql(QUERY);
  let path: Promise<string> = Promise.resolve('');
  const changes = await readUntil(result, 200, () => {
    path = result.job!.control.triggerSavepoint('/elsewhere');
  });
  expect(folded(changes)).toEqual(EXPECTED);
  const moved = '/elsewhere/moved';
  disk.makeDirectory(moved);
  for (const file of disk.files(await path)) disk.rename(file, `${moved}/${file.split('/').at(-1)}`);
  const second = await environment({ 'execution.state-recovery.path': moved });
  const rest: Change[] = [];
  for await (const change of (await second.executeSql(QUERY)).changes()) rest.push(change);
  // Of each group, what comes takes back what the savepoint knew, and ends where the job itself has ended.
  expect(rest.filter(({ kind }) => kind === RowKind.INSERT)).toHaveLength(0);
  const latest = new Map(rest.filter(({ kind }) => kind === RowKind.UPDATE_AFTER).map(({ row }) => [row[0], row]));
  for (const row of latest.values()) expect(EXPECTED).toContainEqual(row);
  expect(latest.size).toBe(7);
});

test('drain ends the inputs first; what was not read is still there', async () => {
  const first = await environment();
  const result = await first.executeSql(QUERY);
  let path: Promise<string> = Promise.resolve('');
  const seen = await readUntil(result, 200, () => {
    path = result.job!.control.stopWithSavepoint({ drain: true });
  });
  const second = await environment({ 'execution.state-recovery.path': await path });
  const rest: Change[] = [];
  for await (const change of (await second.executeSql(QUERY)).changes()) rest.push(change);
  expect(folded([...seen, ...rest])).toEqual(EXPECTED);
});

test('state that no operator takes is listed, and refused unless it is to be left', async () => {
  const first = await environment();
  const result = await first.executeSql(QUERY);
  let path: Promise<string> = Promise.resolve('');
  await readUntil(result, 100, () => {
    path = result.job!.control.stopWithSavepoint();
  });
  const options = { 'execution.state-recovery.path': await path };
  const second = await environment(options);
  const other = await second.executeSql('SELECT k FROM numbers');
  await expect(other.collect()).rejects.toThrow(/GroupAggregate.* \(uid '/);
  const third = await environment({ ...options, 'execution.state-recovery.ignore-unclaimed-state': 'true' });
  const rows = await (await third.executeSql('SELECT k FROM numbers')).collect();
  expect(rows.length).toBeGreaterThan(0);
});

test('EM-06: a bounded job ends with a savepoint, and an unbounded one goes on from it', async () => {
  const first = await environment({ 'weir.savepoint-at-end': '/savepoints/boot', 'parallelism.default': '2' });
  const history: Change[] = [];
  for await (const change of (await first.executeSql(QUERY)).changes()) history.push(change);
  expect(folded(history)).toEqual(EXPECTED);
  const second = createTableEnvironment({
    fileSystem: disk,
    configuration: { 'execution.state-recovery.path': '/savepoints/boot', 'parallelism.default': '1' },
  });
  await second.executeSql(`CREATE TABLE numbers (k BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000',
    'fields.k.min' = '0', 'fields.k.max' = '6')`);
  const result = await second.executeSql(QUERY);
  const live: Change[] = [];
  for await (const change of result.changes()) {
    live.push(change);
    if (live.length >= 20) break;
  }
  // Nothing begins anew: the first change of a group takes back what history came to.
  expect(live.some(({ kind }) => kind === RowKind.INSERT)).toBe(false);
  for (const { kind, row } of live.slice(0, 1)) {
    expect(kind).toBe(RowKind.UPDATE_BEFORE);
    expect(EXPECTED).toContainEqual(row);
  }
});

test('a job with a name that stopped with a savepoint goes on from it when it is run again', async () => {
  const run = async (stopAfter: number | null): Promise<void> => {
    const made = await environment({ 'weir.job-id': 'named', 'table.dml-sync': 'false' });
    await made.executeSql(
      "CREATE TABLE sink (k BIGINT) WITH ('connector' = 'filesystem', 'path' = '/out', 'format' = 'csv')",
    );
    const result = await made.executeSql('INSERT INTO sink SELECT k FROM numbers');
    if (stopAfter !== null) {
      await new Promise((resolve) => setTimeout(resolve, stopAfter));
      await result.job!.control.stopWithSavepoint();
    }
    await result.job!.result;
  };
  await run(200);
  const lines = (): number[] =>
    disk
      .files('/out')
      .filter((path) => !path.split('/').at(-1)!.startsWith('.'))
      .flatMap((path) => disk.readText(path).trim().split('\n').map(Number));
  const before = lines().length;
  expect(before).toBeGreaterThan(0);
  expect(before).toBeLessThan(2000);
  await run(null);
  expect(lines().sort((a, b) => a - b)).toEqual(Array.from({ length: 2000 }, (_, k) => k));
});

test('a path without a savepoint is named', async () => {
  const missing = await environment({ 'execution.state-recovery.path': '/nowhere' });
  await expect((await missing.executeSql(QUERY)).collect()).rejects.toMatchObject({ code: 'STATE-NOT-FOUND' });
});
