/** Building blocks of Nexmark's columns: hashes of events, numbers and pieces of text drawn from them, times. */
import { type F64, f64, type I32, type I64, i32, i64, select, type Variable } from '../../kernel/build.ts';
import type { CycleScope, EventScope } from './scope.ts';
import { CUT_POSITIONS, OFFSETS, POWER_BITS } from './strings.ts';

const GAMMA = 0x9e3779b97f4a7c15n;
const FIRST_MULTIPLIER = 0xbf58476d1ce4e5b9n;
const SECOND_MULTIPLIER = 0x94d049bb133111ebn;

/** A 64-bit hash of the event, another one for every name: the output function of SplitMix64. */
export function hash({ f, config, kind }: CycleScope, { event }: EventScope, name: string): Variable<'i64'> {
  const salt = i64.const(saltOf(config.seed, `${kind}.${name}`));
  const z = f.let('z', i64.add(i64.mul(event, i64.const(BigInt.asIntN(64, GAMMA))), salt));
  const mixed = (shift: number, multiplier: bigint): I64 =>
    i64.mul(i64.xor(z, i64.shr_u(z, i64.const(shift))), i64.const(BigInt.asIntN(64, multiplier)));
  f.set(z, mixed(30, FIRST_MULTIPLIER));
  f.set(z, mixed(27, SECOND_MULTIPLIER));
  f.set(z, i64.xor(z, i64.shr_u(z, i64.const(31))));
  return z;
}

/** A constant for a name and a seed: FNV-1a over 64 bits. */
function saltOf(seed: number, name: string): bigint {
  let salt = 0xcbf29ce484222325n ^ BigInt(seed);
  for (const char of `${seed}/${name}`) {
    salt = BigInt.asUintN(64, (salt ^ BigInt(char.charCodeAt(0))) * 0x100000001b3n);
  }
  return BigInt.asIntN(64, salt);
}

const LOW_WORD = 0xffffffffn;

/** Uniform from 0 to `bound` - 1, from the low or the high half of a hash; `bound` is below 2^31. */
export function below(bits: I64, bound: I64, half: 'low' | 'high' = 'low'): I64 {
  const word = half === 'low' ? i64.and(bits, i64.const(LOW_WORD)) : i64.shr_u(bits, i64.const(32));
  return i64.shr_u(i64.mul(word, bound), i64.const(32));
}

/** True for all but one in `ratio`; uses the top 16 bits of a hash. */
export function isHot(bits: I64, ratio: number): I32 {
  const draw = i64.mul(i64.shr_u(bits, i64.const(48)), i64.const(ratio));
  return i64.ne(i64.shr_u(draw, i64.const(16)), i64.const(0));
}

/** Log-uniform from 100 to 10^8: round(10^(6u) · 100), for u of 24 bits. */
export function price({ f, data }: CycleScope, bits: Variable<'i64'>): I64 {
  const mask = (1 << POWER_BITS) - 1;
  const word = f.let('word', i32.wrap_i64(bits));
  const power = (table: number): F64 => {
    const index = i32.and(i32.shr_u(word, i32.const(table * POWER_BITS)), i32.const(mask));
    const offset = OFFSETS.powers + table * (8 << POWER_BITS);
    return f64.load(i32.add(data, i32.shl(index, i32.const(3))), offset);
  };
  const value = f64.mul(f64.mul(f64.mul(power(2), power(1)), power(0)), f64.const(100));
  return i64.trunc_sat_f64_s(f64.nearest(value));
}

/** Milliseconds since the base time of event number `event`. */
function elapsed({ config }: CycleScope, event: I64): I64 {
  const micros = f64.trunc(f64.mul(f64.convert_i64_s(event), f64.const(1e6 / config.rate)));
  return i64.trunc_sat_f64_s(f64.floor(f64.div(micros, f64.const(1000))));
}

/** Milliseconds since 1970. */
export function timeOf(scope: CycleScope, event: I64): I64 {
  return i64.add(elapsed(scope, event), i64.const(scope.config.baseTime));
}

/** As TIMESTAMP columns have it. */
export function micros(millis: I64): I64 {
  return i64.mul(millis, i64.const(1000));
}

/** An entry of a table of views. */
export function viewAt({ data }: CycleScope, table: number, index: I64): I64 {
  return i64.load(i32.add(data, i32.shl(i32.wrap_i64(index), i32.const(3))), table);
}

export function lengthOf(view: I64): I64 {
  return i64.shr_u(view, i64.const(32));
}

function viewOf(address: I32, length: I64): I64 {
  return i64.or(i64.shl(length, i64.const(32)), i64.extend_i32_u(address));
}

/** Random letters so that the event has `average` bytes in the mean, of which `size` are used otherwise. */
export function extra({ f, config, kind, data }: CycleScope, bits: Variable<'i64'>, size: I64): I64 {
  const rest = f.let('rest', i64.sub(i64.const(config.averageBytes[kind]), size));
  f.if(i64.lt_s(rest, i64.const(0)), () => f.set(rest, i64.const(0)));
  // A fifth of it, rounded, may be more or less.
  const delta = f.let('delta', i64.div_u(i64.add(i64.mul(rest, i64.const(2)), i64.const(5)), i64.const(10)));
  const length = i64.add(i64.sub(rest, delta), below(bits, i64.mul(delta, i64.const(2)), 'high'));
  const position = i32.and(i32.wrap_i64(bits), i32.const(CUT_POSITIONS - 1));
  return viewOf(i32.add(i32.add(data, i32.const(OFFSETS.letters)), position), length);
}

/** Letters and spaces, three to `most` - 1 of them, without the spaces at either end. */
export function prose(scope: CycleScope, event: EventScope, name: string, most: number): Prose {
  const { f, data } = scope;
  const bits = hash(scope, event, name);
  const position = i32.and(i32.wrap_i64(bits), i32.const(CUT_POSITIONS - 1));
  const begin = f.let('begin', i32.add(i32.add(data, i32.const(OFFSETS.prose)), position));
  const drawn = below(bits, i64.const(most - 3), 'high');
  const end = f.let('end', i32.add(begin, i32.add(i32.wrap_i64(drawn), i32.const(3))));
  const space = i32.const(32);
  f.while(i32.and(i32.lt_u(begin, end), i32.eq(i32.load8_u(begin), space)), () =>
    f.set(begin, i32.add(begin, i32.const(1))),
  );
  f.while(i32.and(i32.lt_u(begin, end), i32.eq(i32.load8_u(i32.sub(end, i32.const(1))), space)), () =>
    f.set(end, i32.sub(end, i32.const(1))),
  );
  return { begin, length: f.let('length', i32.sub(end, begin)) };
}

export interface Prose {
  readonly begin: Variable<'i32'>;
  readonly length: Variable<'i32'>;
}

export function proseView({ begin, length }: Prose): I64 {
  return viewOf(begin, i64.extend_i32_u(length));
}

/** Copies a piece of text; gives the position behind it. */
export function copyProse({ f }: CycleScope, to: I32, { begin, length }: Prose): Variable<'i32'> {
  f.copy(to, begin, length);
  return f.let('behind', i32.add(to, length));
}

/** The view of the bytes from `begin` to `end`. */
export function viewOfBytes(begin: I32, end: I32): I64 {
  return viewOf(begin, i64.extend_i32_u(i32.sub(end, begin)));
}

/** The number of the last person, or auction, of the cycle. */
export function lastOfCycle({ config, cycle }: CycleScope, kind: 'person' | 'auction'): I64 {
  const share = config.proportions[kind];
  return i64.add(i64.mul(cycle, i64.const(share)), i64.const(share - 1));
}

/** The number of the last person, or auction, up to the event; what is before its kind in the cycle is through. */
export function last(scope: CycleScope, event: EventScope, kind: 'person' | 'auction'): I64 {
  if (scope.kind !== kind) return lastOfCycle(scope, kind);
  return i64.add(i64.mul(scope.cycle, i64.const(scope.config.proportions[kind])), event.index);
}

/** The first of the hundred persons, or auctions, to which the last one belongs. */
export function hotOf(last: I64): I64 {
  return i64.mul(i64.div_u(last, i64.const(100)), i64.const(100));
}

export function pick(condition: I32, yes: I64, no: I64): I64 {
  return select(condition, yes, no);
}
