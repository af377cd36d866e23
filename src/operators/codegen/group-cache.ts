/**
 * Remembers, while one batch is worked on, which group a key of string views belongs to: equal views are the same
 * string, so neither hashing nor comparing bytes is needed again. Columns with few different strings repeat their
 * views.
 */
import type { CompileContext } from '../../expr/compile/context.ts';
import { asI32, asI64, type Operand } from '../../expr/compile/operand.ts';
import { type I32, type I64, i32, i64, select, type Variable } from '../../kernel/build.ts';
import type { FunctionBuilder } from '../../kernel/function-builder.ts';
import type { KernelHost } from './kernel-host.ts';

const MOST_KEYS = 3;
const ENTRY_BITS = 8;
const ENTRIES = 1 << ENTRY_BITS;
const ENTRY_BYTES = 32;
const ROW = 24;
const HASH = 28;
const MULTIPLIERS = [0x9e3779b97f4a7c15n, 0xc2b2ae3d27d4eb4fn, 0x165667b19e3779f9n].map((m) => BigInt.asIntN(64, m));

export interface CachedGroup {
  readonly row: Variable<'i32'>;
  readonly hash: I32;
}

export class GroupCache {
  readonly #address: number;

  constructor(host: KernelHost) {
    this.#address = host.allocate(ENTRIES * ENTRY_BYTES);
  }

  /** Whether it pays: few keys that fit a word each, a string among them. */
  static suits(keys: readonly Operand[]): boolean {
    // Of numbers only NOT NULL ones: a view has a word to spare for NULL, a number has none.
    const words = keys.every(({ physical, valid }) => {
      return physical === 'view' || (valid === null && !['i128', 'f32', 'f64'].includes(physical));
    });
    return words && keys.length <= MOST_KEYS && keys.some(({ physical }) => physical === 'view');
  }

  /** Emits the forgetting of everything: views of another batch may be other strings. */
  clear(f: FunctionBuilder): void {
    f.fill(i32.address(this.#address), i32.const(0), i32.const(ENTRIES * ENTRY_BYTES));
  }

  /** Emits the lookup of a key; `search` is emitted for when it is not remembered, and may give row 0: no group. */
  find(context: CompileContext, keys: readonly Operand[], search: () => CachedGroup): CachedGroup {
    const { f } = context;
    const codes = keys.flatMap(({ code, valid }) => (code === undefined || valid !== null ? [] : [code]));
    const { hash: mixed, words } = codes.length === keys.length ? ofCodes(codes, context) : ofWords(keys, context);
    const slot = i32.wrap_i64(i64.shr_u(mixed, i64.const(64 - ENTRY_BITS)));
    const entry = f.let('entry', i32.add(i32.address(this.#address), i32.mul(slot, i32.const(ENTRY_BYTES))));
    const row = f.let('group', i32.load(entry, ROW));
    const hash = f.let('groupHash', i32.load(entry, HASH));
    const same = words.map((word, i) => i64.eq(i64.load(entry, i * 8), word)).reduce((a, b) => i32.and(a, b));
    f.if(i32.or(i32.eqz(row), i32.eqz(same)), () => {
      const found = search();
      f.set(row, found.row);
      f.set(hash, found.hash);
      f.if(row, () => {
        for (const [i, word] of words.entries()) f.do(i64.store(entry, word, i * 8));
        f.do(i32.store(entry, row, ROW));
        f.do(i32.store(entry, hash, HASH));
      });
    });
    return { row, hash };
  }
}

/** Words that tell keys apart, and a number with high bits that depend on all of them. */
interface KeyWords {
  readonly words: readonly I64[];
  readonly hash: I64;
}

function ofWords(keys: readonly Operand[], context: CompileContext): KeyWords {
  const words = keys.map((key) => context.local('w', wordOf(key)));
  const hash = words.map((word, i) => i64.mul(word, i64.const(MULTIPLIERS[i]!))).reduce((a, b) => i64.xor(a, b));
  return { words, hash };
}

/** Of strings of dictionaries: their numbers side by side. */
function ofCodes(codes: readonly I32[], context: CompileContext): KeyWords {
  const together = codes.map((code, i) => i32.shl(code, i32.const(8 * i))).reduce((a, b) => i32.or(a, b));
  const word = context.local('codes', i64.extend_i32_u(together));
  return { words: [word], hash: i64.mul(word, i64.const(MULTIPLIERS[0]!)) };
}

/** The key as 64 bits; no view is -1. */
function wordOf(key: Operand): I64 {
  const word = key.physical === 'view' || key.physical === 'i64' ? asI64(key) : i64.extend_i32_s(asI32(key));
  return key.valid === null ? word : select(key.valid, word, i64.const(-1));
}
