/** Files that are not whole, and disks that are full: an error that names the file, and nothing left behind. */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EngineError } from '../../../src/base/errors.ts';
import { type FileSystem, nodeFileSystem } from '../../../src/base/fs.ts';
import { runCommand } from '../../../src/cli/main.ts';
import { create } from '../../../src/index.ts';

const FORMATS = ['csv', 'json', 'parquet', 'arrow'] as const;
const COLUMNS = '(id BIGINT NOT NULL, name STRING, amount DECIMAL(10, 2), d DATE)';
let directory: string;
beforeAll(async () => {
  directory = fs.mkdtempSync(join(tmpdir(), 'weir-damage-'));
  const weir = create({ configuration: { 'execution.runtime-mode': 'BATCH' } });
  for (const format of FORMATS) {
    const options = `'connector' = 'filesystem', 'path' = '${directory}/${format}', 'format' = '${format}'`;
    await weir.executeSql(`CREATE TABLE ${format}_out ${COLUMNS} WITH (${options})`);
    const values = Array.from({ length: 200 }, (_, i) => `(${i}, 'name ${i}', ${i}.25, DATE '2024-01-01')`);
    await (await weir.executeSql(`INSERT INTO ${format}_out VALUES ${values.join(', ')}`)).wait();
  }
});
afterAll(() => fs.rmSync(directory, { recursive: true }));

function whole(format: string): Uint8Array {
  const [name] = fs.readdirSync(join(directory, format)) as [string];
  return fs.readFileSync(join(directory, format, name));
}

async function weir(sql: string) {
  let error = '';
  const code = await runCommand(['--mode', 'batch', '--format', 'csv', '-c', sql], {
    out: () => undefined,
    error: (text) => {
      error += text;
    },
    input: Readable.from([]),
    output: new Writable({ write: (_chunk, _encoding, done) => done() }),
    inputIsTerminal: false,
    columns: null,
    colors: false,
    library: null,
    interrupt: new AbortController().signal,
  });
  return { code, error };
}

/** Numerical Recipes' generator. */
function sequence(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe.each(FORMATS)('damaged %s', (format) => {
  test.each([1, 2, 3, 4, 5, 6])('seed %i: refused with file and place, or read; no stack, no output', async (seed) => {
    const next = sequence(seed * 7919);
    const bytes = Uint8Array.from(whole(format));
    const damaged =
      seed % 2 === 0
        ? bytes.subarray(0, 1 + next(bytes.length - 1))
        : bytes.map((byte, i) => (i % 97 === seed ? next(256) : byte));
    const path = join(directory, `damaged-${seed}.${format}`);
    const target = join(directory, `copy-${format}-${seed}`);
    fs.writeFileSync(path, damaged);
    const { code, error } = await weir(`
      CREATE TABLE i ${COLUMNS} WITH ('connector' = 'filesystem', 'path' = '${path}', 'format' = '${format}');
      CREATE TABLE o ${COLUMNS} WITH ('connector' = 'filesystem', 'path' = '${target}', 'format' = 'csv');
      INSERT INTO o SELECT * FROM i;`);
    if (code === 0) return;
    expect(code).toBe(1);
    expect(error).toContain(path);
    expect(error).not.toMatch(/internal error|\n {4}at /);
    expect(fs.existsSync(target) ? fs.readdirSync(target) : []).toEqual([]);
  });
});

/** A disk with room for so many bytes. */
function diskOf(capacity: number): FileSystem {
  let room = capacity;
  const take = (path: string, bytes: number): void => {
    room -= bytes;
    if (room < 0) throw new EngineError('RUN-FILE-FAILED', `cannot write ${path}: ENOSPC`, { location: path });
  };
  return {
    ...nodeFileSystem,
    open: (path, mode) => {
      const file = nodeFileSystem.open(path, mode);
      if (mode === 'read') return file;
      return {
        path,
        size: () => file.size(),
        read: (into, position) => file.read(into, position),
        readFully: (into, position) => file.readFully(into, position),
        write: (from, position) => {
          take(path, from.length);
          file.write(from, position);
        },
        writeAll: (parts, position) => {
          for (const part of parts) take(path, part.length);
          return file.writeAll(parts, position);
        },
        sync: () => file.sync(),
        close: () => file.close(),
      };
    },
  };
}

describe('a full disk', () => {
  test.each(FORMATS)('ends an INSERT; %s leaves no file, at whatever byte', async (format) => {
    const target = join(directory, `full-${format}`);
    for (const capacity of [0, 10, 2000, 4000]) {
      const environment = create({
        configuration: { 'execution.runtime-mode': 'BATCH', 'parallelism.default': '2' },
        fileSystem: diskOf(capacity),
      });
      const options = `'connector' = 'filesystem', 'path' = '${target}', 'format' = '${format}'`;
      await environment.executeSql(`CREATE TABLE o (id BIGINT, s STRING) WITH (${options})`);
      await environment.executeSql(
        "CREATE TABLE g (id BIGINT, s STRING) WITH ('connector' = 'datagen', 'number-of-rows' = '3000')",
      );
      const job = environment.executeSql('INSERT INTO o SELECT * FROM g').then((result) => result.wait());
      await expect(job).rejects.toMatchObject({ code: 'RUN-FILE-FAILED' });
      expect(fs.existsSync(target) ? fs.readdirSync(target) : []).toEqual([]);
      expect(environment.session.jobs.at(-1)?.status).toBe('FAILED');
    }
  });

  test('ends a query whose exchanges are on disk', async () => {
    const environment = create({
      configuration: { 'execution.runtime-mode': 'BATCH', 'parallelism.default': '2', 'io.tmp.dirs': directory },
      fileSystem: diskOf(3000),
    });
    await environment.executeSql(
      "CREATE TABLE g (id BIGINT, s STRING) WITH ('connector' = 'datagen', 'number-of-rows' = '3000')",
    );
    const result = await environment.sqlQuery('SELECT s, COUNT(*) AS n FROM g GROUP BY s');
    await expect(result.collect()).rejects.toMatchObject({ code: 'RUN-FILE-FAILED' });
    await expect(result.wait()).rejects.toMatchObject({ code: 'RUN-FILE-FAILED' });
    expect(fs.readdirSync(directory).filter((name) => /^weir-(shuffle|spill)-/.test(name))).toEqual([]);
  });
});
