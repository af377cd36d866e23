/** REGION, NATION, SUPPLIER and CUSTOMER. */
import { BIGINT, STRING } from '../../types/data-type.ts';
import { type ColumnWriter, type Comments, each } from './column-writer.ts';
import { MARKET_SEGMENTS, NATIONS, REGIONS } from './distributions.ts';
import { next, scale as scaleDraw, seedAt, stream } from './random.ts';
import {
  BASE,
  type Chunk,
  consecutive,
  lazy,
  MONEY,
  scaled,
  seen,
  type TableDefinition,
  text,
  wide,
  words,
} from './table.ts';

const REGION_COMMENT = stream(1500869201, 2);
const NATION_COMMENT = stream(606179079, 2);
const NATION_NAMES = NATIONS.map(([name]) => name);

interface FixedChunk extends Chunk {
  /** 0, 1, … */
  readonly keys: Int32Array;
}

function fixedChunk(from: number, rows: number): FixedChunk {
  return { from, rows, keys: Int32Array.from({ length: rows }, (_, i) => from + i) };
}

export const REGION: TableDefinition<FixedChunk> = {
  name: 'region',
  primaryKey: ['r_regionkey'],
  units: () => REGIONS.length,
  rowsPerUnit: 1,
  rowCount: () => REGIONS.length,
  chunk: (_, from, units) => fixedChunk(from, units),
  columns: [
    {
      name: 'r_regionkey',
      type: BIGINT,
      write: (writer, column, { keys }) => writer.long(column, keys),
      statistics: () => wide(0, 4, 5),
    },
    {
      name: 'r_name',
      type: STRING,
      write: (writer, column, { keys }) => writer.choice(column, REGIONS, keys),
      statistics: () => words(REGIONS),
    },
    {
      name: 'r_comment',
      type: STRING,
      comment: true,
      write: (writer, column, { from }) => writer.comment(column, REGION_COMMENT, from, 72),
      statistics: () => text(5, 66),
    },
  ],
};

export const NATION: TableDefinition<FixedChunk> = {
  name: 'nation',
  primaryKey: ['n_nationkey'],
  units: () => NATIONS.length,
  rowsPerUnit: 1,
  rowCount: () => NATIONS.length,
  chunk: (_, from, units) => fixedChunk(from, units),
  columns: [
    {
      name: 'n_nationkey',
      type: BIGINT,
      write: (writer, column, { keys }) => writer.long(column, keys),
      statistics: () => wide(0, 24, 25),
    },
    {
      name: 'n_name',
      type: STRING,
      write: (writer, column, { keys }) => writer.choice(column, NATION_NAMES, keys),
      statistics: () => words(NATION_NAMES),
    },
    {
      name: 'n_regionkey',
      type: BIGINT,
      write: (writer, column, { keys }) =>
        writer.long(
          column,
          keys.map((key) => NATIONS[key]![1]),
        ),
      statistics: () => wide(0, 4, 5),
    },
    {
      name: 'n_comment',
      type: STRING,
      comment: true,
      write: (writer, column, { from }) => writer.comment(column, NATION_COMMENT, from, 72),
      statistics: () => text(25, 74),
    },
  ],
};

const LEAST_BALANCE = -99999;
const MOST_BALANCE = 999999;
const BALANCES = MOST_BALANCE - LEAST_BALANCE + 1;
const ADDRESS_LENGTH = 25;

const SUPPLIER_ADDRESS = stream(706178559, 9);
const SUPPLIER_NATION = stream(110356601);
const SUPPLIER_PHONE = stream(884434366, 3);
const SUPPLIER_BALANCE = stream(962338209);
const SUPPLIER_COMMENT = stream(1341315363, 2);
/** Ten in ten thousand suppliers have a complaint or a recommendation in their comment. */
const BUREAU_CHOICE = stream(202794285);
const BUREAU_NOISE = stream(263032577);
const BUREAU_OFFSET = stream(715851524);
const BUREAU_KIND = stream(753643799);
const BUREAU_SUPPLIERS = 10;
const CUSTOMER_WORD = new TextEncoder().encode('Customer ');
const COMPLAINTS = new TextEncoder().encode('Complaints');
const RECOMMENDS = new TextEncoder().encode('Recommends');
const BUREAU_LENGTH = CUSTOMER_WORD.length + COMPLAINTS.length;

interface PartyChunk extends Chunk {
  readonly nations: () => Int32Array;
}

const supplierCount = (scale: number): number => scaled(BASE.supplier, scale);

function draw(source: typeof BUREAU_KIND, row: number, range: number): number {
  return scaleDraw(next(seedAt(source, row)), range);
}

/** Copies the comments of the suppliers concerned and writes the words over them. */
function writeBureauComments(writer: ColumnWriter, column: number, from: number, comments: Comments): void {
  const { lengths } = comments;
  const choices = each(BUREAU_CHOICE, from, lengths.length, 1, BASE.supplier);
  for (let i = 0; i < lengths.length; i++) {
    if (choices[i]! > BUREAU_SUPPLIERS) continue;
    const row = from + i;
    const length = lengths[i]!;
    const noise = draw(BUREAU_NOISE, row, length - BUREAU_LENGTH + 1);
    const offset = draw(BUREAU_OFFSET, row, length - BUREAU_LENGTH - noise + 1);
    const kind = draw(BUREAU_KIND, row, 101) < 50 ? COMPLAINTS : RECOMMENDS;
    const copy = writer.reserve(length);
    const { u8, i32 } = writer.memory;
    const view = (writer.viewsOf(column) >>> 2) + 2 * i;
    writer.memory.copy(copy, i32[view]!, length);
    u8.set(CUSTOMER_WORD, copy + offset);
    u8.set(kind, copy + offset + CUSTOMER_WORD.length + noise);
    i32[view] = copy;
  }
}

export const SUPPLIER: TableDefinition<PartyChunk> = {
  name: 'supplier',
  primaryKey: ['s_suppkey'],
  units: supplierCount,
  rowsPerUnit: 1,
  rowCount: supplierCount,
  chunk: (_, from, rows) => ({
    from,
    rows,
    nations: lazy(() => each(SUPPLIER_NATION, from, rows, 0, NATIONS.length - 1)),
  }),
  columns: [
    {
      name: 's_suppkey',
      type: BIGINT,
      write: (writer, column, { from, rows }) => writer.key(column, consecutive(from, rows)),
      statistics: (scale) => wide(1, supplierCount(scale), supplierCount(scale)),
    },
    {
      name: 's_name',
      type: STRING,
      write: (writer, column, { from }) => writer.tag(column, 'Supplier', (row) => from + row + 1),
      statistics: (scale) => text(supplierCount(scale), 18),
    },
    {
      name: 's_address',
      type: STRING,
      write: (writer, column, { from }) => writer.address(column, SUPPLIER_ADDRESS, from, ADDRESS_LENGTH),
      statistics: (scale) => text(supplierCount(scale), ADDRESS_LENGTH),
    },
    {
      name: 's_nationkey',
      type: BIGINT,
      write: (writer, column, { nations }) => writer.long(column, nations()),
      statistics: () => wide(0, 24, 25),
    },
    {
      name: 's_phone',
      type: STRING,
      write: (writer, column, { from, nations }) => writer.phone(column, SUPPLIER_PHONE, from, nations()),
      statistics: (scale) => text(supplierCount(scale), 15),
    },
    {
      name: 's_acctbal',
      type: MONEY,
      write: (writer, column, { from, rows }) =>
        writer.long(column, each(SUPPLIER_BALANCE, from, rows, LEAST_BALANCE, MOST_BALANCE)),
      statistics: (scale) => wide(LEAST_BALANCE, MOST_BALANCE, seen(BALANCES, supplierCount(scale))),
    },
    {
      name: 's_comment',
      type: STRING,
      comment: true,
      write: (writer, column, { from }) => {
        const comments = writer.comment(column, SUPPLIER_COMMENT, from, 63);
        writeBureauComments(writer, column, from, comments);
      },
      statistics: (scale) => text(supplierCount(scale), 63),
    },
  ],
};

const CUSTOMER_ADDRESS = stream(881155353, 9);
const CUSTOMER_NATION = stream(1489529863);
const CUSTOMER_PHONE = stream(1521138112, 3);
const CUSTOMER_BALANCE = stream(298370230);
const CUSTOMER_SEGMENT = stream(1140279430);
const CUSTOMER_COMMENT = stream(1335826707, 2);

const customerCount = (scale: number): number => scaled(BASE.customer, scale);

export const CUSTOMER: TableDefinition<PartyChunk> = {
  name: 'customer',
  primaryKey: ['c_custkey'],
  units: customerCount,
  rowsPerUnit: 1,
  rowCount: customerCount,
  chunk: (_, from, rows) => ({
    from,
    rows,
    nations: lazy(() => each(CUSTOMER_NATION, from, rows, 0, NATIONS.length - 1)),
  }),
  columns: [
    {
      name: 'c_custkey',
      type: BIGINT,
      write: (writer, column, { from, rows }) => writer.key(column, consecutive(from, rows)),
      statistics: (scale) => wide(1, customerCount(scale), customerCount(scale)),
    },
    {
      name: 'c_name',
      type: STRING,
      write: (writer, column, { from }) => writer.tag(column, 'Customer', (row) => from + row + 1),
      statistics: (scale) => text(customerCount(scale), 18),
    },
    {
      name: 'c_address',
      type: STRING,
      write: (writer, column, { from }) => writer.address(column, CUSTOMER_ADDRESS, from, ADDRESS_LENGTH),
      statistics: (scale) => text(customerCount(scale), ADDRESS_LENGTH),
    },
    {
      name: 'c_nationkey',
      type: BIGINT,
      write: (writer, column, { nations }) => writer.long(column, nations()),
      statistics: () => wide(0, 24, 25),
    },
    {
      name: 'c_phone',
      type: STRING,
      write: (writer, column, { from, nations }) => writer.phone(column, CUSTOMER_PHONE, from, nations()),
      statistics: (scale) => text(customerCount(scale), 15),
    },
    {
      name: 'c_acctbal',
      type: MONEY,
      write: (writer, column, { from, rows }) =>
        writer.long(column, each(CUSTOMER_BALANCE, from, rows, LEAST_BALANCE, MOST_BALANCE)),
      statistics: (scale) => wide(LEAST_BALANCE, MOST_BALANCE, seen(BALANCES, customerCount(scale))),
    },
    {
      name: 'c_mktsegment',
      type: STRING,
      write: (writer, column, { from, rows }) =>
        writer.choice(column, MARKET_SEGMENTS.values, each(CUSTOMER_SEGMENT, from, rows, 0, 4)),
      statistics: () => words(MARKET_SEGMENTS.values),
    },
    {
      name: 'c_comment',
      type: STRING,
      comment: true,
      write: (writer, column, { from }) => writer.comment(column, CUSTOMER_COMMENT, from, 73),
      statistics: (scale) => text(customerCount(scale), 73),
    },
  ],
};
