/** PART and PARTSUPP: every part has four suppliers. */
import { BIGINT, INT, STRING } from '../../types/data-type.ts';
import { type ColumnWriter, each, lines } from './column-writer.ts';
import { COLORS, PART_CONTAINERS, PART_TYPES } from './distributions.ts';
import { partPrice, supplierOf } from './orders.ts';
import { next, scale as scaleDraw, seedAt, stream } from './random.ts';
import {
  BASE,
  type Chunk,
  consecutive,
  lazy,
  MONEY,
  range,
  scaled,
  seen,
  type TableDefinition,
  text,
  wide,
  words,
} from './table.ts';

const NAME = stream(709314158, COLORS.length);
const NAME_WORDS = 5;
const MANUFACTURER = stream(1);
const BRAND = stream(46831694);
const TYPE = stream(1841581359);
const SIZE = stream(1193163244);
const CONTAINER = stream(727633698);
const PART_COMMENT = stream(804159733, 2);

const MANUFACTURERS = [1, 2, 3, 4, 5].map((number) => `Manufacturer#${number}`);
const BRANDS = [1, 2, 3, 4, 5].flatMap((maker) => [1, 2, 3, 4, 5].map((number) => `Brand#${maker}${number}`));

const partCount = (scale: number): number => scaled(BASE.part, scale);

interface PartChunk extends Chunk {
  readonly manufacturers: () => Int32Array;
}

/** Five different colours: the first five of a list that is shuffled so far. */
function writeNames(writer: ColumnWriter, column: number, from: number): void {
  const colors = COLORS.map((color) => new TextEncoder().encode(color));
  const longest = colors.reduce((most, { length }) => Math.max(most, length), 0);
  const order = Uint8Array.from(colors, (_, i) => i);
  const swapped = new Uint8Array(NAME_WORDS);
  let seed = seedAt(NAME, from);
  writer.format(column, (longest + 1) * NAME_WORDS, (_, out, at) => {
    let end = at;
    for (let i = 0; i < NAME_WORDS; i++) {
      seed = next(seed);
      const other = i + scaleDraw(seed, order.length - i);
      [order[i], order[other]] = [order[other]!, order[i]!];
      swapped[i] = other;
      const color = colors[order[i]!]!;
      if (i > 0) out[end++] = 32;
      out.set(color, end);
      end += color.length;
    }
    for (let i = NAME_WORDS - 1; i >= 0; i--) {
      const other = swapped[i]!;
      [order[i], order[other]] = [order[other]!, order[i]!];
    }
    for (let drawn = NAME_WORDS; drawn < NAME.perRow; drawn++) seed = next(seed);
    return end;
  });
}

export const PART: TableDefinition<PartChunk> = {
  name: 'part',
  primaryKey: ['p_partkey'],
  units: partCount,
  rowsPerUnit: 1,
  rowCount: partCount,
  chunk: (_, from, rows) => ({ from, rows, manufacturers: lazy(() => each(MANUFACTURER, from, rows, 0, 4)) }),
  columns: [
    {
      name: 'p_partkey',
      type: BIGINT,
      write: (writer, column, { from, rows }) => writer.key(column, consecutive(from, rows)),
      statistics: (scale) => wide(1, partCount(scale), partCount(scale)),
    },
    {
      name: 'p_name',
      type: STRING,
      write: (writer, column, { from }) => writeNames(writer, column, from),
      statistics: (scale) => text(partCount(scale), 33),
    },
    {
      name: 'p_mfgr',
      type: STRING,
      write: (writer, column, { manufacturers }) => writer.choice(column, MANUFACTURERS, manufacturers()),
      statistics: () => words(MANUFACTURERS),
    },
    {
      name: 'p_brand',
      type: STRING,
      write: (writer, column, { from, rows, manufacturers }) => {
        const brands = each(BRAND, from, rows, 0, 4);
        writer.choice(
          column,
          BRANDS,
          manufacturers().map((maker, i) => maker * 5 + brands[i]!),
        );
      },
      statistics: () => words(BRANDS),
    },
    {
      name: 'p_type',
      type: STRING,
      write: (writer, column, { from, rows }) =>
        writer.choice(column, PART_TYPES.values, each(TYPE, from, rows, 0, PART_TYPES.values.length - 1)),
      statistics: () => words(PART_TYPES.values),
    },
    {
      name: 'p_size',
      type: INT,
      write: (writer, column, { from, rows }) => writer.int(column, each(SIZE, from, rows, 1, 50)),
      statistics: () => range(1, 50, 50),
    },
    {
      name: 'p_container',
      type: STRING,
      write: (writer, column, { from, rows }) =>
        writer.choice(column, PART_CONTAINERS.values, each(CONTAINER, from, rows, 0, 39)),
      statistics: () => words(PART_CONTAINERS.values),
    },
    {
      name: 'p_retailprice',
      type: MONEY,
      write: (writer, column, { from, rows }) =>
        writer.long(
          column,
          Int32Array.from({ length: rows }, (_, i) => partPrice(from + i + 1)),
        ),
      statistics: (scale) => wide(90_000, 209_900, seen(110_000, partCount(scale))),
    },
    {
      name: 'p_comment',
      type: STRING,
      comment: true,
      write: (writer, column, { from }) => writer.comment(column, PART_COMMENT, from, 14),
      statistics: (scale) => text(partCount(scale) * 0.66, 14),
    },
  ],
};

const SUPPLIERS_PER_PART = 4;
const AVAILABLE = stream(1671059989, SUPPLIERS_PER_PART);
const SUPPLY_COST = stream(1051288424, SUPPLIERS_PER_PART);
const SUPPLY_COMMENT = stream(1961692154, 2 * SUPPLIERS_PER_PART);

interface PartSupplierChunk extends Chunk {
  readonly scale: number;
  /** 4 for each part. */
  readonly counts: Int32Array;
}

export const PARTSUPP: TableDefinition<PartSupplierChunk> = {
  name: 'partsupp',
  primaryKey: ['ps_partkey', 'ps_suppkey'],
  units: partCount,
  rowsPerUnit: SUPPLIERS_PER_PART,
  rowCount: (scale) => partCount(scale) * SUPPLIERS_PER_PART,
  chunk: (scale, from, units) => ({
    scale,
    from,
    rows: units * SUPPLIERS_PER_PART,
    counts: new Int32Array(units).fill(SUPPLIERS_PER_PART),
  }),
  columns: [
    {
      name: 'ps_partkey',
      type: BIGINT,
      write: (writer, column, { from, rows }) =>
        writer.key(
          column,
          Float64Array.from({ length: rows }, (_, i) => from + Math.floor(i / SUPPLIERS_PER_PART) + 1),
        ),
      statistics: (scale) => wide(1, partCount(scale), partCount(scale)),
    },
    {
      name: 'ps_suppkey',
      type: BIGINT,
      write: (writer, column, { scale, from, rows }) => {
        const suppliers = scaled(BASE.supplier, scale);
        writer.key(
          column,
          Float64Array.from({ length: rows }, (_, i) =>
            supplierOf(from + Math.floor(i / SUPPLIERS_PER_PART) + 1, i % SUPPLIERS_PER_PART, suppliers),
          ),
        );
      },
      statistics: (scale) => wide(1, scaled(BASE.supplier, scale), scaled(BASE.supplier, scale)),
    },
    {
      name: 'ps_availqty',
      type: INT,
      write: (writer, column, { from, counts, rows }) =>
        writer.int(column, lines(AVAILABLE, from, counts, rows, 1, 9999)),
      statistics: (scale) => range(1, 9999, seen(9999, partCount(scale) * SUPPLIERS_PER_PART)),
    },
    {
      name: 'ps_supplycost',
      type: MONEY,
      write: (writer, column, { from, counts, rows }) =>
        writer.long(column, lines(SUPPLY_COST, from, counts, rows, 100, 100000)),
      statistics: (scale) => wide(100, 100_000, seen(99_901, partCount(scale) * SUPPLIERS_PER_PART)),
    },
    {
      name: 'ps_comment',
      type: STRING,
      comment: true,
      write: (writer, column, { from, counts }) => writer.comment(column, SUPPLY_COMMENT, from, 124, counts),
      statistics: (scale) => text(partCount(scale) * SUPPLIERS_PER_PART, 124),
    },
  ],
};
