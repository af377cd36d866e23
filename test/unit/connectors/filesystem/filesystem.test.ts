import * as fs from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EngineError } from '../../../../src/base/errors.ts';
import { nodeFileSystem, restrictedFileSystem } from '../../../../src/base/fs.ts';
import { filesystemConnector } from '../../../../src/connectors/filesystem/index.ts';
import { findFiles } from '../../../../src/connectors/filesystem/paths.ts';
import type { ConnectorSpec, SourceFilter } from '../../../../src/dataflow/connector.ts';
import type { DataType, Field } from '../../../../src/types/data-type.ts';
import * as types from '../../../../src/types/data-type.ts';
import { schemaOf } from '../../../../src/types/schema.ts';
import type { Value } from '../../../../src/types/value.ts';
import { batchOf, context, memory, rowsOf, temporaryDirectory } from '../formats/context.ts';

const filesystem = filesystemConnector();

let root: string;
beforeEach(() => {
  root = temporaryDirectory();
});
afterEach(() => fs.rmSync(root, { recursive: true }));

const field = (name: string, type: DataType): Field => ({ name, type: types.nullable(type) });
const FIELDS = [field('id', types.INT), field('k', types.STRING), field('v', types.INT)];

function put(path: string, text: string): void {
  fs.mkdirSync(`${root}/${path.slice(0, path.lastIndexOf('/'))}`, { recursive: true });
  fs.writeFileSync(`${root}/${path}`, text);
}

function spec(
  options: Record<string, string>,
  fields: readonly Field[] = FIELDS,
  more: Partial<ConnectorSpec> = {},
): ConnectorSpec {
  return {
    connector: 'filesystem',
    table: 't',
    options,
    schema: schemaOf(fields),
    projection: fields.map((_, i) => i),
    filters: [],
    limit: null,
    ...more,
  };
}

function read(table: ConnectorSpec): Value[][] {
  const source = filesystem.createSource!(table, context);
  const reader = source.createReader(context);
  reader.addSplits(source.splits());
  const rows: Value[][] = [];
  for (;;) {
    const batch = reader.poll();
    if (batch instanceof Promise) throw new Error('reading is synchronous');
    if (batch === 'end-of-input') break;
    if (batch === 'nothing-yet') continue;
    rows.push(
      ...rowsOf(
        table.projection.map((index) => table.schema.fields[index]!),
        batch,
      ),
    );
    batch.release();
  }
  reader.close();
  return rows;
}

async function write(table: ConnectorSpec, rows: readonly (readonly Value[])[], finish = true): Promise<void> {
  const sink = filesystem.createSink!(table, context);
  const writer = sink.createWriter(context);
  const batch = batchOf(table.schema.fields, rows);
  await writer.write(batch);
  batch.release();
  if (finish) {
    await writer.finish();
    const committables = writer.prepareCommit!();
    await writer.close();
    await sink.createCommitter!(context).commit(committables);
  } else await writer.close();
}

test('a directory is its files in order of their names, without hidden ones', () => {
  put('t/b.csv', '2,b,2\n');
  put('t/a.csv', '1,a,1\n');
  put('t/sub/c.csv', '3,c,3\n');
  put('t/_SUCCESS', 'x');
  put('t/.part', 'x');
  expect(read(spec({ path: `${root}/t`, format: 'csv' }))).toEqual([
    [1, 'a', 1],
    [2, 'b', 2],
    [3, 'c', 3],
  ]);
  expect(read(spec({ path: `file://${root}/t/*.csv`, format: 'csv' })).length).toBe(2);
});

test('globs', () => {
  for (const name of ['a1.csv', 'a2.csv', 'b1.json', 'x/a3.csv', 'x/y/a4.csv', '.h/a5.csv']) put(name, '');
  const found = (glob: string): string[] =>
    findFiles(nodeFileSystem, `${root}/${glob}`).map((file) => file.path.slice(root.length + 1));
  expect(found('*.csv')).toEqual(['a1.csv', 'a2.csv']);
  expect(found('a[2-9].csv')).toEqual(['a2.csv']);
  expect(found('{a,b}1.*')).toEqual(['a1.csv', 'b1.json']);
  expect(found('**/a?.csv')).toEqual(['a1.csv', 'a2.csv', 'x/a3.csv', 'x/y/a4.csv']);
  expect(found('nothing*')).toEqual([]);
});

test('partitions are written as directories, read back and pruned', async () => {
  const options = { path: `${root}/p`, format: 'csv' };
  const table = (more: Partial<ConnectorSpec> = {}) => spec(options, FIELDS, { partitionKeys: ['k'], ...more });
  await write(table(), [
    [1, 'a/b', 10],
    [2, null, 20],
    [3, 'c', 30],
    [4, 'a/b', 40],
  ]);
  const directories = fs.readdirSync(`${root}/p`).sort();
  expect(directories).toEqual(['k=__DEFAULT_PARTITION__', 'k=a%2Fb', 'k=c']);
  const rows = read(table()).sort(([a], [b]) => Number(a) - Number(b));
  expect(rows).toEqual([
    [1, 'a/b', 10],
    [2, null, 20],
    [3, 'c', 30],
    [4, 'a/b', 40],
  ]);
  const filters: SourceFilter[] = [{ column: 1, op: '=', values: ['c'] }];
  expect(filesystem.createSource!(table({ filters }), context).splits().length).toBe(1);
  expect(
    read(table({ projection: [1] }))
      .map(([k]) => k)
      .sort(),
  ).toEqual(['a/b', 'a/b', 'c', null]);
});

test('an inline file shows its columns, header and partitions', () => {
  put('data/year=2024/x.csv', 'id,name\n1,ada\n2,\n');
  const options = { path: `${root}/data/**/*.csv` };
  const schema = filesystem.inferSchema!(options, context);
  expect(schema.fields.map(({ name, type }) => `${name} ${type.kind}`)).toEqual([
    'id BIGINT',
    'name VARCHAR',
    'year VARCHAR',
  ]);
  expect(read(spec(options, schema.fields, { table: options.path }))).toEqual([
    [1n, 'ada', '2024'],
    [2n, null, '2024'],
  ]);
});

test('a declared table over a file whose first line is its columns', () => {
  put('h/x.csv', 'id;k;v\n1;a;2\n');
  expect(read(spec({ path: `${root}/h/x.csv`, format: 'csv' }))).toEqual([[1, 'a', 2]]);
  const fields = [field('id', types.STRING), field('k', types.STRING), field('w', types.STRING)];
  const options = { path: `${root}/h/x.csv`, format: 'csv', 'csv.field-delimiter': ';' };
  expect(read(spec(options, fields))).toEqual([
    ['id', 'k', 'v'],
    ['1', 'a', '2'],
  ]);
});

test('a failed writer leaves nothing; overwrite replaces', async () => {
  for (const format of ['csv', 'json', 'arrow']) {
    const options = { path: `${root}/${format}`, format };
    await write(spec(options), [[1, 'x', 1]], false);
    expect(fs.readdirSync(`${root}/${format}`)).toEqual([]);
    await write(spec(options), [[1, 'x', 1]]);
    await write(spec(options), [[2, 'y', null]]);
    expect(read(spec(options)).length).toBe(2);
    await write(spec(options, FIELDS, { overwrite: true }), [[3, 'z', null]]);
    expect(read(spec(options))).toEqual([[3, 'z', null]]);
  }
});

test('limit, snapshot and statistics', () => {
  put('s/a.csv', Array.from({ length: 3000 }, (_, i) => `${i},k,${i}\n`).join(''));
  put('s/b.csv', '9000,k,1\n');
  const table = spec({ path: `${root}/s`, format: 'csv' });
  expect(read(spec({ path: `${root}/s`, format: 'csv' }, FIELDS, { limit: 10 })).length).toBe(1000);
  const source = filesystem.createSource!(table, context);
  expect(source.statistics().rowCount).toBe(3001);
  const reader = source.createReader(context);
  reader.addSplits(source.splits());
  const first = reader.poll();
  if (first instanceof Promise || typeof first === 'string') throw new Error('a batch is expected');
  first.release();
  const state = JSON.parse(JSON.stringify(reader.snapshot())) as unknown[];
  reader.close();
  const restored = source.createReader(context);
  restored.addSplits(state);
  const second = restored.poll();
  if (second instanceof Promise || typeof second === 'string') throw new Error('a batch is expected');
  expect(memory.i32[second.columns[0]!.values >>> 2]).toBe(1000);
  second.release();
  restored.close();
});

test('errors: no such file, unknown format, options of another format, forbidden paths', () => {
  put('e/orders.csv', '1,a,1\n');
  const failure = (run: () => unknown): EngineError => {
    try {
      run();
    } catch (error) {
      if (error instanceof EngineError) return error;
      throw error;
    }
    throw new Error('no error');
  };
  expect(failure(() => read(spec({ path: `${root}/nowhere`, format: 'csv' }))).code).toBe('FILE-NOT-FOUND');
  const missing = failure(() => filesystem.inferSchema!({ path: `${root}/e/order.csv` }, context));
  expect([missing.code, missing.detail.hint]).toEqual(['FILE-NOT-FOUND', "did you mean 'orders.csv'?"]);
  expect(failure(() => read(spec({ path: `${root}/e`, format: 'cvs' }))).detail.hint).toContain("did you mean 'csv'?");
  expect(
    failure(() => read(spec({ path: `${root}/e`, format: 'csv', 'json.ignore-parse-errors': 'true' }))).message,
  ).toBe("option 'json.ignore-parse-errors' does not fit format 'csv'");
  const restricted = { ...context, fileSystem: restrictedFileSystem(nodeFileSystem, [`${root}/e`]) };
  expect(filesystem.inferSchema!({ path: `${root}/e/orders.csv` }, restricted).fields.length).toBe(3);
  fs.symlinkSync('/etc/hostname', `${root}/e/link.csv`);
  for (const path of ['/etc/hostname', `${root}/e/../x.csv`, `${root}/e/link.csv`]) {
    expect(failure(() => filesystem.inferSchema!({ path }, restricted)).code).toBe('PATH-NOT-ALLOWED');
  }
});

test('a source whose format is named opens no file before it reads', async () => {
  const options = { path: `${root}/t`, format: 'parquet' };
  await write(spec(options), [[1, 'a', 10]]);
  let opened = 0;
  const fileSystem: typeof nodeFileSystem = {
    ...nodeFileSystem,
    open: (path, mode) => {
      opened++;
      return nodeFileSystem.open(path, mode);
    },
  };
  const source = filesystem.createSource!(spec(options), { ...context, fileSystem });
  expect(opened).toBe(0);
  source.statistics();
  expect(opened).toBe(1);
});
