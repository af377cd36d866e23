/**
 * What a job in BATCH has on disk between its stages, looked at from outside while TPC-H Q3 runs: Arrow files that any
 * reader of the format can read, and nothing when the job is over, however it ends.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Table, tableFromIPC } from 'apache-arrow';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { create, type TableResult } from '../../../src/index.ts';
import { parse } from '../../../src/sql/parse.ts';
import { spread } from '../../tools/spread.ts';

const Q3 = readFileSync(join(import.meta.dirname, '../../../queries/tpch/q03.sql'), 'utf8');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weir-shuffle-files-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const leftOver = (): string[] => readdirSync(folder, { recursive: true }).map(String);

async function start(script: string, signal?: AbortSignal): Promise<TableResult> {
  const configuration = { 'execution.runtime-mode': 'batch', 'io.tmp.dirs': folder, ...spread(3) };
  const environment = create({ configuration });
  let last: TableResult | undefined;
  for (const statement of parse(script).statements) {
    last = await environment.executeSql(statement, { text: script, signal });
  }
  return last!;
}

/** Looks into the folder at every turn of the event loop until `over` is settled. */
async function watch(over: Promise<unknown>, look: (path: string) => void): Promise<void> {
  let running = true;
  const settled = over.then(
    () => undefined,
    () => undefined,
  );
  settled.then(() => {
    running = false;
  });
  while (running) {
    unlessRemoved(() => {
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (entry.isFile()) look(join(entry.parentPath, entry.name));
      }
    });
    await new Promise(setImmediate);
  }
}

/** Workers remove files while one looks. */
function unlessRemoved(look: () => void): void {
  try {
    look();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

/** Whole files end with the magic of the format. */
function isWhole(bytes: Buffer): boolean {
  return bytes.length > 8 && bytes.subarray(-6).toString() === 'ARROW1';
}

test('the files of a running Q3 are read by another reader of Arrow', async () => {
  const result = await start(Q3);
  const rows = result.materialize();
  const tables = new Map<string, Table>();
  await watch(rows, (path) => {
    const bytes = readFileSync(path);
    if (!tables.has(path) && isWhole(bytes)) tables.set(path, tableFromIPC(bytes));
  });
  const columns = (table: Table): string => table.schema.fields.map(({ name }) => name).join();
  const contents = (names: string): Record<string, unknown>[] =>
    [...tables.values()]
      .filter((table) => columns(table) === names)
      .flatMap((table) => [...table].map((row) => row!.toJSON()));
  const revenues = contents('l_orderkey,o_orderdate,o_shippriority,$f3,$kind').map((row) => row.l_orderkey);
  const top = (await rows).map((row) => BigInt(String(row.l_orderkey)));
  expect(top).toHaveLength(10);
  for (const key of top) expect(revenues).toContain(key);
  expect(leftOver()).toEqual([]);
});

test('they are gone when the job is cancelled', async () => {
  const controller = new AbortController();
  const rows = (await start(Q3, controller.signal)).collect();
  let seen = 0;
  await watch(rows, () => {
    seen++;
    controller.abort();
  });
  await expect(rows).rejects.toMatchObject({ code: 'RUN-CANCELLED' });
  expect(seen).toBeGreaterThan(0);
  expect(leftOver()).toEqual([]);
});

test('they are gone when the job fails', async () => {
  const rows = (await start(Q3.replace('SUM(', 'SUM(1 / (o_shippriority * 0) + '))).collect();
  let seen = 0;
  await watch(rows, () => {
    seen++;
  });
  await expect(rows).rejects.toMatchObject({ code: 'RUN-DIVISION-BY-ZERO' });
  expect(seen).toBeGreaterThan(0);
  expect(leftOver()).toEqual([]);
});
