/** The expected figures are those of nexmark-flink's generator: its proportions, hot ratios, ranges and timing. */
import { describe, expect, it } from 'vitest';
import { RowReader } from '../../../../src/columnar/row-reader.ts';
import { nexmarkConnector } from '../../../../src/connectors/nexmark/nexmark.ts';
import { fieldsOfRow, flattenedSchema, nestedField, nexmarkSchema } from '../../../../src/connectors/nexmark/schema.ts';
import type { ConnectorSpec, ReaderContext, SourceFilter } from '../../../../src/dataflow/connector.ts';
import { ModuleCache } from '../../../../src/kernel/cache.ts';
import { kernelCompiler } from '../../../../src/kernel/program.ts';
import { LinearMemory } from '../../../../src/memory/arena.ts';
import type { Value } from '../../../../src/types/value.ts';
import { checkSourceContract, connectorContext, projectedTypes, readerContext, spec } from '../harness.ts';

const FLAT = flattenedSchema(nexmarkSchema());
const ALL = FLAT.fields.map(({ name }) => name);

const KINDS = ['person.', 'auction.', 'bid.'];

function column(name: string): number {
  const index = FLAT.fields.findIndex((field) => field.name === name);
  if (index < 0) throw new Error(`no column ${name}`);
  return index;
}

function onlyType(type: number): SourceFilter {
  return { column: column('event_type'), op: '=', values: [type] };
}

function open(
  names: readonly string[],
  options: Readonly<Record<string, string>> = {},
  overrides: Partial<ConnectorSpec> = {},
) {
  const connectorSpec = spec(nexmarkConnector, { 'events.num': '1000', ...options }, FLAT, {
    projection: names.map(column),
    ...overrides,
  });
  return { connectorSpec, source: nexmarkConnector.createSource!(connectorSpec, connectorContext()) };
}

/** Rows as objects by column name. */
function read(
  names: readonly string[],
  options: Readonly<Record<string, string>> = {},
  filters: readonly SourceFilter[] = [],
  context: ReaderContext = readerContext({ batchRows: 1000 }),
): Record<string, Value>[] {
  const { source, connectorSpec } = open(names, options, { filters });
  const reader = source.createReader(context);
  reader.addSplits(source.splits());
  const rows = new RowReader(context.memory, projectedTypes(connectorSpec));
  const out: Record<string, Value>[] = [];
  for (;;) {
    const batch = reader.poll();
    if (typeof batch === 'string' || batch instanceof Promise) break;
    for (let i = 0; i < batch.rowCount; i++) {
      out.push(Object.fromEntries(rows.row(batch, i).map((value, k) => [names[k]!, value])));
    }
    batch.release();
  }
  reader.close();
  expect(context.memory.statistics.used).toBe(0);
  return out;
}

const share = <T>(rows: readonly T[], test: (row: T) => boolean): number => rows.filter(test).length / rows.length;

describe('the schema of nexmark', () => {
  it('has rows for the query and flat columns for the source', () => {
    const schema = nexmarkSchema();
    expect(schema.fields.map(({ name }) => name)).toEqual(['event_type', 'person', 'auction', 'bid']);
    expect(ALL).toHaveLength(1 + 8 + 10 + 7);
    expect(ALL.slice(-7)).toEqual(
      ['auction', 'bidder', 'price', 'channel', 'url', 'dateTime', 'extra'].map((n) => `bid.${n}`),
    );
    expect(FLAT.fields.every(({ type }) => type.nullable)).toBe(true);
  });

  it('says where a field is', () => {
    const schema = nexmarkSchema();
    expect(nestedField(schema, ['bid', 'price'])).toBe(column('bid.price'));
    expect(nestedField(schema, ['event_type'])).toBe(0);
    expect(nestedField(schema, ['bid', 'pric'])).toBe(-1);
    expect(fieldsOfRow(schema, 1)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(fieldsOfRow(schema, 0)).toEqual([]);
  });
});

describe('nexmark', () => {
  it('makes cycles of one person, three auctions and 46 bids', () => {
    const rows = read(ALL, { 'events.num': '1000' });
    expect(rows).toHaveLength(1000);
    rows.forEach((row, n) => {
      const kind = n % 50 === 0 ? 0 : n % 50 < 4 ? 1 : 2;
      expect(row.event_type).toBe(kind);
      expect(row['person.id']).toBe(kind === 0 ? BigInt(1000 + n / 50) : null);
      const auction = BigInt(1000 + Math.floor(n / 50) * 3 + (n % 50) - 1);
      expect(row['auction.id']).toBe(kind === 1 ? auction : null);
      const filled = ALL.filter((name) => row[name] !== null);
      expect(filled.join()).toBe(ALL.filter((name) => name === 'event_type' || name.startsWith(KINDS[kind]!)).join());
    });
  });

  it('spaces events by the rate', () => {
    const times = read(['bid.dateTime', 'person.dateTime'], { 'first-event.rate': '3000', 'base-time': '1000' });
    times.forEach((row, n) => {
      const millis = 1000 + Math.floor(Math.trunc(n * (1e6 / 3000)) / 1000);
      const value = row['bid.dateTime'] ?? row['person.dateTime'];
      if (value !== null) expect(value).toBe(BigInt(millis) * 1_000_000n);
    });
  });

  it('gives bids the distributions of the original', () => {
    const names = ['bid.auction', 'bid.bidder', 'bid.price', 'bid.channel', 'bid.url', 'bid.extra'];
    const rows = read(names, { 'events.num': '100000' }, [onlyType(2)]);
    expect(rows).toHaveLength(92_000);
    // Half of the bids are for the first of each hundred auctions, three of four by the second of each hundred persons;
    // one of 111 of the others is, too.
    const hot = share(rows, (row) => ((row['bid.auction'] as bigint) - 1000n) % 100n === 0n);
    expect(hot).toBeGreaterThan(0.49);
    expect(hot).toBeLessThan(0.53);
    expect(share(rows, (row) => ((row['bid.bidder'] as bigint) - 1000n) % 100n === 1n)).toBeCloseTo(0.753, 1);
    expect(share(rows, (row) => !(row['bid.channel'] as string).startsWith('channel-'))).toBeCloseTo(0.5, 1);
    const cold = rows.filter((row) => (row['bid.channel'] as string).startsWith('channel-'));
    expect(share(cold, (row) => (row['bid.url'] as string).includes('&channel_id='))).toBeCloseTo(0.9, 1);
    expect(new Set(cold.map((row) => row['bid.channel'])).size).toBeGreaterThan(9_800);
    // 10^(6u) · 100: a sixth of the prices in each power of ten.
    const prices = rows.map((row) => Number(row['bid.price']));
    expect(Math.min(...prices)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...prices)).toBeLessThanOrEqual(100_000_000);
    for (let power = 2; power < 8; power++) {
      expect(share(prices, (price) => price >= 10 ** power && price < 10 ** (power + 1))).toBeCloseTo(1 / 6, 2);
    }
    const lengths = rows.map((row) => (row['bid.extra'] as string).length);
    expect([Math.min(...lengths), Math.max(...lengths)]).toEqual([54, 81]);
    expect(rows.every((row) => /^[a-z]+$/.test(row['bid.extra'] as string))).toBe(true);
    const astray = rows.filter((row, i) => {
      const cycle = Math.floor(i / 46);
      const lastAuction = 1000 + cycle * 3 + 2;
      const auction = Number(row['bid.auction']);
      const known = auction <= lastAuction + 10 && auction >= Math.max(1000, lastAuction - 102);
      return !known || Number(row['bid.bidder']) > 1000 + cycle + 10;
    });
    expect(astray).toEqual([]);
  });

  it('gives persons and auctions the forms of the original', () => {
    const persons = read(
      ALL.filter((name) => name.startsWith('person.')),
      { 'events.num': '100000' },
      [onlyType(0)],
    );
    expect(persons).toHaveLength(2000);
    for (const row of persons) {
      expect(row['person.name']).toMatch(/^[A-Z][a-z]+ [A-Z][a-z]+$/);
      expect(row['person.emailAddress']).toMatch(/^[a-z ]{0,6}@[a-z ]{0,4}\.com$/);
      expect(row['person.creditCard']).toMatch(/^\d{4} \d{4} \d{4} \d{4}$/);
      expect(row['person.state']).toMatch(/^(AZ|CA|ID|OR|WA|WY)$/);
    }
    expect(new Set(persons.map((row) => row['person.city'])).size).toBe(10);
    expect(new Set(persons.map((row) => row['person.name'])).size).toBe(99);
    const auctions = read(
      ALL.filter((name) => name.startsWith('auction.')),
      { 'events.num': '100000' },
      [onlyType(1)],
    );
    expect(auctions).toHaveLength(6000);
    expect(new Set(auctions.map((row) => row['auction.category']))).toEqual(new Set([10n, 11n, 12n, 13n, 14n]));
    expect(share(auctions, (row) => ((row['auction.seller'] as bigint) - 1000n) % 100n === 0n)).toBeCloseTo(0.753, 1);
    let bytes = 0;
    for (const row of auctions) {
      expect(row['auction.reserve']! > row['auction.initialBid']!).toBe(true);
      // Open for up to twice the time in which a hundred auctions are opened: 1666 events of 0.1 ms.
      const open = Number(((row['auction.expires'] as bigint) - (row['auction.dateTime'] as bigint)) / 1_000_000n);
      expect(open).toBeGreaterThanOrEqual(1);
      expect(open).toBeLessThanOrEqual(334);
      const name = row['auction.itemName'] as string;
      expect(name).toBe(name.trim());
      bytes +=
        48 + name.length + (row['auction.description'] as string).length + (row['auction.extra'] as string).length;
    }
    expect(bytes / auctions.length).toBeGreaterThan(490);
    expect(bytes / auctions.length).toBeLessThan(510);
  });

  it('gives the same values whatever is read with them', () => {
    const whole = read(ALL);
    const bids = whole.filter((row) => row.event_type === 2);
    const names = ['bid.price', 'event_type', 'bid.channel', 'person.id'];
    const some = read(names, {}, [onlyType(2)]);
    expect(some).toEqual(bids.map((row) => Object.fromEntries(names.map((name) => [name, row[name]!]))));
    const persons = read(['person.emailAddress', 'person.extra'], {}, [
      { column: column('event_type'), op: '<', values: [1] },
    ]);
    expect(persons.map((row) => row['person.extra'])).toEqual(
      whole.filter((row) => row.event_type === 0).map((row) => row['person.extra']),
    );
  });

  it('takes a condition on a column of one kind for a condition on the kind', () => {
    const filter: SourceFilter = { column: column('auction.category'), op: '=', values: [10n] };
    expect(read(['auction.id'], {}, [filter])).toHaveLength(60);
  });

  it('gives other values for another seed, and the same for the same', () => {
    const names = ['bid.price', 'bid.auction', 'bid.url'];
    expect(read(names, { seed: '1' })).toEqual(read(names, { seed: '1' }));
    expect(read(names, { seed: '1' })).not.toEqual(read(names, { seed: '2' }));
  });

  it('follows the proportions and ratios it is given', () => {
    const options = {
      'events.num': '1000',
      'person.proportion': '2',
      'auction.proportion': '3',
      'bid.proportion': '5',
      'bid.hot-ratio.auctions': '1',
    };
    const rows = read(['event_type', 'bid.auction', 'person.id', 'auction.id'], options);
    expect(rows.slice(0, 10).map((row) => row.event_type)).toEqual([0, 0, 1, 1, 1, 2, 2, 2, 2, 2]);
    expect(rows[11]!['person.id']).toBe(1003n);
    expect(rows[14]!['auction.id']).toBe(1005n);
    // A ratio of one in one: no bid is for a hot auction on purpose.
    const bids = rows.filter((row) => row.event_type === 2);
    expect(share(bids, (row) => ((row['bid.auction'] as bigint) - 1000n) % 100n === 0n)).toBeLessThan(0.05);
  });

  it('runs the same on every backend of kernels', () => {
    const expected = read(ALL, { 'events.num': '120' });
    for (const backend of ['js', 'interpreter'] as const) {
      const memory = new LinearMemory();
      const compiler = kernelCompiler(memory, new ModuleCache(), backend);
      expect(read(ALL, { 'events.num': '120' }, [], readerContext({ memory, compiler }))).toEqual(expected);
    }
  });

  it('reads in parts and goes on from a snapshot', async () => {
    for (const filters of [[], [onlyType(2)], [onlyType(0)]]) {
      const { source, connectorSpec } = open(
        ['event_type', 'bid.price', 'person.emailAddress'],
        { 'events.num': '25000' },
        { filters },
      );
      const rows = await checkSourceContract(source, connectorSpec, { batchRows: 3000 });
      expect(rows).toHaveLength(filters.length === 0 ? 25_000 : filters[0]!.values[0] === 2 ? 23_000 : 500);
    }
  });

  it('has no end without events.num', () => {
    const { source } = open(['bid.price'], { 'events.num': '0' });
    expect(source.boundedness).toBe('CONTINUOUS_UNBOUNDED');
    expect(source.statistics().rowCount).toBeNull();
    const reader = source.createReader(readerContext());
    reader.addSplits(JSON.parse(JSON.stringify(source.splits())));
    for (let i = 0; i < 100; i++) {
      const batch = reader.poll();
      if (typeof batch === 'string' || batch instanceof Promise) throw new Error('it ended');
      batch.release();
    }
    reader.close();
  });

  it('holds events back to the rate', () => {
    let now = 0;
    const { source } = open(['bid.price'], { 'rate.limited': 'true', 'first-event.rate': '1000' });
    const context = readerContext({ clock: { now: () => now, monotonic: () => now }, batchRows: 10_000 });
    const reader = source.createReader(context);
    reader.addSplits(source.splits());
    expect(reader.poll()).toBe('nothing-yet');
    now = 250;
    const batch = reader.poll();
    if (typeof batch === 'string' || batch instanceof Promise) throw new Error('nothing came');
    expect(batch.rowCount).toBe(250);
    batch.release();
    expect(reader.poll()).toBe('nothing-yet');
    reader.close();
  });

  it('stays alive if it is told so', () => {
    const { source } = open(['event_type'], { 'events.num': '10', 'keep-alive': 'true' });
    expect(source.boundedness).toBe('CONTINUOUS_UNBOUNDED');
    const reader = source.createReader(readerContext());
    reader.addSplits(source.splits());
    const batch = reader.poll();
    if (typeof batch !== 'string' && !(batch instanceof Promise)) batch.release();
    expect(reader.poll()).toBe('nothing-yet');
    reader.close();
  });

  it('knows its rows and ranges', () => {
    const { rowCount, columns } = open([], { 'events.num': '5000' }).source.statistics();
    expect(rowCount).toBe(5000);
    expect(columns['bid.price']).toMatchObject({ nullCount: 400, min: 100n });
    expect(columns['person.id']).toMatchObject({ distinctCount: 100, max: 1099n });
  });

  it('refuses what it does not have', () => {
    const schema = { ...FLAT, fields: [{ name: 'bid.prise', type: FLAT.fields[1]!.type }] };
    const connectorSpec = spec(nexmarkConnector, {}, schema);
    expect(() => nexmarkConnector.createSource!(connectorSpec, connectorContext())).toThrow(/no column 'bid.prise'/);
    expect(() => open([], { 'next-event.rate': '5' })).toThrow(/next-event.rate/);
    expect(() => open([], { 'bid.proportion': 'x' })).toThrow("option 'bid.proportion' of connector 'nexmark' is 'x'");
  });
});
