import { beforeEach, expect, test } from 'vitest';
import { createTableEnvironment } from '../../../src/session/create.ts';
import { diskWithInput, ROWS } from '../../sim/jobs.ts';
import type { SimulatedDisk } from '../../sim/simulated-disk.ts';
import { spread } from '../../tools/spread.ts';

let disk: SimulatedDisk;
beforeEach(() => {
  disk = diskWithInput();
});

async function environment(options: Readonly<Record<string, string>>) {
  const made = createTableEnvironment({
    fileSystem: disk,
    configuration: {
      'execution.runtime-mode': 'BATCH',
      ...spread(2),
      'table.dml-sync': 'true',
      ...options,
    },
  });
  await made.executeSql(`CREATE TABLE src (id BIGINT, g BIGINT, v BIGINT, ts TIMESTAMP(3))
    WITH ('connector' = 'filesystem', 'path' = '/in', 'format' = 'csv')`);
  await made.executeSql(`CREATE TABLE sink (g BIGINT, total BIGINT)
    WITH ('connector' = 'filesystem', 'path' = '/out', 'format' = 'csv')`);
  return made;
}

const QUERY = 'INSERT INTO sink SELECT g, SUM(DISTINCT v) FROM src GROUP BY g';

/** The process dies when it first writes to the sink. */
async function dieInTheLastStage(): Promise<void> {
  disk.onOperation = (operation, path) => {
    if (operation !== 'write' || !path.startsWith('/out')) return;
    disk.onOperation = () => {
      throw new Error('dead');
    };
    throw new Error('dead');
  };
  const first = await environment({ 'weir.job-id': 'mine' });
  await expect(first.executeSql(QUERY)).rejects.toThrow('dead');
  disk.onOperation = () => undefined;
}

test('what a stage has written can be read as a table while it is on disk', async () => {
  await dieInTheLastStage();
  const second = await environment({});
  const source = 'table-source-scan-1';
  const rows = await (await second.sqlQuery(`SELECT * FROM stage('mine/${source}') ORDER BY 1, 2`)).collect();
  const pairs = rows.map(({ row }) => Object.values(row).join('|'));
  expect(new Set(pairs)).toEqual(new Set(ROWS.map(({ g, v }) => `${g}|${v}`)));
});

test('a stage that is not there is named', async () => {
  const second = await environment({});
  await expect(second.sqlQuery("SELECT * FROM stage('mine/nothing')")).rejects.toMatchObject({ code: 'SQL-STAGE' });
});

test('the job, run again under its name, reads its input no more, and is done only once', async () => {
  await dieInTheLastStage();
  const again = await environment({ 'weir.job-id': 'mine' });
  await again.executeSql(QUERY);
  const ran = again.session.jobs[0]!.control.metrics().filter(({ counters }) => counters.numRecordsIn !== undefined);
  expect(ran.map(({ vertex }) => vertex)).not.toContain('table-source-scan-1');
  expect(ran.length).toBeGreaterThan(0);
  const visible = (): string[] => disk.files('/out').filter((path) => !path.includes('/.'));
  const lines = () => visible().flatMap((path) => disk.readText(path).trim().split('\n'));
  expect(lines()).toHaveLength(13);
  expect(disk.files('/tmp').filter((path) => path.endsWith('.arrow'))).toEqual([]);
  const third = await environment({ 'weir.job-id': 'mine' });
  await third.executeSql(QUERY);
  expect(lines()).toHaveLength(13);
  await expect(
    (await environment({ 'weir.job-id': 'mine' })).executeSql(QUERY.replace('SUM', 'MAX')),
  ).rejects.toMatchObject({ code: 'RUN-JOB-ID' });
});
