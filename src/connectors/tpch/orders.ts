/**
 * ORDERS and LINEITEM: an order's lines are numbers drawn from streams of which each order uses up seven, however many
 * lines.
 */
import { BIGINT, DATE, INT, STRING } from '../../types/data-type.ts';
import { each, lines } from './column-writer.ts';
import { ORDER_PRIORITIES, RETURN_FLAGS, SHIP_INSTRUCTIONS, SHIP_MODES } from './distributions.ts';
import { next, scale as scaleDraw, seedAt, stream } from './random.ts';
import {
  BASE,
  type Chunk,
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

const MOST_LINES = 7;

/** Days since 1970. */
const FIRST_ORDER_DATE = 8035;
const ORDER_DATES = 2406;
/** 1995-06-17: what is shipped or received until then is past. */
const CURRENT_DATE = 9298;

const ORDER_DATE = stream(1066728069);
const LINE_COUNT = stream(1434868289);
const CUSTOMER_KEY = stream(851767375);
const PRIORITY = stream(591449447);
const CLERK = stream(1171034773);
const ORDER_COMMENT = stream(276090261, 2);

const QUANTITY = stream(209208115, MOST_LINES);
const DISCOUNT = stream(554590007, MOST_LINES);
const TAX = stream(721958466, MOST_LINES);
const PART_KEY = stream(1808217256, MOST_LINES);
const SUPPLIER_NUMBER = stream(2095021727, MOST_LINES);
const SHIP_DATE = stream(1769349045, MOST_LINES);
const COMMIT_DATE = stream(904914315, MOST_LINES);
const RECEIPT_DATE = stream(373135028, MOST_LINES);
const RETURN_FLAG = stream(717419739, MOST_LINES);
const SHIP_INSTRUCTION = stream(1371272478, MOST_LINES);
const SHIP_MODE = stream(675466456, MOST_LINES);
const LINE_COMMENT = stream(1095462486, 2 * MOST_LINES);

const STATUSES = ['F', 'O', 'P'];
const LINE_STATUSES = ['F', 'O'];
const FLAGS = [...RETURN_FLAGS.values, 'N'];
const NOT_RETURNED = 2;

/** Of every 32 keys only the first 8 are used. */
function orderKey(index: number): number {
  return Math.floor(index / 8) * 32 + (index % 8);
}

/** In cents. */
export function partPrice(part: number): number {
  return 90000 + (Math.trunc(part / 10) % 20001) + (part % 1000) * 100;
}

/** The supplier of a part, of four; suppliers are spread so that each has its share of parts. */
export function supplierOf(part: number, number: number, suppliers: number): number {
  const spread = Math.trunc(suppliers / 4) + Math.trunc((part - 1) / suppliers);
  return ((part + number * spread) % suppliers) + 1;
}

/** Orders with all that is drawn for their lines, each computed only if a column needs it. */
function drawnLines(scale: number, from: number, orders: number) {
  const counts = each(LINE_COUNT, from, orders, 1, MOST_LINES);
  const rows = counts.reduce((sum, count) => sum + count, 0);
  const draw = (source: typeof QUANTITY, lower: number, upper: number) =>
    lazy(() => lines(source, from, counts, rows, lower, upper));
  const perLine = (values: Int32Array | Float64Array, out: Float64Array | Int32Array): void => {
    let at = 0;
    for (let i = 0; i < orders; i++) for (let k = counts[i]!; k > 0; k--) out[at++] = values[i]!;
  };
  const orderDates = lazy(() => each(ORDER_DATE, from, orders, FIRST_ORDER_DATE, FIRST_ORDER_DATE + ORDER_DATES - 1));
  const orderKeys = lazy(() => Float64Array.from({ length: orders }, (_, i) => orderKey(from + i + 1)));
  const lineOrderDates = lazy(() => {
    const out = new Int32Array(rows);
    perLine(orderDates(), out);
    return out;
  });
  const after = (source: typeof QUANTITY, lower: number, upper: number, begin: () => Int32Array) =>
    lazy(() => {
      const out = lines(source, from, counts, rows, lower, upper);
      const dates = begin();
      for (let i = 0; i < rows; i++) out[i] = out[i]! + dates[i]!;
      return out;
    });
  const quantities = draw(QUANTITY, 1, 50);
  const partKeys = draw(PART_KEY, 1, scaled(BASE.part, scale));
  const shipDates = after(SHIP_DATE, 1, 121, lineOrderDates);
  return {
    scale,
    from,
    orders,
    lineRows: rows,
    counts,
    perLine,
    orderDates,
    orderKeys,
    quantities,
    partKeys,
    discounts: draw(DISCOUNT, 0, 10),
    taxes: draw(TAX, 0, 8),
    supplierNumbers: draw(SUPPLIER_NUMBER, 0, 3),
    shipDates,
    commitDates: after(COMMIT_DATE, 30, 90, lineOrderDates),
    receiptDates: after(RECEIPT_DATE, 1, 30, shipDates),
    /** Quantity times price of the part, in cents. */
    extendedPrices: lazy(() => {
      const parts = partKeys();
      return quantities().map((quantity, i) => quantity * partPrice(parts[i]!));
    }),
  };
}

type Drawn = ReturnType<typeof drawnLines>;
type OrderChunk = Chunk & Drawn;

/** Drawn only for lines that were received; the draws of an order come one behind the other. */
function returnFlags({ from, counts, receiptDates, lineRows }: Drawn): Int32Array {
  const out = new Int32Array(lineRows);
  const dates = receiptDates();
  let seed = seedAt(RETURN_FLAG, from);
  let at = 0;
  for (const count of counts) {
    let drawn = 0;
    for (let k = 0; k < count; k++, at++) {
      if (dates[at]! > CURRENT_DATE) {
        out[at] = NOT_RETURNED;
      } else {
        seed = next(seed);
        drawn++;
        out[at] = scaleDraw(seed, RETURN_FLAGS.values.length);
      }
    }
    for (; drawn < MOST_LINES; drawn++) seed = next(seed);
  }
  return out;
}

/** A third of the customers, those whose key is a multiple of 3, have no orders: a draw of one goes to a neighbour. */
function customerKeys({ scale, from, orders }: Drawn): Int32Array {
  const last = scaled(BASE.customer, scale);
  const keys = each(CUSTOMER_KEY, from, orders, 1, last);
  for (let i = 0; i < orders; i++) {
    let key = keys[i]!;
    for (let step = 1; key % 3 === 0; step = -step) key = Math.min(key + step, last);
    keys[i] = key;
  }
  return keys;
}

function totalPrices({ counts, orders, ...drawn }: Drawn): Int32Array {
  const out = new Int32Array(orders);
  const prices = drawn.extendedPrices();
  const discounts = drawn.discounts();
  const taxes = drawn.taxes();
  let at = 0;
  for (let i = 0; i < orders; i++) {
    let total = 0;
    for (let k = counts[i]!; k > 0; k--, at++) {
      const discounted = Math.trunc((prices[at]! * (100 - discounts[at]!)) / 100);
      total += Math.trunc((discounted * (100 + taxes[at]!)) / 100);
    }
    out[i] = total;
  }
  return out;
}

/** F: all lines shipped, O: none, P: some. */
function orderStatuses({ counts, orders, shipDates }: Drawn): Int32Array {
  const out = new Int32Array(orders);
  const dates = shipDates();
  let at = 0;
  for (let i = 0; i < orders; i++) {
    let shipped = 0;
    for (let k = counts[i]!; k > 0; k--, at++) if (dates[at]! <= CURRENT_DATE) shipped++;
    out[i] = shipped === counts[i] ? 0 : shipped === 0 ? 1 : 2;
  }
  return out;
}

function clerks(scale: number): number {
  return Math.trunc(Math.max(scale * 1000, 1000));
}

const orderCount = (scale: number): number => scaled(BASE.orders, scale);
const partCount = (scale: number): number => scaled(BASE.part, scale);
const supplierCount = (scale: number): number => scaled(BASE.supplier, scale);
const lastOrderKey = (scale: number): number => orderKey(orderCount(scale));

export const ORDERS: TableDefinition<OrderChunk> = {
  name: 'orders',
  primaryKey: ['o_orderkey'],
  units: orderCount,
  rowsPerUnit: 1,
  rowCount: orderCount,
  chunk: (scale, from, units) => ({ ...drawnLines(scale, from, units), rows: units }),
  columns: [
    {
      name: 'o_orderkey',
      type: BIGINT,
      write: (writer, column, chunk) => writer.key(column, chunk.orderKeys()),
      statistics: (scale) => wide(1, lastOrderKey(scale), orderCount(scale)),
    },
    {
      name: 'o_custkey',
      type: BIGINT,
      write: (writer, column, chunk) => writer.long(column, customerKeys(chunk)),
      statistics: (scale) => {
        const customers = scaled(BASE.customer, scale);
        return wide(1, customers, seen((customers * 2) / 3, orderCount(scale)));
      },
    },
    {
      name: 'o_orderstatus',
      type: STRING,
      write: (writer, column, chunk) => writer.choice(column, STATUSES, orderStatuses(chunk)),
      statistics: () => words(STATUSES),
    },
    {
      name: 'o_totalprice',
      type: MONEY,
      write: (writer, column, chunk) => writer.long(column, totalPrices(chunk)),
      statistics: (scale) => wide(81_100, 60_000_000, orderCount(scale) * 0.98),
    },
    {
      name: 'o_orderdate',
      type: DATE,
      write: (writer, column, chunk) => writer.int(column, chunk.orderDates()),
      statistics: () => range(FIRST_ORDER_DATE, FIRST_ORDER_DATE + ORDER_DATES - 1, ORDER_DATES),
    },
    {
      name: 'o_orderpriority',
      type: STRING,
      write: (writer, column, { from, orders }) =>
        writer.choice(column, ORDER_PRIORITIES.values, each(PRIORITY, from, orders, 0, 4)),
      statistics: () => words(ORDER_PRIORITIES.values),
    },
    {
      name: 'o_clerk',
      type: STRING,
      write: (writer, column, { scale, from, orders }) => {
        const keys = each(CLERK, from, orders, 1, clerks(scale));
        writer.tag(column, 'Clerk', (row) => keys[row]!);
      },
      statistics: (scale) => text(clerks(scale), 15),
    },
    {
      name: 'o_shippriority',
      type: INT,
      write: (writer, column, { orders }) => writer.int(column, new Int32Array(orders)),
      statistics: () => range(0, 0, 1),
    },
    {
      name: 'o_comment',
      type: STRING,
      comment: true,
      write: (writer, column, { from }) => writer.comment(column, ORDER_COMMENT, from, 49),
      statistics: (scale) => text(orderCount(scale), 49),
    },
  ],
};

/** Counting the lines of an order costs one draw. */
const ORDERS_TO_COUNT = 1_500_000;

function lineCount(scale: number): number {
  const orders = orderCount(scale);
  if (orders > ORDERS_TO_COUNT) return orders * 4;
  return each(LINE_COUNT, 0, orders, 1, MOST_LINES).reduce((sum, count) => sum + count, 0);
}

const LAST_DATE = FIRST_ORDER_DATE + ORDER_DATES - 1;

export const LINEITEM: TableDefinition<OrderChunk> = {
  name: 'lineitem',
  primaryKey: ['l_orderkey', 'l_linenumber'],
  units: orderCount,
  rowsPerUnit: 4,
  rowCount: lineCount,
  chunk: (scale, from, units) => {
    const drawn = drawnLines(scale, from, units);
    return { ...drawn, rows: drawn.lineRows };
  },
  columns: [
    {
      name: 'l_orderkey',
      type: BIGINT,
      write: (writer, column, chunk) => {
        const keys = new Float64Array(chunk.rows);
        chunk.perLine(chunk.orderKeys(), keys);
        writer.key(column, keys);
      },
      statistics: (scale) => wide(1, lastOrderKey(scale), orderCount(scale)),
    },
    {
      name: 'l_partkey',
      type: BIGINT,
      write: (writer, column, chunk) => writer.long(column, chunk.partKeys()),
      statistics: (scale) => wide(1, partCount(scale), partCount(scale)),
    },
    {
      name: 'l_suppkey',
      type: BIGINT,
      write: (writer, column, { scale, partKeys, supplierNumbers }) => {
        const suppliers = supplierCount(scale);
        const numbers = supplierNumbers();
        writer.long(
          column,
          partKeys().map((part, i) => supplierOf(part, numbers[i]!, suppliers)),
        );
      },
      statistics: (scale) => wide(1, supplierCount(scale), supplierCount(scale)),
    },
    {
      name: 'l_linenumber',
      type: INT,
      write: (writer, column, { counts, rows }) => {
        const numbers = new Int32Array(rows);
        let at = 0;
        for (const count of counts) for (let line = 1; line <= count; line++) numbers[at++] = line;
        writer.int(column, numbers);
      },
      statistics: () => range(1, MOST_LINES, MOST_LINES),
    },
    {
      name: 'l_quantity',
      type: MONEY,
      write: (writer, column, { quantities }) =>
        writer.long(
          column,
          quantities().map((quantity) => quantity * 100),
        ),
      statistics: () => wide(100, 5000, 50),
    },
    {
      name: 'l_extendedprice',
      type: MONEY,
      write: (writer, column, chunk) => writer.long(column, chunk.extendedPrices()),
      statistics: (scale) => wide(90_000, 10_495_000, seen(1_000_000, 4 * orderCount(scale))),
    },
    {
      name: 'l_discount',
      type: MONEY,
      write: (writer, column, chunk) => writer.long(column, chunk.discounts()),
      statistics: () => wide(0, 10, 11),
    },
    {
      name: 'l_tax',
      type: MONEY,
      write: (writer, column, chunk) => writer.long(column, chunk.taxes()),
      statistics: () => wide(0, 8, 9),
    },
    {
      name: 'l_returnflag',
      type: STRING,
      write: (writer, column, chunk) => writer.choice(column, FLAGS, returnFlags(chunk)),
      statistics: () => words(FLAGS),
    },
    {
      name: 'l_linestatus',
      type: STRING,
      write: (writer, column, { shipDates }) =>
        writer.choice(
          column,
          LINE_STATUSES,
          shipDates().map((date) => (date <= CURRENT_DATE ? 0 : 1)),
        ),
      statistics: () => words(LINE_STATUSES),
    },
    {
      name: 'l_shipdate',
      type: DATE,
      write: (writer, column, chunk) => writer.int(column, chunk.shipDates()),
      statistics: () => range(FIRST_ORDER_DATE + 1, LAST_DATE + 121, ORDER_DATES + 120),
    },
    {
      name: 'l_commitdate',
      type: DATE,
      write: (writer, column, chunk) => writer.int(column, chunk.commitDates()),
      statistics: () => range(FIRST_ORDER_DATE + 30, LAST_DATE + 90, ORDER_DATES + 60),
    },
    {
      name: 'l_receiptdate',
      type: DATE,
      write: (writer, column, chunk) => writer.int(column, chunk.receiptDates()),
      statistics: () => range(FIRST_ORDER_DATE + 2, LAST_DATE + 151, ORDER_DATES + 149),
    },
    {
      name: 'l_shipinstruct',
      type: STRING,
      write: (writer, column, { from, counts, rows }) =>
        writer.choice(column, SHIP_INSTRUCTIONS.values, lines(SHIP_INSTRUCTION, from, counts, rows, 0, 3)),
      statistics: () => words(SHIP_INSTRUCTIONS.values),
    },
    {
      name: 'l_shipmode',
      type: STRING,
      write: (writer, column, { from, counts, rows }) =>
        writer.choice(column, SHIP_MODES.values, lines(SHIP_MODE, from, counts, rows, 0, 6)),
      statistics: () => words(SHIP_MODES.values),
    },
    {
      name: 'l_comment',
      type: STRING,
      comment: true,
      write: (writer, column, { from, counts }) => writer.comment(column, LINE_COMMENT, from, 27, counts),
      statistics: (scale) => text(4 * orderCount(scale) * 0.75, 27),
    },
  ],
};
