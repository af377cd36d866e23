import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { VERSION } from '../../../src/base/version.ts';
import { tableFormat } from '../../../src/cli/format/table.ts';
import { runCommand } from '../../../src/cli/main.ts';
import { runRepl } from '../../../src/cli/repl.ts';
import { createTableEnvironment } from '../../../src/session/create.ts';
import { testIo } from '../../tools/test-io.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'weir-cli-'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

async function weir(args: readonly string[], input: string | null = null) {
  let out = '';
  let error = '';
  const io = testIo({
    out: (text) => {
      out += text;
    },
    error: (text) => {
      error += text;
    },
    input: Readable.from([Buffer.from(input ?? '')]),
    output: new Writable({
      write: (chunk, _encoding, done) => {
        out += String(chunk);
        done();
      },
    }),
    inputIsTerminal: input === null,
  });
  const code = await runCommand(args, io);
  return { code, out, error };
}

const TABLE = `CREATE TABLE t (k STRING, v INT) WITH ('connector' = 'values',
  'rows' = '[["+I",{"k":"a","v":1}],["+I",{"k":"b, c","v":null}],["+I",{"k":"a","v":2}]]');`;
const SUMS = 'SELECT k, SUM(v) AS s FROM t GROUP BY k;';

describe('formats', () => {
  const batch = ['--mode', 'batch'];

  test('table', async () => {
    const { code, out } = await weir(['-c', `${TABLE} SELECT * FROM t;`, ...batch]);
    expect(code).toBe(0);
    expect(out.split('\n')).toEqual([
      '+------+--------+',
      '|    k |      v |',
      '+------+--------+',
      '|    a |      1 |',
      '| b, c | <NULL> |',
      '|    a |      2 |',
      '+------+--------+',
      '3 rows in set',
      '',
    ]);
  });

  test('jsonl: rows in BATCH, changes in STREAMING, the table of a sink', async () => {
    const script = `${TABLE} ${SUMS}`;
    expect((await weir(['-c', script, '--format', 'jsonl', ...batch])).out.trim().split('\n').sort()).toEqual([
      '{"k":"a","s":3}',
      '{"k":"b, c","s":null}',
    ]);
    expect((await weir(['-c', script, '--format', 'jsonl'])).out.split('\n')).toEqual([
      '{"op":"+I","row":{"k":"a","s":1}}',
      '{"op":"+I","row":{"k":"b, c","s":null}}',
      '{"op":"-U","row":{"k":"a","s":1}}',
      '{"op":"+U","row":{"k":"a","s":3}}',
      '',
    ]);
    const sink = "CREATE TABLE s (x INT) WITH ('connector' = 'values'); INSERT INTO s VALUES (7);";
    expect((await weir(['-c', sink, '--format', 'jsonl'])).out).toBe('{"table":"s","op":"+I","row":{"x":7}}\n');
  });

  test('csv, markdown, changelog', async () => {
    const script = `${TABLE} SELECT * FROM t;`;
    expect((await weir(['-c', script, '--format', 'csv', ...batch])).out).toBe('k,v\na,1\n"b, c",\na,2\n');
    expect((await weir(['-c', script, '--format', 'csv'])).out).toBe('op,k,v\n+I,a,1\n+I,"b, c",\n+I,a,2\n');
    expect((await weir(['-c', script, '--format', 'markdown', ...batch])).out.split('\n').slice(0, 4)).toEqual([
      '| k    |    v |',
      '| ---- | ---: |',
      '| a    |    1 |',
      '| b, c | NULL |',
    ]);
    expect((await weir(['-c', `${TABLE} ${SUMS}`, '--format', 'changelog'])).out.split('\n')[2]).toBe('-U[a, 1]');
  });
});

describe('where SQL comes from', () => {
  test('files, -f, -c, standard input, an init file, options', async () => {
    const setup = file('init.sql', "SET 'execution.runtime-mode' = 'batch';");
    const query = file('query.sql', 'SELECT 40 + 2 AS x;');
    const csv = ['--format', 'csv', '-i', setup];
    for (const args of [[query], ['-f', query], ['run', query], ['-c', 'SELECT 40 + 2 AS x']]) {
      expect(await weir([...args, ...csv])).toEqual({ code: 0, out: 'x\n42\n', error: '' });
    }
    expect((await weir(csv, 'SELECT 40 + 2 AS x;')).out).toBe('x\n42\n');
    expect((await weir(['-', ...csv], 'SELECT 40 + 2 AS x;')).out).toBe('x\n42\n');
    expect((await weir(['-D', 'table.display.max-column-width=8', '-c', "SELECT 'abcdefghijk' AS s"])).out).toContain(
      '| +I | abcde... |',
    );
  });
});

describe('options', () => {
  const script = "SET 'execution.runtime-mode' = 'streaming'; SELECT COUNT(*) AS n FROM (VALUES (1), (2)) AS t(x);";
  const jsonl = ['--format', 'jsonl'];

  test('a flag wins over SET, in the script and in the init file, and says so', async () => {
    const batch = await weir(['-c', script, '--mode', 'batch', ...jsonl]);
    expect([batch.code, batch.out]).toEqual([0, '{"n":2}\n']);
    expect(batch.error).toBe(
      "line 1: warning: SET 'execution.runtime-mode' = 'streaming' has no effect: 'batch' was given from outside\n",
    );
    const init = file('stream.sql', script);
    const byDefine = await weir(['-i', init, '-c', script, '-D', 'execution.runtime-mode=batch', ...jsonl]);
    expect(byDefine.out).toBe('{"n":2}\n{"n":2}\n');
    const reset = await weir(['-c', `RESET; ${script}`, '--mode', 'batch', ...jsonl]);
    expect(reset.out).toBe('{"n":2}\n');
    const same = await weir(['-c', script, '--mode', 'streaming', ...jsonl]);
    expect([same.error, same.out.split('\n').length]).toEqual(['', 4]);
    const none = await weir(['-c', script, ...jsonl]);
    expect([none.error, none.out]).toEqual(['', same.out]);
  });

  test('one that means nothing gets a warning, with the nearest', async () => {
    const { code, error } = await weir(['-c', "SET 'parallelism.defalt' = '2'; SET 'nexmark.events.num' = '3';"]);
    expect(code).toBe(0);
    expect(error).toBe(
      "line 1: warning: option 'parallelism.defalt' has no effect in Weir\nhint: did you mean 'parallelism.default'?\n",
    );
    expect((await weir(['-D', 'no.such=1', '-c', 'SELECT 1 AS x'])).error).toContain("option 'no.such' has no effect");
  });

  test('an option of a connector comes from the hint, else WITH, else -D, else SET', async () => {
    const table = (options: string) => `CREATE TABLE n (event_type INT) WITH ('connector' = 'nexmark'${options});`;
    const count = async (script: string, ...args: string[]) => {
      const { code, out } = await weir(['-c', script, '--mode', 'batch', '--format', 'jsonl', ...args]);
      expect(code).toBe(0);
      return JSON.parse(out).c;
    };
    const query = 'SELECT COUNT(*) AS c FROM n';
    const set = "SET 'nexmark.events.num' = '10';";
    const flag = ['-D', 'nexmark.events.num=20'];
    expect(await count(`${set} ${table('')} ${query}`)).toBe(10);
    expect(await count(`${set} ${table('')} ${query}`, ...flag)).toBe(20);
    expect(await count(`${set} ${table(", 'events.num' = '30'")} ${query}`, ...flag)).toBe(30);
    const hinted = `${query} /*+ OPTIONS('events.num' = '40') */`;
    expect(await count(`${set} ${table(", 'events.num' = '30'")} ${hinted}`, ...flag)).toBe(40);
  });

  test('compare runs the init file in both modes', async () => {
    const init = file('tables.sql', "SET 'execution.runtime-mode' = 'batch'; CREATE VIEW v AS SELECT 1 AS x;");
    const { code, out, error } = await weir(['compare', '-i', init, '-c', 'SELECT x FROM v']);
    expect([code, error]).toEqual([0, '']);
    expect(out).toContain('BATCH 1 rows; STREAMING 1 rows from 1 +I');
    const broken = await weir(['compare', '-i', file('no.sql', 'SELECT 1;\nSELEC'), '-c', 'SELECT 1']);
    expect([broken.code, broken.error]).toEqual([1, expect.stringContaining('no.sql:2:1: ')]);
  });
});

describe('errors', () => {
  test('name the place, and what ran before them has run', async () => {
    const path = file('bad.sql', 'SELECT 1 AS x;\nSELECT y FROM (VALUES (1)) AS t(x);\nSELECT 2 AS never;\n');
    const { code, out, error } = await weir([path, '--format', 'csv', '--mode', 'batch']);
    expect(code).toBe(1);
    expect(out).toBe('x\n1\n');
    const lines = error.split('\n');
    expect(lines[0]).toMatch(new RegExp(`^${path}:2:8: .*y`));
    expect(lines.slice(1, 3)).toEqual(['2 | SELECT y FROM (VALUES (1)) AS t(x);', '  |        ^']);
    expect(error).not.toContain('    at ');
  });

  test('of syntax come when their turn has come', async () => {
    const { code, out, error } = await weir(['-c', 'SELECT 1 AS x; SELEC 2', '--format', 'csv', '--mode', 'batch']);
    expect([code, out]).toEqual([1, 'x\n1\n']);
    expect(error).toContain('-c:1:16: ');
  });

  test('of use have the exit code 2', async () => {
    expect((await weir(['--no-such-option'])).code).toBe(2);
    expect((await weir(['--format', 'xml', '-c', 'SELECT 1'])).code).toBe(2);
    expect((await weir(['-D', 'novalue', '-c', 'SELECT 1'])).code).toBe(2);
    expect((await weir(['-D', 'execution.runtime-mode=fast', '-c', 'SELECT 1'])).code).toBe(2);
    const missing = await weir([join(directory, 'missing.sql')]);
    expect(missing.code).toBe(2);
    expect(missing.error).toContain('no such file or directory');
  });
});

describe('sub-commands', () => {
  test('parse checks every file', async () => {
    const good = file('good.sql', 'SELECT 1; SELECT 2;');
    const bad = file('wrong.sql', 'SELECT 1;\nSELECT FROM;');
    const { code, out, error } = await weir(['parse', good, bad]);
    expect(code).toBe(1);
    expect(out).toBe(`${good}: 2 statements\n`);
    expect(error).toMatch(new RegExp(`^${bad}:2:8: unexpected`));
  });

  test('compare reports queries, and fails on a difference without a reason', async () => {
    const { code, out } = await weir(['compare', '-c', `${TABLE} ${SUMS}`]);
    expect(code).toBe(0);
    expect(out.split('\n')[1]).toBe('  BATCH 2 rows; STREAMING 2 rows from 2 +I, 1 -U, 1 +U');
    const json = await weir(['compare', '--format', 'jsonl', '-c', `${TABLE} ${SUMS}`]);
    expect(JSON.parse(json.out)).toMatchObject({ equal: true, rows: { streaming: 2, batch: 2 }, intended: null });
  });

  test('explain shows plans and runs nothing', async () => {
    const { code, out } = await weir(['explain', '-c', `${TABLE} ${SUMS}`, '--details', 'changelog_mode']);
    expect(code).toBe(0);
    expect(out).toContain('== Optimized Physical Plan ==\nGroupAggregate(groupBy=[k]');
    expect(out).toContain('changelogMode=[I,UA]');
  });

  test('--help and --version', async () => {
    expect((await weir(['--version'])).out.trim()).toBe(VERSION);
    expect((await weir(['--help'])).out).toContain('compare');
    const manifest = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
    expect(VERSION).toBe(manifest.version);
  });
});

describe('the prompt', () => {
  async function session(...lines: readonly string[]): Promise<string> {
    const environment = createTableEnvironment({ configuration: { 'sql-client.display.print-time-cost': 'false' } });
    let out = '';
    const write = (text: string): void => {
      out += text;
    };
    const input = Readable.from([Buffer.from(lines.map((line) => `${line}\n`).join(''))]);
    await runRepl(environment, tableFormat, testIo({ out: write, error: write, input }));
    return out;
  }

  test('runs statements as they end, and goes on after an error', async () => {
    const out = await session(
      "SET 'execution.runtime-mode' = 'batch'; SET 'sql-client.execution.result-mode' = 'tableau';",
      "SELECT ';' AS semicolon, -- not here;",
      '  1 AS x;',
      'SELECT nothing;',
      'SHOW CATALOGS;',
      'QUIT;',
      'SELECT 2 AS never;',
    );
    expect(out).toContain('[INFO] Execute statement succeeded.\n[INFO] Execute statement succeeded.\n');
    expect(out).toContain('| semicolon | x |\n+-----------+---+\n|         ; | 1 |');
    expect(out).toContain("<sql>:1:8: column 'nothing' not found");
    expect(out).toContain('| default_catalog |');
    expect(out).not.toContain('never');
  });

  test('shows changelogs in three modes', async () => {
    const show = (mode: string): Promise<string> =>
      session(TABLE.replaceAll('\n', ' '), `SET 'sql-client.execution.result-mode' = '${mode}';`, SUMS);
    expect(await show('table')).toMatch(/\| +k +\| +s +\|\n[+-]+\n\| +b, c +\| +<NULL> +\|\n\| +a +\| +3 +\|/);
    expect(await show('changelog')).toContain('| -U |');
    expect(await show('tableau')).toContain('Received a total of 4 rows');
    expect(
      await session(
        "SET 'execution.runtime-mode' = 'batch';",
        "SET 'sql-client.execution.result-mode' = 'changelog';",
        'SELECT 1;',
      ),
    ).toContain('results of BATCH can only be shown in the result modes table and tableau');
  });
});

describe('as a process', () => {
  const command = [join(import.meta.dirname, '../../../node_modules/tsx/dist/cli.mjs'), 'src/cli/weir.ts'];
  const cwd = join(import.meta.dirname, '../../..');

  test('Ctrl-C ends a running query within 200 ms, with the code 130', async () => {
    const table = "CREATE TABLE g (i INT) WITH ('connector' = 'datagen', 'rows-per-second' = '10');";
    const child = spawn(process.execPath, [...command, '-c', `${table} SELECT * FROM g`, '--format', 'jsonl'], { cwd });
    const first = new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    await Promise.race([first, ended]);
    const start = performance.now();
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
