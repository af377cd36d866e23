/** Options of the Nexmark generator: keys, defaults and meaning are those of nexmark-flink. */
import { notSupported } from '../../base/errors.ts';
import type { ConnectorOption } from '../../dataflow/connector.ts';
import { OptionReader, type Options } from '../options.ts';

export const NEXMARK_OPTIONS: readonly ConnectorOption[] = [
  { key: 'events.num', required: false, default: '0', doc: 'How many events; 0: without end.' },
  { key: 'first-event.rate', required: false, default: '10000', doc: 'Events per second of event time.' },
  { key: 'next-event.rate', required: false, doc: 'The rate later on; must be that at first.' },
  { key: 'rate.shape', required: false, default: 'SQUARE', doc: 'How the rate changes: SQUARE, SINE. It does not.' },
  { key: 'rate.period', required: false, default: '600 s', doc: 'How often the rate changes. It does not.' },
  { key: 'rate.limited', required: false, default: 'false', doc: 'Hold events back to the rate, by the wall clock.' },
  { key: 'max-emit-speed', required: false, default: 'true', doc: 'false: as rate.limited.' },
  { key: 'person.proportion', required: false, default: '1', doc: 'New persons among the events of a cycle.' },
  { key: 'auction.proportion', required: false, default: '3', doc: 'New auctions among the events of a cycle.' },
  { key: 'bid.proportion', required: false, default: '46', doc: 'Bids among the events of a cycle.' },
  { key: 'person.avg-size', required: false, default: '200b', doc: 'Bytes of a person; `extra` makes up for it.' },
  { key: 'auction.avg-size', required: false, default: '500b', doc: 'Bytes of an auction.' },
  { key: 'bid.avg-size', required: false, default: '100b', doc: 'Bytes of a bid.' },
  {
    key: 'bid.hot-ratio.auctions',
    required: false,
    default: '2',
    doc: 'One of so many bids is not for a hot auction.',
  },
  { key: 'bid.hot-ratio.bidders', required: false, default: '4', doc: 'One of so many bids is not by a hot bidder.' },
  { key: 'auction.hot-ratio.sellers', required: false, default: '4', doc: 'One of so many auctions: no hot seller.' },
  { key: 'keep-alive', required: false, default: 'false', doc: 'Do not end after the last event.' },
  { key: 'stop-at', required: false, default: '-1', doc: 'Stop at this event number; -1: do not.' },
  {
    key: 'base-time',
    required: false,
    default: '1700000000000',
    doc: 'Time of the first event in milliseconds since 1970, UTC. Weir only.',
  },
  { key: 'seed', required: false, default: '0', doc: 'Another seed gives other values. Weir only.' },
];

export interface NexmarkConfig {
  /** Infinity: without end. */
  readonly events: number;
  /** Per second of event time. */
  readonly rate: number;
  readonly limited: boolean;
  readonly keepAlive: boolean;
  /** Events of a cycle: first the persons, then the auctions, then the bids. */
  readonly proportions: { readonly person: number; readonly auction: number; readonly bid: number };
  readonly cycle: number;
  readonly averageBytes: { readonly person: number; readonly auction: number; readonly bid: number };
  readonly hotAuctions: number;
  readonly hotBidders: number;
  readonly hotSellers: number;
  /** Milliseconds since 1970. */
  readonly baseTime: number;
  readonly seed: number;
}

export function nexmarkConfig(options: Options): NexmarkConfig {
  const reader = new OptionReader('nexmark', options);
  const rate = reader.integer('first-event.rate', 10_000, 1);
  if (reader.integer('next-event.rate', rate, 1) !== rate) {
    throw notSupported("connector 'nexmark': a next-event.rate that differs from first-event.rate");
  }
  reader.choice('rate.shape', 'SQUARE', ['SQUARE', 'SINE']);
  reader.duration('rate.period', 600_000);
  const proportions = {
    person: reader.integer('person.proportion', 1, 1),
    auction: reader.integer('auction.proportion', 3, 1),
    bid: reader.integer('bid.proportion', 46, 1),
  };
  const number = reader.integer('events.num', 0, 0);
  const stopAt = reader.integer('stop-at', -1, -1);
  const last = number === 0 ? Number.POSITIVE_INFINITY : number;
  return {
    events: stopAt < 0 ? last : Math.min(last, stopAt),
    rate,
    limited: reader.boolean('rate.limited', false) || !reader.boolean('max-emit-speed', true),
    keepAlive: reader.boolean('keep-alive', false),
    proportions,
    cycle: proportions.person + proportions.auction + proportions.bid,
    averageBytes: {
      person: reader.memory('person.avg-size', 200),
      auction: reader.memory('auction.avg-size', 500),
      bid: reader.memory('bid.avg-size', 100),
    },
    hotAuctions: reader.integer('bid.hot-ratio.auctions', 2, 1),
    hotBidders: reader.integer('bid.hot-ratio.bidders', 4, 1),
    hotSellers: reader.integer('auction.hot-ratio.sellers', 4, 1),
    baseTime: reader.integer('base-time', 1_700_000_000_000, 0),
    seed: reader.integer('seed', 0, 0),
  };
}

/** Milliseconds since 1970 of event number `n`. */
export function eventTime({ baseTime, rate }: NexmarkConfig, n: number): number {
  return baseTime + Math.floor(Math.trunc(n * (1e6 / rate)) / 1000);
}
