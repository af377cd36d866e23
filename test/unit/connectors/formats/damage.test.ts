/** Damaged files of every format: rows or an error that names the file, never a crash, a hang or a leak. */
import * as fs from 'node:fs';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, expect, test } from 'vitest';
import { EngineError } from '../../../../src/base/errors.ts';
import { nodeFileSystem } from '../../../../src/base/fs.ts';
import { seededRandom } from '../../../../src/base/random.ts';
import type { FileFormat } from '../../../../src/connectors/formats/format.ts';
import { FileFormats } from '../../../../src/connectors/formats/index.ts';
import type { Field } from '../../../../src/types/data-type.ts';
import { memory, readFile, temporaryDirectory, writeFile } from './context.ts';

const directory = temporaryDirectory();
afterAll(() => fs.rmSync(directory, { recursive: true }));

const ROUNDS = 400;

function damageAndRead(format: FileFormat, whole: Uint8Array, fields: readonly Field[], seed: number): number {
  const random = seededRandom(seed);
  const path = `${directory}/damaged.${format.name}`;
  const before = memory.statistics.used;
  let errors = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const length = round % 4 === 0 ? random.below(whole.length) : whole.length;
    const bytes = whole.slice(0, length);
    const changes = round % 4 === 0 ? 0 : 1 + random.below(4);
    for (let i = 0; i < changes; i++) bytes[random.below(bytes.length)] = random.below(256);
    fs.writeFileSync(path, bytes);
    try {
      readFile(format, path, random.below(2) === 0 ? {} : { fields });
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      expect(error.message).toContain(path);
      expect(error.code).toMatch(/^(DATA-|NOT-SUPPORTED|RUN-FILE-TRUNCATED)/);
      errors++;
    }
  }
  expect(memory.statistics.used).toBe(before);
  return errors;
}

for (const [i, options] of [
  'COMPRESSION snappy',
  'COMPRESSION zstd',
  'COMPRESSION lz4_raw',
  'COMPRESSION uncompressed, PARQUET_VERSION v2',
  'COMPRESSION gzip, PARQUET_VERSION v2, DICTIONARY_SIZE_LIMIT 1',
].entries()) {
  test(`parquet: ${options}`, async () => {
    const duck = await (await DuckDBInstance.create(':memory:')).connect();
    const path = `${directory}/whole.parquet`;
    await duck.run(`COPY (SELECT i::INT AS a, 'text ' || (i % 9) AS b, 'row ' || i AS c, i * 1.5 AS d, i % 2 = 0 AS e,
      CASE WHEN i % 5 = 0 THEN NULL ELSE i * 1000003 END AS f, TIMESTAMP '2024-01-01' + INTERVAL (i) SECOND AS g
      FROM range(300) r(i)) TO '${path}' (FORMAT parquet, ${options})`);
    const format = new FileFormats().named('parquet');
    const file = nodeFileSystem.open(path, 'read');
    const fields = format.inferFields!(file, {});
    file.close();
    expect(damageAndRead(format, fs.readFileSync(path), fields, 11 + i)).toBeGreaterThan(ROUNDS / 4);
  });
}

const FIELDS: readonly Field[] = [
  { name: 'a', type: { kind: 'BIGINT', nullable: true } },
  { name: 'b', type: { kind: 'VARCHAR', length: 2147483647, nullable: true } },
  { name: 'c', type: { kind: 'DOUBLE', nullable: true } },
  { name: 'd', type: { kind: 'DATE', nullable: true } },
  { name: 'e', type: { kind: 'TIMESTAMP', precision: 3, nullable: true } },
  { name: 'f', type: { kind: 'DECIMAL', precision: 10, scale: 2, nullable: true } },
  { name: 'g', type: { kind: 'BOOLEAN', nullable: true } },
];
const ROWS = Array.from({ length: 60 }, (_, i) => [
  BigInt(i),
  i % 4 === 0 ? null : `a "text", ${i}`,
  i / 8,
  19000 + i,
  BigInt(i) * 1_000_000_000n,
  BigInt(i * 101),
  i % 2 === 0,
]);

for (const [i, name] of ['csv', 'json', 'arrow'].entries()) {
  test(name, () => {
    const format = new FileFormats().named(name);
    const path = `${directory}/whole.${name}`;
    writeFile(format, path, FIELDS, [ROWS, ROWS]);
    expect(readFile(format, path, { fields: FIELDS }).length).toBe(120);
    expect(damageAndRead(format, fs.readFileSync(path), FIELDS, 21 + i)).toBeGreaterThan(ROUNDS / 10);
  });
}
