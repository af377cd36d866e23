/** `value IN (list)`: compared one by one, or looked up in a sorted table where the list is long and of literals. */
import { physicalType } from '../../columnar/physical.ts';
import { type I32, i32, call as invoke, libraryFunction, not } from '../../kernel/build.ts';
import { compareBytes } from '../../types/value.ts';
import type { Call, Expr } from '../expr.ts';
import type { CompileContext } from './context.ts';
import { exact } from './decimal.ts';
import { equalOperands } from './equality.ts';
import { searchLibrary } from './library/search.ts';
import { asI64, bothValid, type Operand, operand } from './operand.ts';
import type { CallCompiler, Compile } from './table.ts';

/** Lists up to this length are compared one by one. */
const SHORT = 8;

const SEARCHABLE = new Set(['i8', 'i16', 'i32', 'i64', 'view']);

function isNull(item: Expr): boolean {
  return item.kind === 'literal' && item.value === null;
}

/** The list is long, and nothing but literals. */
function isTable(call: Call): boolean {
  const items = call.args.slice(1);
  return (
    items.length > SHORT &&
    items.every((item) => item.kind === 'literal') &&
    SEARCHABLE.has(physicalType(call.args[0]!.type))
  );
}

/** 8 bytes each, little-endian. */
function wordsOf(values: readonly bigint[]): Uint8Array {
  const words = BigInt64Array.from(values);
  return new Uint8Array(words.buffer);
}

/** The sorted table of the items that are not NULL. */
function table(items: readonly Expr[], context: CompileContext, compile: Compile): { address: I32; count: I32 } {
  const present = items.filter((item) => !isNull(item));
  let words: bigint[];
  if (physicalType(items[0]!.type) === 'view') {
    const encoder = new TextEncoder();
    const bytes = present.map((item): Uint8Array => {
      const value = item.kind === 'literal' ? item.value : null;
      return typeof value === 'string' ? encoder.encode(value) : (value as Uint8Array);
    });
    words = bytes.sort(compareBytes).map((each) => context.host.view(each));
  } else {
    words = present
      .map((item) => {
        const value = asI64(exact(compile(item)));
        return value.kind === 'constant' ? value.value : 0n;
      })
      .sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  }
  const address = Number(context.host.view(wordsOf(words)) & 0xffffffffn);
  return { address: i32.address(address), count: i32.const(words.length) };
}

function lookUp(call: Call, value: Operand, context: CompileContext, compile: Compile): Operand {
  const items = call.args.slice(1);
  const { address, count } = table(items, context, compile);
  const name = value.physical === 'view' ? 'search_view' : 'search_i64';
  const found = context.f.let('in', i32.const(0));
  const search = (): void =>
    context.f.set(found, invoke(libraryFunction(searchLibrary, name), address, count, asI64(exact(value))) as I32);
  if (value.valid === null) search();
  else context.f.if(value.valid, search);
  const known = items.some(isNull) ? found : null;
  return operand(call.type, found, bothValid(value.valid, known));
}

function compareEach(call: Call, value: Operand, context: CompileContext, compile: Compile): Operand {
  const { f } = context;
  const items = call.args.slice(1).map(compile);
  const found = f.let('in', i32.const(0));
  let unknown: I32 | null = null;
  for (const item of items) {
    f.if(i32.eqz(found), () => {
      const equal = equalOperands(value, item, context);
      f.set(found, item.valid === null ? equal : i32.and(item.valid, equal));
    });
    if (item.valid === null) continue;
    unknown = unknown === null ? not(item.valid) : i32.or(unknown, not(item.valid));
  }
  const known = unknown === null ? null : i32.or(found, not(unknown));
  return operand(call.type, found, bothValid(value.valid, known));
}

export const IN: CallCompiler = {
  accepts: (call) => {
    const first = physicalType(call.args[0]!.type);
    return call.args.every((arg) => arg.type.kind !== 'NULL' && physicalType(arg.type) === first);
  },
  emit: (call, context, compile) => {
    const value = compile(call.args[0]!);
    return (isTable(call) ? lookUp : compareEach)(call, value, context, compile);
  },
};
