/** What the planner may know of Nexmark's columns before they are made. */
import type { ColumnStatistics, TableStatistics } from '../../dataflow/connector.ts';
import { eventTime, type NexmarkConfig } from './options.ts';
import { EVENT_FIELDS, EVENT_KINDS, type EventKind } from './schema.ts';
import { countBefore } from './templates.ts';

/** Distinct values that do not grow with the table. */
const FEW: Readonly<Record<string, number>> = {
  'person.name': 99,
  'person.city': 10,
  'person.state': 6,
  'auction.category': 5,
  'bid.channel': 10_004,
  'bid.url': 10_004,
};

const LENGTHS: Readonly<Record<string, number>> = {
  'person.name': 11,
  'person.emailAddress': 12,
  'person.creditCard': 19,
  'person.city': 8,
  'person.state': 2,
  'person.extra': 140,
  'auction.itemName': 11,
  'auction.description': 51,
  'auction.extra': 390,
  'bid.channel': 9,
  'bid.url': 70,
  'bid.extra': 68,
};

export function nexmarkStatistics(config: NexmarkConfig): TableStatistics {
  if (!Number.isFinite(config.events)) return { rowCount: null, columns: {} };
  const columns: Record<string, ColumnStatistics> = {
    event_type: { min: 0, max: 2, nullCount: 0, distinctCount: 3 },
  };
  for (const kind of EVENT_KINDS) {
    for (const { name, type } of EVENT_FIELDS[kind]) {
      columns[`${kind}.${name}`] = columnStatistics(config, kind, `${kind}.${name}`, type.kind);
    }
  }
  return { rowCount: config.events, columns };
}

function columnStatistics(config: NexmarkConfig, kind: EventKind, name: string, type: string): ColumnStatistics {
  const rows = countBefore(config, kind, config.events);
  const nullCount = config.events - rows;
  const persons = countBefore(config, 'person', config.events);
  const auctions = countBefore(config, 'auction', config.events);
  const nanos = (millis: number): bigint => BigInt(millis) * 1_000_000n;
  switch (name) {
    case 'person.id':
    case 'auction.id':
      return { min: 1000n, max: BigInt(1000 + Math.max(rows, 1) - 1), nullCount, distinctCount: Math.max(rows, 1) };
    case 'auction.seller':
    case 'bid.bidder':
      return {
        min: 1000n,
        max: BigInt(1010 + persons),
        nullCount,
        distinctCount: Math.max(1, Math.min(rows, persons)),
      };
    case 'bid.auction':
      return { min: 1000n, max: BigInt(1010 + auctions), nullCount, distinctCount: Math.max(1, auctions) };
    case 'bid.price':
    case 'auction.initialBid':
      return { min: 100n, max: 100_000_000n, nullCount, distinctCount: Math.max(1, Math.round(rows * 0.5)) };
  }
  const distinctCount = Math.max(1, Math.min(rows, FEW[name] ?? rows));
  const averageLength = LENGTHS[name];
  if (averageLength !== undefined) return { nullCount, distinctCount, averageLength };
  if (!name.endsWith('.dateTime') || type !== 'TIMESTAMP') return { nullCount, distinctCount };
  const last = eventTime(config, Math.max(config.events - 1, 0));
  return {
    min: nanos(config.baseTime),
    max: nanos(last),
    nullCount,
    distinctCount: Math.max(1, Math.min(rows, last - config.baseTime + 1)),
  };
}
