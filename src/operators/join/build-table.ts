import type { CompileContext } from '../../expr/compile/context.ts';
import { bothValid, type Operand } from '../../expr/compile/operand.ts';
import { type I32, type I64, i32, type Variable } from '../../kernel/build.ts';
import { type FunctionBuilder, fn } from '../../kernel/function-builder.ts';
import type { KernelFunction } from '../../kernel/ir.ts';
import { hashKeys, type IntegerRange, ifInRange, keyAsI64, sameKeys } from '../codegen/keys.ts';
import type { RowLayout } from '../codegen/row-layout.ts';
import { hasKey, ifKey, type KeyBitmap, markKey } from './key-bitmap.ts';

/** Reserved bytes at the start of each build row: next row of the same key, hash, whether it found a match. */
export const NEXT = 0;
export const HASH = 4;
export const MATCHED = 8;
export const RESERVED = 16;

/** How the first build row of a key is found. */
export type JoinIndex = ArrayIndex | BitmapIndex | HashIndex;

/** A row, or 0, for every integer of a range. */
export interface ArrayIndex extends IntegerRange {
  readonly kind: 'array';
  readonly slots: number;
}

/** A row for every key in a bitmap; without `slots` it is only told whether there is one. */
export interface BitmapIndex {
  readonly kind: 'bitmap';
  readonly slots: number | null;
  readonly keys: KeyBitmap;
}

/** Slots of a hash and a row. Address and mask are constants of the kernel, or words that change between calls. */
export interface HashIndex {
  readonly kind: 'hash';
  readonly slots: I32;
  readonly mask: I32;
  /** Keys that are not all in these have no row. */
  readonly filters: readonly KeyFilter[];
}

/** The values of one column of the key. */
export interface KeyFilter {
  /** Its place in the key. */
  readonly place: number;
  readonly keys: KeyBitmap;
}

/** 1 where the key can match at all: every part that is not compared NULL-safely is valid. Null: always. */
export function joinable(keys: readonly Operand[], nullSafe: readonly boolean[]): I32 | null {
  return keys.reduce<I32 | null>((all, key, i) => (nullSafe[i] ? all : bothValid(all, key.valid)), null);
}

/** Where the keys of build rows are. */
export interface BuildKeys {
  readonly layout: RowLayout;
  readonly fields: readonly number[];
  readonly nullSafe: readonly boolean[];
  readonly newContext: (f: FunctionBuilder, column: (field: number) => Operand) => CompileContext;
}

/**
 * Emits a loop over consecutive rows; those that cannot match are left out.
 *
 * @param before emitted for all rows
 */
function forEachJoinable(
  f: FunctionBuilder & { readonly param: { readonly from: I32; readonly rows: I32 } },
  { layout, fields, nullSafe, newContext }: BuildKeys,
  body: (context: CompileContext, row: Variable<'i32'>, keys: readonly Operand[]) => void,
  before: (row: Variable<'i32'>) => void = () => {},
): void {
  const row = f.let('row', f.param.from);
  f.for('i', i32.const(0), f.param.rows, () => {
    const context = newContext(f, (field) => layout.load(row, field));
    const keys = fields.map((field) => context.column(field));
    const can = joinable(keys, nullSafe);
    before(row);
    if (can === null) body(context, row, keys);
    else context.branch(can, () => body(context, row, keys));
    f.set(row, i32.add(row, i32.const(layout.size)));
  });
}

/** `mark(from, rows)`: notes the keys of consecutive rows in bitmaps. */
export function markKernel(build: BuildKeys, filters: readonly KeyFilter[]): KernelFunction {
  const f = fn('mark', { params: { from: i32, rows: i32 } });
  forEachJoinable(f, build, (_, __, keys) => {
    for (const { place, keys: bitmap } of filters) markKey(f, bitmap, keyAsI64(keys[place]!));
  });
  return f.finish();
}

/**
 * `link(from, rows)`: puts consecutive rows into the index; gives how many of them had a key that was there before.
 * A row that cannot match stays out of it.
 */
export function linkKernel(build: BuildKeys, index: JoinIndex): KernelFunction {
  const f = fn('link', { params: { from: i32, rows: i32 }, result: i32 });
  const repeats = f.let('repeats', i32.const(0));
  const insert = (context: CompileContext, row: Variable<'i32'>, keys: readonly Operand[]): void => {
    const slot = f.declare('slot', 'i32');
    const head = f.declare('head', 'i32');
    if (index.kind === 'hash') {
      const hash = context.local('hash', i32.load(row, HASH));
      probe(f, context, index, hash, slot, head, sameAs(keys, build, context));
      f.do(i32.store(slot, hash));
      f.do(i32.store(slot, row, 4));
    } else {
      slotOf(context, index, keyAsI64(keys[0]!), (at) => f.set(slot, at));
      f.set(head, i32.load(slot));
      f.do(i32.store(slot, row));
    }
    f.do(i32.store(row, head, NEXT));
    f.if(head, () => f.set(repeats, i32.add(repeats, i32.const(1))));
  };
  forEachJoinable(f, build, insert, (row) => f.do(i32.store(row, i32.const(0), NEXT)));
  f.return(repeats);
  return f.finish();
}

/** Emits `then` for a key that the index has a slot for. */
function slotOf(context: CompileContext, index: ArrayIndex | BitmapIndex, key: I64, then: (slot: I32) => void): void {
  const slots = i32.address(index.slots!);
  const thenAt = (number: I32): void => then(i32.add(slots, i32.shl(number, i32.const(2))));
  if (index.kind === 'bitmap') ifKey(context, index.keys, key, thenAt);
  else ifInRange(context, index, key, thenAt);
}

function sameAs(keys: readonly Operand[], { layout, fields }: BuildKeys, context: CompileContext) {
  return (candidate: Variable<'i32'>): I32 => {
    const theirs = fields.map((field) => context.bind(layout.load(candidate, field), 'k'));
    return sameKeys(keys, theirs, context);
  };
}

/** Emits the search in a hash index: `head` is the first row of the key or 0, `slot` where it is or would go. */
function probe(
  f: FunctionBuilder,
  context: CompileContext,
  index: HashIndex,
  hash: I32,
  slot: Variable<'i32'>,
  head: Variable<'i32'>,
  matches: (row: Variable<'i32'>) => I32,
): void {
  const slots = context.local('slots', index.slots);
  const mask = context.local('mask', index.mask);
  const at = f.let('index', i32.and(hash, mask));
  const label = f.freshLabel('probe');
  f.loop({
    label,
    body: () => {
      f.set(slot, i32.add(slots, i32.shl(at, i32.const(3))));
      f.set(head, i32.load(slot, 4));
      f.if(i32.eqz(head), () => f.break(label));
      f.if(i32.eq(i32.load(slot), hash), () => {
        context.scoped(() => f.if(matches(head), () => f.break(label)));
      });
    },
    step: () => f.set(at, i32.and(i32.add(at, i32.const(1)), mask)),
  });
}

/**
 * Emits the lookup of a probe row's key: the first build row with it, or 0; of an index without rows 1 or 0. `keys` are
 * valid where they must be.
 *
 * @param knownHash of the keys, where a row carries it
 */
export function lookup(
  context: CompileContext,
  index: JoinIndex,
  keys: readonly Operand[],
  build: BuildKeys,
  knownHash: I32 | null = null,
): Variable<'i32'> {
  const { f } = context;
  if (index.kind === 'bitmap' && index.slots === null) return hasKey(context, index.keys, keyAsI64(keys[0]!));
  const head = f.let('head', i32.const(0));
  if (index.kind !== 'hash') {
    slotOf(context, index, keyAsI64(keys[0]!), (slot) => f.set(head, i32.load(slot)));
    return head;
  }
  const search = (): void => {
    const slot = f.declare('slot', 'i32');
    const hash = knownHash ?? hashKeys(keys, context);
    probe(f, context, index, hash, slot, head, sameAs(keys, build, context));
  };
  const passes = index.filters.map(({ place, keys: bitmap }) => hasKey(context, bitmap, keyAsI64(keys[place]!)));
  if (passes.length === 0) search();
  else
    context.branch(
      passes.reduce<I32>((all, next) => i32.and(all, next), i32.const(1)),
      search,
    );
  return head;
}
