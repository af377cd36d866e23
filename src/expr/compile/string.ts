/** Functions over strings that kernels compute on the UTF-8 bytes: LIKE with a constant pattern. */
import { assert } from '../../base/assert.ts';
import { type I32, i32, call as invoke, libraryFunction } from '../../kernel/build.ts';
import { bytesLibrary } from '../../kernel/library/bytes.ts';
import type { Call } from '../expr.ts';
import type { CompileContext } from './context.ts';
import { addressOf, lengthOf } from './equality.ts';
import { asI64, operand } from './operand.ts';
import type { CompilerTable } from './table.ts';

/** The literal parts of a LIKE pattern between `%`s; null where it has `_` or an escape, or is no literal. */
function segmentsOf(call: Call): readonly string[] | null {
  const pattern = call.args[1]!;
  if (call.args.length > 2 || pattern.kind !== 'literal' || typeof pattern.value !== 'string') return null;
  return pattern.value.includes('_') ? null : pattern.value.split('%');
}

export const STRING: CompilerTable = {
  LIKE: {
    accepts: (call) => segmentsOf(call) !== null,
    emit: (call, context, compile) => {
      const segments = segmentsOf(call);
      assert(segments !== null, 'LIKE with a constant pattern');
      const value = compile(call.args[0]!);
      const address = context.local('p', addressOf(asI64(value)));
      const length = context.local('n', lengthOf(asI64(value)));
      return operand(call.type, matchSegments(segments, address, length, context), value.valid);
    },
  },
};

/** First segment at the start, last at the end, the others in order between them. */
function matchSegments(segments: readonly string[], address: I32, length: I32, context: CompileContext): I32 {
  const f = context.f;
  const encoder = new TextEncoder();
  const bytes = segments.map((segment) => encoder.encode(segment));
  const pool = bytes.map((segment) => (segment.length === 0 ? 0 : Number(context.host.view(segment) & 0xffffffffn)));
  const equalAt = (at: I32, i: number): I32 =>
    invoke(
      libraryFunction(bytesLibrary, 'bytes_equal'),
      at,
      i32.const(pool[i]! | 0),
      i32.const(bytes[i]!.length),
    ) as I32;
  if (bytes.length === 1) {
    const matched = f.let('like', i32.eq(length, i32.const(bytes[0]!.length)));
    f.if(matched, () => f.set(matched, equalAt(address, 0)));
    return matched;
  }
  const last = bytes.length - 1;
  const fixed = bytes[0]!.length + bytes[last]!.length;
  const matched = f.let('like', i32.ge_s(length, i32.const(fixed)));
  if (bytes[0]!.length > 0) f.if(matched, () => f.set(matched, equalAt(address, 0)));
  if (bytes[last]!.length > 0) {
    const tail = i32.add(address, i32.sub(length, i32.const(bytes[last]!.length)));
    f.if(matched, () => f.set(matched, equalAt(tail, last)));
  }
  const middle = bytes.map((_, i) => i).filter((i) => i > 0 && i < last && bytes[i]!.length > 0);
  if (middle.length === 0) return matched;
  const at = f.let('at', i32.add(address, i32.const(bytes[0]!.length)));
  const end = context.local('end', i32.add(address, i32.sub(length, i32.const(bytes[last]!.length))));
  const find = libraryFunction(bytesLibrary, 'bytes_find');
  for (const i of middle) {
    f.if(matched, () => {
      const needle = [i32.const(pool[i]! | 0), i32.const(bytes[i]!.length)];
      const found = f.let('found', invoke(find, at, i32.sub(end, at), ...needle) as I32);
      f.set(matched, i32.ge_s(found, i32.const(0)));
      f.set(at, i32.add(i32.add(at, found), i32.const(bytes[i]!.length)));
    });
  }
  return matched;
}
