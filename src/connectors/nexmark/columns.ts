/** What each of Nexmark's columns holds. */
import { type I64, i32, i64, type Variable } from '../../kernel/build.ts';
import {
  below,
  copyProse,
  extra,
  hash,
  hotOf,
  isHot,
  last,
  lastOfCycle,
  lengthOf,
  micros,
  pick,
  price,
  prose,
  proseView,
  timeOf,
  viewAt,
  viewOfBytes,
} from './draw.ts';
import type { EventKind } from './schema.ts';
import type { ColumnBody, CycleScope, EventScope } from './scope.ts';
import { COLD_CHANNELS, COUNTS, HOT_CHANNELS, OFFSETS } from './strings.ts';

export interface Column {
  readonly body: ColumnBody;
  /** Bytes of a string that is composed, at most; left out: a number or a view. */
  readonly longest?: number;
}

/** Ids start here, so that small inputs join. */
const FIRST_ID = 1000;
const FIRST_CATEGORY = 10;
const CATEGORIES = 5;
const AUCTIONS_IN_FLIGHT = 100;
const ACTIVE_PERSONS = 1000;
/** Auctions and persons that are named before they come. */
const LEAD = 10;

const ITEM_NAME = 20;
const DESCRIPTION = 100;
const MAILBOX = 7;
const MAIL_HOST = 5;
const LONGEST_EMAIL = MAILBOX + 1 + MAIL_HOST + 4;
const CREDIT_CARD = 19;

const plus = (a: I64, b: number): I64 => i64.add(a, i64.const(b));

const dateTime: ColumnBody = (scope) => (event) => micros(timeOf(scope, event.event));

/** One of the persons of late, or one that is to come. */
function activePerson(lastPerson: Variable<'i64'>, bits: I64): I64 {
  const persons = plus(lastPerson, 1);
  const active = pick(i64.lt_s(persons, i64.const(ACTIVE_PERSONS)), persons, i64.const(ACTIVE_PERSONS));
  return i64.add(i64.sub(persons, active), below(bits, plus(active, LEAD)));
}

/** The index of a bid's channel: one of four, or of ten thousand. */
function channel(scope: CycleScope, event: EventScope): I64 {
  const bits = hash(scope, event, 'channel');
  const hot = below(bits, i64.const(HOT_CHANNELS.length));
  const cold = plus(below(bits, i64.const(COLD_CHANNELS)), HOT_CHANNELS.length);
  return pick(isHot(bits, 2), hot, cold);
}

const BID: Readonly<Record<string, Column>> = {
  auction: {
    body: (scope) => {
      const { f, config } = scope;
      const lastAuction = f.let('last_auction', lastOfCycle(scope, 'auction'));
      const hot = f.let('hot', plus(hotOf(lastAuction), FIRST_ID));
      const first = f.let('first_open', i64.sub(lastAuction, i64.const(AUCTIONS_IN_FLIGHT)));
      f.if(i64.lt_s(first, i64.const(0)), () => f.set(first, i64.const(0)));
      const choices = f.let('choices', plus(i64.sub(lastAuction, first), 1 + LEAD));
      return (event) => {
        const bits = hash(scope, event, 'auction');
        const open = plus(i64.add(first, below(bits, choices)), FIRST_ID);
        return pick(isHot(bits, config.hotAuctions), hot, open);
      };
    },
  },
  bidder: {
    body: (scope) => {
      const { f, config } = scope;
      const lastPerson = f.let('last_person', lastOfCycle(scope, 'person'));
      // The second of a hundred, so that hot bidders are not hot sellers.
      const hot = f.let('hot', plus(hotOf(lastPerson), 1 + FIRST_ID));
      return (event) => {
        const bits = hash(scope, event, 'bidder');
        return pick(isHot(bits, config.hotBidders), hot, plus(activePerson(lastPerson, bits), FIRST_ID));
      };
    },
  },
  price: { body: (scope) => (event) => price(scope, hash(scope, event, 'price')) },
  channel: { body: (scope) => (event) => viewAt(scope, OFFSETS.channels, channel(scope, event)) },
  url: { body: (scope) => (event) => viewAt(scope, OFFSETS.urls, channel(scope, event)) },
  dateTime: { body: dateTime },
  extra: { body: (scope) => (event) => extra(scope, hash(scope, event, 'extra'), i64.const(32)) },
};

const AUCTION: Readonly<Record<string, Column>> = {
  id: { body: (scope) => (event) => plus(last(scope, event, 'auction'), FIRST_ID) },
  itemName: { body: (scope) => (event) => proseView(prose(scope, event, 'itemName', ITEM_NAME)) },
  description: { body: (scope) => (event) => proseView(prose(scope, event, 'description', DESCRIPTION)) },
  initialBid: { body: (scope) => (event) => price(scope, hash(scope, event, 'initialBid')) },
  reserve: {
    body: (scope) => (event) =>
      i64.add(price(scope, hash(scope, event, 'initialBid')), price(scope, hash(scope, event, 'reserve'))),
  },
  dateTime: { body: dateTime },
  expires: {
    body: (scope) => (event) => {
      const { f, config } = scope;
      const ahead = Math.floor((AUCTIONS_IN_FLIGHT * config.cycle) / config.proportions.auction);
      const now = f.let('now', timeOf(scope, event.event));
      // Twice the time until a hundred more auctions have been opened.
      const span = f.let('span', i64.mul(i64.sub(timeOf(scope, plus(event.event, ahead)), now), i64.const(2)));
      f.if(i64.lt_s(span, i64.const(1)), () => f.set(span, i64.const(1)));
      return micros(i64.add(plus(now, 1), below(hash(scope, event, 'expires'), span)));
    },
  },
  seller: {
    body: (scope) => (event) => {
      const lastPerson = scope.f.let('last_person', last(scope, event, 'person'));
      const bits = hash(scope, event, 'seller');
      const seller = pick(isHot(bits, scope.config.hotSellers), hotOf(lastPerson), activePerson(lastPerson, bits));
      return plus(seller, FIRST_ID);
    },
  },
  category: {
    body: (scope) => (event) => plus(below(hash(scope, event, 'category'), i64.const(CATEGORIES)), FIRST_CATEGORY),
  },
  extra: {
    body: (scope) => (event) => {
      const name = prose(scope, event, 'itemName', ITEM_NAME);
      const description = prose(scope, event, 'description', DESCRIPTION);
      const size = i64.extend_i32_u(i32.add(i32.add(name.length, description.length), i32.const(48)));
      return extra(scope, hash(scope, event, 'extra'), size);
    },
  },
};

const nameView = (scope: CycleScope, event: EventScope): I64 =>
  viewAt(scope, OFFSETS.names, below(hash(scope, event, 'name'), i64.const(COUNTS.names)));
const cityView = (scope: CycleScope, event: EventScope): I64 =>
  viewAt(scope, OFFSETS.cities, below(hash(scope, event, 'city'), i64.const(COUNTS.cities)));

const PERSON: Readonly<Record<string, Column>> = {
  id: { body: (scope) => (event) => plus(last(scope, event, 'person'), FIRST_ID) },
  name: { body: (scope) => (event) => nameView(scope, event) },
  emailAddress: {
    longest: LONGEST_EMAIL,
    body: (scope) => (event) => {
      const { f } = scope;
      const at = copyProse(scope, event.text, prose(scope, event, 'mailbox', MAILBOX));
      f.do(i32.store8(at, i32.const(64)));
      const host = copyProse(scope, i32.add(at, i32.const(1)), prose(scope, event, 'mailHost', MAIL_HOST));
      // ".com"
      f.do(i32.store(host, i32.const(0x6d6f632e)));
      return viewOfBytes(event.text, i32.add(host, i32.const(4)));
    },
  },
  creditCard: {
    longest: CREDIT_CARD,
    body: (scope) => (event) => {
      const { f } = scope;
      const bits = hash(scope, event, 'creditCard');
      for (let group = 0; group < 4; group++) {
        const word = i64.and(i64.shr_u(bits, i64.const(16 * group)), i64.const(0xffff));
        const number = f.let('number', i32.wrap_i64(i64.shr_u(i64.mul(word, i64.const(10_000)), i64.const(16))));
        if (group > 0) f.do(i32.store8(event.text, i32.const(32), 5 * group - 1));
        for (let digit = 3; digit >= 0; digit--) {
          const char = i32.add(i32.rem_u(number, i32.const(10)), i32.const(48));
          f.do(i32.store8(event.text, char, 5 * group + digit));
          f.set(number, i32.div_u(number, i32.const(10)));
        }
      }
      return viewOfBytes(event.text, i32.add(event.text, i32.const(CREDIT_CARD)));
    },
  },
  city: { body: (scope) => (event) => cityView(scope, event) },
  state: {
    body: (scope) => (event) =>
      viewAt(scope, OFFSETS.states, below(hash(scope, event, 'state'), i64.const(COUNTS.states))),
  },
  dateTime: { body: dateTime },
  extra: {
    body: (scope) => (event) => {
      const mailbox = prose(scope, event, 'mailbox', MAILBOX);
      const host = prose(scope, event, 'mailHost', MAIL_HOST);
      const email = i64.extend_i32_u(i32.add(i32.add(mailbox.length, host.length), i32.const(5)));
      const names = i64.add(lengthOf(nameView(scope, event)), lengthOf(cityView(scope, event)));
      const size = scope.f.let('size', plus(i64.add(names, email), 8 + CREDIT_CARD + 2));
      return extra(scope, hash(scope, event, 'extra'), size);
    },
  },
};

export const COLUMNS: Readonly<Record<EventKind, Readonly<Record<string, Column>>>> = {
  person: PERSON,
  auction: AUCTION,
  bid: BID,
};
