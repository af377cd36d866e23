import { describe, expect, it } from 'vitest';
import {
  makePlain,
  narrowKernel,
  narrowWidth,
  StringDictionary,
  storageLibrary,
} from '../../../../src/connectors/memory/narrow-storage.ts';
import { create } from '../../../../src/index.ts';
import { ModuleCache } from '../../../../src/kernel/cache.ts';
import { kernelCompiler } from '../../../../src/kernel/program.ts';
import { LinearMemory } from '../../../../src/memory/arena.ts';

const BACKENDS = ['wasm', 'js', 'interpreter'] as const;

describe('widths', () => {
  it.each([
    ['i64', [-128n, 127n], 1],
    ['i64', [-129n, 127n], 2],
    ['i64', [0n, 128n], 2],
    ['i64', [0n, 32768n], 4],
    ['i64', [-(2n ** 31n), 2n ** 31n - 1n], 4],
    ['i64', [0n, 2n ** 31n], null],
    ['i32', [0n, 32768n], null],
    ['i32', [-32768n, 0n], 2],
    ['f64', [0n, 1n], null],
  ] as const)('of %s between %s', (physical, bounds, width) => {
    expect(narrowWidth(physical, bounds)).toBe(width);
  });
});

describe.each(BACKENDS)('kernels (%s)', (backend) => {
  const memory = new LinearMemory();
  const compiled = kernelCompiler(memory, new ModuleCache(), backend).compileLibraries([storageLibrary]);

  it.each([
    ['i32', 1, [0n, -128n, 127n, -1n]],
    ['i32', 2, [-32768n, 32767n, 5n, -300n]],
    ['i64', 1, [-128n, 127n, 0n, 64n]],
    ['i64', 2, [-32768n, 32767n, 129n, 0n]],
    ['i64', 4, [-(2n ** 31n), 2n ** 31n - 1n, 7n, -70_000n]],
  ] as const)('%s in %d bytes comes back', (physical, width, values) => {
    const [plain, narrow, back] = [memory.allocate(32), memory.allocate(32), memory.allocate(32)];
    const numbers = values.map(Number);
    if (physical === 'i64') memory.i64.set(values, plain >>> 3);
    else memory.i32.set(numbers, plain >>> 2);
    compiled[narrowKernel(physical, width)]!(plain, narrow, 4);
    makePlain(compiled, physical, { width, dictionary: 0, entries: 0, address: narrow }, 4, back);
    const read = physical === 'i64' ? memory.i64.slice(back >>> 3, (back >>> 3) + 4) : [];
    if (physical === 'i64') expect([...read]).toEqual(values);
    else expect([...memory.i32.slice(back >>> 2, (back >>> 2) + 4)]).toEqual(numbers);
  });

  it('strings are numbers of a dictionary, until there are too many', () => {
    const dictionary = new StringDictionary(memory);
    const viewsOf = (words: readonly string[]): number => {
      const views = memory.allocate(words.length * 8);
      words.forEach((word, i) => {
        const bytes = new TextEncoder().encode(word);
        const at = memory.allocate(Math.max(bytes.length, 8));
        memory.u8.set(bytes, at);
        memory.i64[(views >>> 3) + i] = BigInt(at) | (BigInt(bytes.length) << 32n);
      });
      return views;
    };
    const textAt = (views: number, i: number): string => {
      const view = memory.i64[(views >>> 3) + i]!;
      const from = Number(view & 0xffffffffn);
      return new TextDecoder().decode(memory.u8.slice(from, from + Number(view >> 32n)));
    };
    const words = ['R', 'A', '', 'R', 'longer than a word', 'A', ''];
    const codes = memory.allocate(512);
    const validity = memory.allocate(8);
    memory.u8.fill(1, validity, validity + 8);
    memory.u8[validity + 1] = 0;
    expect(dictionary.encode(compiled['encode']!, viewsOf(words), validity, words.length, codes)).toBe(true);
    const back = memory.allocate(words.length * 8);
    makePlain(
      compiled,
      'view',
      { width: 1, dictionary: dictionary.strings, entries: 0, address: codes },
      words.length,
      back,
    );
    expect(words.map((_, i) => textAt(back, i)).filter((_, i) => i !== 1)).toEqual(words.filter((_, i) => i !== 1));

    const many = Array.from({ length: 300 }, (_, i) => `word ${i}`);
    expect(dictionary.encode(compiled['encode']!, viewsOf(many), 0, many.length, codes)).toBe(false);
  });
});

describe.each(BACKENDS)('a table in memory (%s)', (backend) => {
  it('reads the same wherever its columns go', async () => {
    const rows = backend === 'interpreter' ? 4200 : 9000;
    const environment = create({
      configuration: { 'execution.runtime-mode': 'batch', 'weir.codegen.backend': backend },
    });
    const select = async (query: string): Promise<unknown[]> => {
      const found: unknown[] = [];
      for await (const { row } of await environment.executeSql(query)) found.push(Object.values(row));
      return found;
    };
    const insert = `SELECT CASE WHEN MOD(n, 7) = 0 THEN NULL ELSE MOD(n, 100) END AS small, n AS id,
        CAST(MOD(n, 3000) AS DECIMAL(15, 2)) AS price,
        CASE MOD(n, 4) WHEN 0 THEN 'north' WHEN 1 THEN 'south' WHEN 2 THEN CAST(NULL AS STRING) ELSE '' END AS side,
        CONCAT('name ', CAST(n AS STRING)) AS name
      FROM numbers`;
    await environment.executeSql(`CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen',
      'number-of-rows' = '${rows}', 'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '${rows}')`);
    await (await environment.executeSql(`CREATE TABLE t WITH ('connector' = 'memory') AS ${insert}`)).wait();

    const all = Array.from({ length: rows }, (_, i) => i + 1);
    // In the loop of an aggregation, behind a list of rows, by keys of a dictionary.
    const kept = all.filter((n) => n % 3000 < 40 && n > 3100);
    const bySide = await select(
      'SELECT side, COUNT(*), COUNT(small), SUM(id) FROM t WHERE price < 40 AND id > 3100 GROUP BY side',
    );
    const expected = [0, 1, 2, 3].map((side) => {
      const group = kept.filter((n) => n % 4 === side);
      const sum = group.reduce((a, b) => a + b, 0);
      return [['north', 'south', null, ''][side], group.length, group.filter((n) => n % 7 !== 0).length, sum];
    });
    const sorted = (list: unknown[]) => list.map((row) => String(row)).sort();
    expect(sorted(bySide)).toEqual(sorted(expected.filter(([, count]) => count !== 0)));

    // Sorted, projected and joined: as plain columns.
    expect(
      await select("SELECT name, side, small, price FROM t WHERE side = 'south' ORDER BY id DESC LIMIT 2"),
    ).toEqual(
      all
        .filter((n) => n % 4 === 1)
        .slice(-2)
        .reverse()
        .map((n) => [`name ${n}`, 'south', n % 7 === 0 ? null : n % 100, `${n % 3000}.00`]),
    );
    const pairs = await select('SELECT COUNT(*), MIN(a.side), MAX(b.small) FROM t a JOIN t b ON a.id = b.id + 4');
    expect(pairs).toEqual([[rows - 4, '', 99]]);

    // A second write of other strings and larger numbers.
    const more = insert.replace("'south'", "'west'").replace('n AS id', 'n + 5000000000 AS id');
    await (await environment.executeSql(`INSERT INTO t ${more}`)).wait();
    const sides = await select('SELECT side, COUNT(*), MAX(id) FROM t GROUP BY side');
    expect(sides.map((row) => (row as unknown[])[0]).sort()).toEqual(['', 'north', 'south', 'west', null].sort());
    const total = await select('SELECT COUNT(*), SUM(id) FROM t');
    const sum = (rows * (rows + 1)) / 2;
    expect(total).toEqual([[rows * 2, sum * 2 + rows * 5_000_000_000]]);
    await environment.close();
  });
});
