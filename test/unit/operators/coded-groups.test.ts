import { describe, expect, it } from 'vitest';
import { create } from '../../../src/index.ts';

const FLAGS = ['A', 'N', 'R'];
const SIDES = ['north', 'south', 'east', 'west', ''];

interface Row {
  readonly flag: string;
  readonly side: string;
  readonly amount: number;
  readonly share: number;
  readonly some: number | null;
}

function rowOf(n: number): Row {
  return {
    flag: FLAGS[n % 3]!,
    side: SIDES[(n * 7) % 5]!,
    amount: ((n * 31) % 2001) - 1000,
    share: n / 4,
    some: n % 11 === 0 ? null : (n * 13) % 97,
  };
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

function expected(rows: readonly Row[], keys: readonly ('flag' | 'side')[]): string[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = keys.map((name) => row[name]).join('|');
    const members = groups.get(key) ?? [];
    members.push(row);
    groups.set(key, members);
  }
  return [...groups].map(([key, members]) => {
    const some = members.flatMap((row) => row.some ?? []);
    const extremes = some.length === 0 ? ['null', 'null'] : [Math.min(...some), Math.max(...some)];
    const amount = `${sum(members.map((row) => row.amount))}.00`;
    return [key, members.length, amount, sum(members.map((row) => row.share)), some.length, ...extremes].join('|');
  });
}

describe.each(['wasm', 'js', 'interpreter'] as const)('groups of few strings (%s)', (backend) => {
  it('are those of their rows', async () => {
    const count = backend === 'interpreter' ? 4500 : 20_000;
    const environment = create({
      configuration: { 'execution.runtime-mode': 'batch', 'weir.codegen.backend': backend },
    });
    await environment.executeSql(`CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen',
      'number-of-rows' = '${count}', 'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '${count}')`);
    const choose = (of: string, names: readonly string[]): string =>
      `CASE ${of} ${names.map((name, i) => `WHEN ${i} THEN '${name}'`).join(' ')} ELSE '' END`;
    const write = `CREATE TABLE t WITH ('connector' = 'memory') AS
      SELECT ${choose('MOD(n, 3)', FLAGS)} AS flag, ${choose('MOD(n * 7, 5)', SIDES)} AS side,
        CAST(MOD(n * 31, 2001) - 1000 AS DECIMAL(15, 2)) AS amount, CAST(n AS DOUBLE) / 4 AS share,
        CASE WHEN MOD(n, 11) = 0 THEN NULL ELSE MOD(n * 13, 97) END AS some_number
      FROM numbers`;
    await (await environment.executeSql(write)).wait();
    const rows = Array.from({ length: count }, (_, i) => rowOf(i + 1));
    const run = async (keys: readonly ('flag' | 'side')[], where: string): Promise<string[]> => {
      const found: string[] = [];
      const list = keys.join();
      const query = `SELECT ${list}, COUNT(*), SUM(amount), SUM(share), COUNT(some_number), MIN(some_number),
        MAX(some_number) FROM t WHERE ${where} GROUP BY ${list}`;
      for await (const { row } of await environment.executeSql(query)) {
        found.push(Object.values(row).map(String).join('|'));
      }
      return found.sort();
    };
    for (const keys of [['flag'], ['flag', 'side'], ['side']] as const) {
      expect(await run(keys, 'TRUE')).toEqual(expected(rows, keys).sort());
      const few = rows.filter(({ amount }) => amount > 990);
      expect(await run(keys, 'amount > 990')).toEqual(expected(few, keys).sort());
      expect(await run(keys, 'amount > 5000')).toEqual([]);
    }

    // Another write has another string.
    await (await environment.executeSql(`INSERT INTO t VALUES ('Z', 'north', 1.00, 0.5, 3)`)).wait();
    const more = [...rows, { flag: 'Z', side: 'north', amount: 1, share: 0.5, some: 3 }];
    expect(await run(['flag', 'side'], 'TRUE')).toEqual(expected(more, ['flag', 'side']).sort());
    await environment.close();
  });
});
