/** Files that are not whole, and disks that are full: an error that names the file, and nothing left behind. */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EngineError } from '../../../src/base/errors.ts';
import { type FileSystem, nodeFileSystem } from '../../../src/base/fs.ts';
import { runCommand } from '../../../src/cli/main.ts';
import { create } from '../../../src/index.ts';
import { DuckDb } from '../../oracle/duckdb.ts';
import { spread } from '../../tools/spread.ts';
import { testIo } from '../../tools/test-io.ts';

/** Options of tables by what is tested. */
const OPTIONS = {
  csv: "'format' = 'csv'",
  json: "'format' = 'json'",
  arrow: "'format' = 'arrow'",
  parquet: "'format' = 'parquet'",
  'parquet-gzip': "'format' = 'parquet', 'parquet.compression' = 'gzip'",
  'parquet-plain': "'format' = 'parquet', 'parquet.compression' = 'uncompressed'",
} as const;
type Format = keyof typeof OPTIONS;
const FORMATS = Object.keys(OPTIONS) as Format[];
/** Written by DuckDB: dictionaries, ZSTD. */
const FOREIGN = 'parquet-zstd';
const COLUMNS = '(id BIGINT NOT NULL, name STRING, amount DECIMAL(10, 2), d DATE)';
let directory: string;
beforeAll(async () => {
  directory = fs.mkdtempSync(join(tmpdir(), 'weir-damage-'));
  const weir = create({ configuration: { 'execution.runtime-mode': 'BATCH' } });
  for (const format of FORMATS) {
    const options = `'connector' = 'filesystem', 'path' = '${directory}/${format}', ${OPTIONS[format]}`;
    await weir.executeSql(`CREATE TABLE \`${format}\` ${COLUMNS} WITH (${options})`);
    const values = Array.from({ length: 200 }, (_, i) => `(${i}, 'name ${i}', ${i}.25, DATE '2024-01-01')`);
    await (await weir.executeSql(`INSERT INTO \`${format}\` VALUES ${values.join(', ')}`)).wait();
  }
  fs.mkdirSync(join(directory, FOREIGN));
  const duck = await DuckDb.open();
  await duck.run(`COPY (SELECT i AS id, 'name ' || i % 20 AS name, i::DECIMAL(10, 2) AS amount, DATE '2024-01-01' AS d
    FROM range(3000) AS t (i)) TO '${directory}/${FOREIGN}/a.parquet' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 2048)`);
  duck.close();
});
afterAll(() => fs.rmSync(directory, { recursive: true }));

function whole(format: Format | typeof FOREIGN): Uint8Array {
  const [name] = fs.readdirSync(join(directory, format)) as [string];
  return fs.readFileSync(join(directory, format, name));
}

async function weir(sql: string) {
  let error = '';
  const io = testIo({
    error: (text) => {
      error += text;
    },
  });
  const code = await runCommand(['--mode', 'batch', '--format', 'csv', '-c', sql], io);
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

type Damage = (bytes: Uint8Array, next: (below: number) => number) => Uint8Array;

/** Writes a 32-bit number somewhere: counts, lengths and offsets are most of what headers and footers are. */
function withNumber(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  new DataView(copy.buffer).setUint32(Math.min(at, copy.length - 4), value, true);
  return copy;
}

function withByte(bytes: Uint8Array, at: number, value: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = value;
  return copy;
}

/** Where headers and footers are. */
function edge(bytes: Uint8Array, next: (below: number) => number): number {
  const near = next(Math.min(600, bytes.length));
  return next(2) === 0 ? near : bytes.length - 1 - near;
}

const DAMAGES: Readonly<Record<string, Damage>> = {
  'cut short': (bytes, next) => bytes.subarray(0, next(bytes.length)),
  'cut short by a few bytes': (bytes, next) => bytes.subarray(0, bytes.length - 1 - next(12)),
  'without its beginning': (bytes, next) => bytes.subarray(1 + next(20)),
  'with one byte flipped': (bytes, next) => withByte(bytes, next(bytes.length), next(256)),
  'with a byte of its header or footer flipped': (bytes, next) => withByte(bytes, edge(bytes, next), next(256)),
  'with every hundredth byte flipped': (bytes, next) => bytes.map((byte) => (next(100) === 0 ? next(256) : byte)),
  'with a wrong count': (bytes, next) => {
    const [at, value] = [edge(bytes, next), [0, 1, 0x7fffffff, 0xffffffff, 0x80000000, next(100_000)][next(6)]!];
    return withNumber(bytes, at, value);
  },
  'with a wrong magic': (bytes, next) =>
    withByte(bytes, next(2) === 0 ? next(4) : bytes.length - 1 - next(4), next(256)),
  'with another file behind it': (bytes, next) => Uint8Array.from([...bytes, ...bytes.subarray(next(bytes.length))]),
};

/** WEIR_FUZZ in the environment multiplies how many files are tried. */
const SEEDS = Array.from({ length: 4 * Number(process.env.WEIR_FUZZ ?? 1) }, (_, i) => i + 1);

describe.each([...FORMATS, FOREIGN] as const)('a file of %s', (format) => {
  test.each(Object.keys(DAMAGES))('%s: refused with file and place, or read; no stack, no output', async (damage) => {
    for (const seed of SEEDS) {
      const next = sequence(seed * 7919 + damage.length);
      for (let i = 0; i < 5; i++) next(2);
      const path = join(directory, `damaged.${format}`);
      const target = join(directory, `copy-${format}`);
      fs.writeFileSync(path, DAMAGES[damage]!(whole(format), next));
      const { code, error } = await weir(`
        CREATE TABLE i ${COLUMNS} WITH ('connector' = 'filesystem', 'path' = '${path}', ${OPTIONS[format === FOREIGN ? 'parquet' : format]});
        CREATE TABLE o ${COLUMNS} WITH ('connector' = 'filesystem', 'path' = '${target}', 'format' = 'csv');
        INSERT INTO o SELECT * FROM i;`);
      const files = fs.existsSync(target) ? fs.readdirSync(target) : [];
      fs.rmSync(target, { recursive: true, force: true });
      if (code === 0) continue;
      const seen = { seed, code, namesFile: error.includes(path), internal: INTERNAL.exec(error)?.[0] ?? null, files };
      expect(seen, error).toEqual({ seed, code: 1, namesFile: true, internal: null, files: [] });
    }
  });
});

const INTERNAL = /internal error|\n {4}at |invariant|undefined|NaN/i;

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
        syncLater: () => file.syncLater(),
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
        configuration: { 'execution.runtime-mode': 'BATCH', ...spread(2) },
        fileSystem: diskOf(capacity),
      });
      const options = `'connector' = 'filesystem', 'path' = '${target}', ${OPTIONS[format]}`;
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
      configuration: { 'execution.runtime-mode': 'BATCH', ...spread(2), 'io.tmp.dirs': directory },
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
