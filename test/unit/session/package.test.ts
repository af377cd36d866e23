/** The package as its users have it: dist/ through its exports, as `npm install` would link it. */
import { spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');
let directory: string;
beforeAll(() => {
  directory = fs.mkdtempSync(join(tmpdir(), 'weir-package-'));
  fs.mkdirSync(join(directory, 'node_modules'));
  fs.symlinkSync(root, join(directory, 'node_modules/weir'));
  fs.writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
});
afterAll(() => fs.rmSync(directory, { recursive: true }));

const PROGRAM = `
import { compare, create, EngineError, type TableEnvironment, type TableResult } from 'weir';

const weir: TableEnvironment = create({ configuration: { 'execution.runtime-mode': 'BATCH' }, allowedPaths: ['.'] });
async function* visits(): AsyncGenerator<{ who: string; n: number }> {
  for (let i = 0; i < 5; i++) yield { who: i % 2 === 0 ? 'ann' : 'bob', n: i };
}
await weir.createTemporaryView('visits', visits(), 'who STRING, n INT');
const result: TableResult = await weir.sqlQuery('SELECT who, SUM(n) AS total FROM visits GROUP BY who ORDER BY who');
for await (const { kind, row } of result) console.log(kind, row.who, row.total);

async function* endless() {
  for (let i = 0; ; i++) yield [i];
}
const stream = create();
await stream.createTemporaryView('numbers', endless(), 'i INT', { bounded: false });
const controller = new AbortController();
let seen = 0;
try {
  for await (const { row } of await stream.executeSql('SELECT i FROM numbers', { signal: controller.signal })) {
    if (row.i === seen) seen++;
    if (seen === 3000) controller.abort();
  }
} catch (error) {
  console.log(error instanceof EngineError && error.code, seen >= 3000);
}

for (const path of ['/etc/hosts.csv', 'link/hosts.csv', '../outside.csv']) {
  try {
    await (await weir.executeSql(\`SELECT * FROM '\${path}'\`)).collect();
  } catch (error) {
    console.log(path, error instanceof EngineError ? error.code : error);
  }
}
await (await weir.executeSql("CREATE TABLE written WITH ('connector' = 'filesystem', 'path' = 'written', 'format' = 'json') AS SELECT 1 AS x")).wait();
console.log(await (await weir.sqlQuery('SELECT x FROM written')).materialize());

for await (const { equal, rows } of compare('SELECT COUNT(*) AS n FROM (VALUES (1), (2)) AS t(x)')) {
  console.log(equal, rows.streaming, rows.batch);
}
weir.close();
`;

describe.skipIf(!fs.existsSync(join(root, 'dist/index.d.ts')))('the package', () => {
  test('its types compile, and the program does what it says', () => {
    const source = join(directory, 'program.ts');
    fs.writeFileSync(source, PROGRAM);
    fs.symlinkSync('/etc', join(directory, 'link'));
    const options = ['--module', 'nodenext', '--target', 'es2023', '--strict', '--skipLibCheck', '--types', 'node'];
    const typeRoots = ['--typeRoots', join(root, 'node_modules/@types')];
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    const compiled = spawnSync(process.execPath, [compiler, ...options, ...typeRoots, '--ignoreConfig', source], {
      cwd: directory,
      encoding: 'utf8',
    });
    expect(compiled.stdout).toBe('');
    const { stdout, stderr } = spawnSync(process.execPath, ['program.js'], { cwd: directory, encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout.trim().split('\n')).toEqual([
      '+I ann 6',
      '+I bob 4',
      'RUN-CANCELLED true',
      '/etc/hosts.csv PATH-NOT-ALLOWED',
      'link/hosts.csv PATH-NOT-ALLOWED',
      '../outside.csv PATH-NOT-ALLOWED',
      '[ { x: 1 } ]',
      'true 1 1',
    ]);
  });

  test.each(['STREAMING', 'BATCH'])('a TypeScript program runs in %s, on several threads', (mode) => {
    const source = join(directory, 'word-count.ts');
    fs.copyFileSync(join(root, 'test/datastream/fixtures/word-count.ts'), source);
    const options = [`-Dexecution.runtime-mode=${mode}`, '-Dparallelism.default=2'];
    const command = [join(root, 'dist/weir.js'), 'run', ...options, 'word-count.ts'];
    const { stdout, stderr } = spawnSync(process.execPath, command, { cwd: directory, encoding: 'utf8' });
    expect(stderr).toBe('');
    const lines = stdout.trim().split('\n');
    expect(lines.map((line) => line.replace(/^\d> /, ''))).toContain('to 4');
    expect(new Set(lines.map((line) => line.slice(0, 3)))).toEqual(new Set(['1> ', '2> ']));
  });

  test('Ctrl-C ends the command at once with the code 130, and no file is left', async () => {
    const sql = `CREATE TABLE g (i BIGINT, s STRING) WITH ('connector' = 'datagen', 'number-of-rows' = '50000000');
      SET 'io.tmp.dirs' = '${directory}/tmp'; SET 'parallelism.default' = '2';
      CREATE TABLE o (i BIGINT, s STRING) WITH ('connector' = 'filesystem', 'path' = '${directory}/o', 'format' = 'csv');
      SELECT 1 AS started; INSERT INTO o SELECT i, s FROM g;`;
    fs.mkdirSync(join(directory, 'tmp'));
    const child = spawn(process.execPath, [join(root, 'dist/weir.js'), '--mode', 'batch', '-c', sql], {
      cwd: directory,
      env: { ...process.env, TMPDIR: join(directory, 'tmp') },
    });
    let error = '';
    child.stderr.on('data', (text) => {
      error += String(text);
    });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    await Promise.race([new Promise<void>((resolve) => child.stdout.once('data', () => resolve())), ended]);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(fs.readdirSync(join(directory, 'o')).length).toBeGreaterThan(0);
    const start = performance.now();
    child.kill('SIGINT');
    expect([await ended, error]).toEqual([130, '']);
    expect(performance.now() - start).toBeLessThan(1000);
    expect(fs.readdirSync(join(directory, 'tmp'))).toEqual([]);
    expect(fs.readdirSync(join(directory, 'o'))).toEqual([]);
  });
});
