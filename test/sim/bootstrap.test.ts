/**
 * The first part of the rows is read by a job that ends with a savepoint, in BATCH or STREAMING, the rest by one in
 * STREAMING that goes on from it at another parallelism. What both give must be what BATCH gives over all rows.
 */
import { describe, expect, test } from 'vitest';
import { type Change, materialize } from '../../src/session/changelog-view.ts';
import { createTableEnvironment } from '../../src/session/create.ts';
import type { TableEnvironment } from '../../src/session/table-environment.ts';
import type { TableResult } from '../../src/session/table-result.ts';
import { RowKind } from '../../src/types/row-kind.ts';
import { diskWithInput } from './jobs.ts';
import { MINI_BATCH, QUERIES } from './restore.ts';
import type { SimulatedDisk } from './simulated-disk.ts';

async function environmentOver(
  fileSystem: SimulatedDisk,
  directory: string,
  configuration: Readonly<Record<string, string>>,
): Promise<TableEnvironment> {
  const environment = createTableEnvironment({ fileSystem, configuration });
  await environment.executeSql(
    `CREATE TABLE src (id BIGINT, g BIGINT, v BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
     WITH ('connector' = 'filesystem', 'path' = '${directory}', 'format' = 'csv')`,
  );
  await environment.executeSql('CREATE VIEW dim AS SELECT id, g, v FROM src WHERE id < 20');
  return environment;
}

test('what STREAMING cannot go on with is refused', async () => {
  const environment = await environmentOver(diskWithInput(), '/past', {
    'execution.runtime-mode': 'BATCH',
    'weir.savepoint-at-end': '/savepoint',
  });
  await expect(environment.sqlQuery('SELECT id FROM src ORDER BY v')).rejects.toMatchObject({
    message: 'sort on a non-time-attribute field is not supported',
    detail: { hint: expect.stringContaining('must be able to go on from the savepoint') },
  });
});

describe.each([
  ['BATCH', 'row by row', {}],
  ['STREAMING', 'row by row', {}],
  ['BATCH', 'in mini-batches', MINI_BATCH],
])('a savepoint at the end of a job in %s, %s', (mode, _how, settings) => {
  test.each(Object.entries(QUERIES))('%s goes on from it', async (_name, query) => {
    const disk = diskWithInput();
    const run = async (directory: string, options: Readonly<Record<string, string>>): Promise<TableResult> =>
      (await environmentOver(disk, directory, options)).sqlQuery(query);
    const read = async (result: TableResult): Promise<Change[]> => {
      const changes: Change[] = [];
      for await (const change of result.changes()) changes.push(change);
      return changes;
    };
    const first = await run('/past', {
      ...settings,
      'execution.runtime-mode': mode,
      'parallelism.default': '2',
      'weir.savepoint-at-end': '/savepoint',
    });
    const past = await read(first);
    if (mode === 'BATCH') expect(past.every(({ kind }) => kind === RowKind.INSERT)).toBe(true);
    const rest = await read(
      await run('/rest', { ...settings, 'parallelism.default': '3', 'execution.state-recovery.path': '/savepoint' }),
    );
    const expected = await read(await run('/in', { 'execution.runtime-mode': 'BATCH' }));
    const types = first.schema.fields.map(({ type }) => type);
    const lines = (changes: readonly Change[]): string[] =>
      materialize(changes, types)
        .map((row) => row.join())
        .sort();
    expect(lines([...past, ...rest])).toEqual(lines(expected));
    expect(past.length + rest.length).toBeGreaterThan(0);
  });
});
