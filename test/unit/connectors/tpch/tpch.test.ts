/**
 * The tables against those of tpchgen-cli 4.0.0, a port of dbgen that is checked against it: SHA-256 of its `.tbl`
 * files at scale factor 0.01, of SUPPLIER at 1 (where some comments tell of complaints), and lines of its LINEITEM at
 * 1.
 */
import { createHash } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { EngineError } from '../../../../src/base/errors.ts';
import { RowReader } from '../../../../src/columnar/row-reader.ts';
import { TextPool } from '../../../../src/connectors/tpch/text-pool.ts';
import { tpchConnector } from '../../../../src/connectors/tpch/tpch.ts';
import type { ConnectorSpec, Source } from '../../../../src/dataflow/connector.ts';
import type { Field } from '../../../../src/types/data-type.ts';
import { formatDecimal } from '../../../../src/types/decimal.ts';
import { formatDate } from '../../../../src/types/temporal.ts';
import type { Value } from '../../../../src/types/value.ts';
import { checkSourceContract, connectorContext, projectedTypes, readerContext, spec } from '../harness.ts';

const AT_SCALE_001: Readonly<Record<string, readonly [rows: number, sha256: string]>> = {
  customer: [1500, '6b690cce995cb715861ebf2c77aa02c61406e3a0ddcd3326d1ecfa969b9163f8'],
  lineitem: [60175, 'ee411d23efcd2943ef70489799e37dfc24543dbd03b461a88e16fd82a95765e4'],
  nation: [25, '66f96949939fa8fdf1c4ffed1e5f6c2842fe11a14b51fdc6ed1e17460031e8c5'],
  orders: [15000, '07cc8b362fda6d0b503c4d6c5d228817548e0688a3b21b590c52bb47b7b79c0f'],
  part: [2000, '896e14465325110dd9cf05a16972028a58be0010959262176ecd97f4db1702f8'],
  partsupp: [8000, '5947b5ebab042b49148f82c1324ad122f7e0d98cfadcbef12da0a5e239e09e79'],
  region: [5, '6022658d673924389b54dcb70fa8c3d6da1b0d7afa3c1c017bab62a019df404f'],
  supplier: [100, '9dc1002ee774699a092ed83ba278caf466d62a15d7e35bb6ed9293475528734b'],
};

/** One memory for all tests, so that the text of comments is made once. */
const shared = readerContext({ batchRows: 1000 });
const pool = TextPool.of(shared.memory, shared.compiler);

afterAll(() => {
  pool.release();
  expect(shared.memory.statistics.used).toBe(0);
});

function open(
  table: string,
  scale: string,
  columns?: readonly string[],
  overrides: Partial<ConnectorSpec> = {},
): { readonly source: Source; readonly connectorSpec: ConnectorSpec } {
  const options = { table, 'scale-factor': scale };
  const schema = tpchConnector.inferSchema!(options, connectorContext());
  const projection = columns?.map((name) => schema.fields.findIndex((field) => field.name === name));
  const connectorSpec = spec(tpchConnector, options, schema, {
    ...(projection === undefined ? {} : { projection }),
    ...overrides,
  });
  return { source: tpchConnector.createSource!(connectorSpec, connectorContext()), connectorSpec };
}

/** As dbgen writes it. */
function text(value: Value, { name, type }: Field): string {
  if (type.kind === 'DATE') return formatDate(value as number);
  if (type.kind !== 'DECIMAL') return String(value);
  return name === 'l_quantity' ? String((value as bigint) / 100n) : formatDecimal(value as bigint, 2);
}

/** Lines of a `.tbl` file. */
function tbl({ source, connectorSpec }: ReturnType<typeof open>, splits = source.splits()): string[] {
  const rows = new RowReader(shared.memory, projectedTypes(connectorSpec));
  const fields = connectorSpec.projection.map((column) => connectorSpec.schema.fields[column]!);
  const reader = source.createReader(shared);
  reader.addSplits(splits);
  const lines: string[] = [];
  for (;;) {
    const batch = reader.poll();
    if (typeof batch === 'string' || batch instanceof Promise) break;
    for (let i = 0; i < batch.rowCount; i++) {
      lines.push(
        `${rows
          .row(batch, i)
          .map((value, column) => text(value, fields[column]!))
          .join('|')}|`,
      );
    }
    batch.release();
  }
  reader.close();
  return lines;
}

function sha256(lines: readonly string[]): string {
  return createHash('sha256')
    .update(`${lines.join('\n')}\n`)
    .digest('hex');
}

describe('tpch', () => {
  for (const [table, [rows, hash]] of Object.entries(AT_SCALE_001)) {
    it(`makes ${table} as dbgen does`, () => {
      const opened = open(table, '0.01');
      expect(opened.source.statistics().rowCount).toBe(rows);
      const lines = tbl(opened);
      expect(lines).toHaveLength(rows);
      expect(sha256(lines)).toBe(hash);
    });
  }

  it('writes complaints and recommendations into comments of suppliers', () => {
    const lines = tbl(open('supplier', '1'));
    expect(sha256(lines)).toBe('9b99cf155974e6db8773970b40746bfccfa64fa078169574165f3e19e2158391');
    expect(lines.filter((line) => /Customer.*(Complaints|Recommends)/.test(line))).toHaveLength(9);
  });

  it('begins in the middle of a large table', () => {
    const opened = open('lineitem', '1');
    const lines = tbl(opened, [{ from: 1_470_000, to: 1_470_001 }]);
    expect(lines).toEqual([
      '5880001|88434|3451|1|16|22758.88|0.04|0.06|N|O|1996-05-23|1996-06-15|1996-06-11|TAKE BACK RETURN|FOB|' +
        'riously ironic instructions maintain ruthle|',
      '5880001|98215|5743|2|5|6066.05|0.01|0.04|N|O|1996-04-14|1996-05-13|1996-04-18|DELIVER IN PERSON|RAIL|' +
        'ymptotes along the final platele|',
      '5880001|96613|4141|3|50|80480.50|0.04|0.00|N|O|1996-05-13|1996-05-19|1996-05-22|COLLECT COD|RAIL|' +
        'accounts wake slyly. carefully|',
      '5880001|165471|5472|4|14|21510.58|0.03|0.05|N|O|1996-07-19|1996-06-11|1996-08-18|NONE|TRUCK| deposits h|',
      '5880001|55445|5446|5|45|63019.80|0.06|0.04|N|O|1996-03-29|1996-05-06|1996-04-23|DELIVER IN PERSON|REG AIR|' +
        ' packages against the blithely fina|',
    ]);
  });

  it('gives the same values whatever else is read', () => {
    const whole = tbl(open('lineitem', '0.001'));
    const columns = ['l_returnflag', 'l_suppkey', 'l_comment'];
    const expected = whole.map((line) => {
      const values = line.split('|');
      return `${values[8]}|${values[2]}|${values[15]}|`;
    });
    expect(tbl(open('lineitem', '0.001', columns))).toEqual(expected);
  });

  it('counts rows without columns', () => {
    const { source } = open('partsupp', '0.01', []);
    const reader = source.createReader(shared);
    reader.addSplits(source.splits());
    let rows = 0;
    for (;;) {
      const batch = reader.poll();
      if (typeof batch === 'string' || batch instanceof Promise) break;
      rows += batch.rowCount;
      batch.release();
    }
    reader.close();
    expect(rows).toBe(8000);
  });

  it('reads in parts and goes on from a snapshot', async () => {
    for (const table of ['orders', 'lineitem', 'supplier', 'partsupp']) {
      const { source, connectorSpec } = open(table, '0.001');
      await checkSourceContract(source, connectorSpec, shared);
    }
  });

  it('stops when rows are enough', () => {
    const lines = tbl(open('customer', '0.01', ['c_custkey'], { limit: 5 }));
    expect(lines.length).toBeGreaterThanOrEqual(5);
    expect(lines.length).toBeLessThan(1500);
  });

  it('states bounds that hold', () => {
    for (const [table, names] of [
      ['orders', ['o_orderkey', 'o_custkey', 'o_totalprice', 'o_orderdate']],
      ['lineitem', ['l_orderkey', 'l_extendedprice', 'l_shipdate', 'l_receiptdate', 'l_discount']],
      ['part', ['p_retailprice', 'p_size', 'p_brand']],
    ] as const) {
      const { source, connectorSpec } = open(table, '0.01', names);
      const { columns } = source.statistics();
      const context = readerContext({ batchRows: 100_000 });
      const rows = new RowReader(context.memory, projectedTypes(connectorSpec));
      const reader = source.createReader(context);
      reader.addSplits(source.splits().slice(0, 1));
      const batch = reader.poll();
      if (typeof batch === 'string' || batch instanceof Promise) throw new Error('no rows');
      for (let i = 0; i < batch.rowCount; i++) {
        rows.row(batch, i).forEach((value, column) => {
          const { min, max } = columns[names[column]!]!;
          if (value! < min! || value! > max!) expect.fail(`${names[column]} is ${String(value)}`);
        });
      }
      batch.release();
      reader.close();
    }
  });

  it('declares keys', () => {
    const { connectorSpec } = open('lineitem', '1');
    expect(connectorSpec.schema.primaryKey).toEqual([0, 3]);
    expect(connectorSpec.schema.fields.every(({ type }) => !type.nullable)).toBe(true);
  });

  it('refuses what it does not have', () => {
    expect(() => open('lineitems', '1')).toThrow(EngineError);
    expect(() => open('lineitem', '-1')).toThrow(/'scale-factor' of connector 'tpch' is '-1'/);
  });
});
