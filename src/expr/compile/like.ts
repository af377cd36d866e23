/**
 * LIKE: a constant pattern of `%` alone is a comparison of its parts; any other pattern goes through a matcher. A
 * constant pattern with an escape has its wildcards replaced by bytes that UTF-8 does not have.
 */
import { type I32, i32, call as invoke, libraryFunction } from '../../kernel/build.ts';
import { bytesLibrary } from '../../kernel/library/bytes.ts';
import type { Call } from '../expr.ts';
import { likeRegExp } from '../functions/string/pattern.ts';
import { strictly } from './attempt.ts';
import type { CompileContext } from './context.ts';
import { addressOf, lengthOf } from './equality.ts';
import { asI64, type Operand, operand } from './operand.ts';
import type { CallCompiler, CompilerTable } from './table.ts';
import { text } from './text.ts';

/** Wildcards in a pattern as it is written. */
const PERCENT = 0x25;
const UNDERSCORE = 0x5f;
/** Wildcards in a constant pattern; bytes that never occur in UTF-8. */
const ANY = 0xff;
const ONE = 0xfe;

/** The text of a literal; null of others, and of NULL. */
function literalText(call: Call, index: number): string | null {
  const arg = call.args[index];
  return arg?.kind === 'literal' && typeof arg.value === 'string' ? arg.value : null;
}

/** The literal parts of a LIKE pattern between `%`s; null where it has `_` or an escape, or is no literal. */
function segmentsOf(call: Call): readonly string[] | null {
  const pattern = literalText(call, 1);
  if (call.args.length > 2 || pattern === null) return null;
  return pattern.includes('_') ? null : pattern.split('%');
}

/** Whether the pattern with its escape character is one that can be matched at all. */
function isValid(pattern: string, escapeChar: string): boolean {
  try {
    likeRegExp(pattern, escapeChar);
    return true;
  } catch {
    return false;
  }
}

/** The bytes of a valid pattern, wildcards as ANY and ONE. */
function patternBytes(pattern: string, escapeChar: string): Uint8Array {
  const encoder = new TextEncoder();
  const points = Array.from(pattern);
  const bytes: number[] = [];
  for (let i = 0; i < points.length; i++) {
    const point = points[i]!;
    if (point === escapeChar) bytes.push(...encoder.encode(points[++i]));
    else if (point === '%') bytes.push(ANY);
    else if (point === '_') bytes.push(ONE);
    else bytes.push(...encoder.encode(point));
  }
  return Uint8Array.from(bytes);
}

const LIKE: CallCompiler = {
  accepts: (call) => {
    if (call.args.length === 2) return true;
    const [pattern, escapeChar] = [literalText(call, 1), literalText(call, 2)];
    return pattern !== null && escapeChar !== null && isValid(pattern, escapeChar);
  },
  emit: (call, context, compile) => {
    const value = compile(call.args[0]!);
    const segments = segmentsOf(call);
    if (segments !== null) {
      return strictly(call, [value], context, () => {
        const address = context.local('p', addressOf(asI64(value)));
        const length = context.local('n', lengthOf(asI64(value)));
        return operand(call.type, matchSegments(segments, address, length, context), value.valid);
      });
    }
    const matcher = (pattern: Operand, any: number, one: number): Operand =>
      strictly(call, [value, pattern], context, () => {
        const matched = text('like', asI64(value), asI64(pattern), i32.const(any), i32.const(one)) as I32;
        return operand(call.type, context.local('like', matched), null);
      });
    const pattern = literalText(call, 1);
    if (pattern === null) return matcher(compile(call.args[1]!), PERCENT, UNDERSCORE);
    const bytes = patternBytes(pattern, literalText(call, 2) ?? '');
    return matcher(context.constantView(bytes, call.args[1]!.type), ANY, ONE);
  },
};

export const PATTERN: CompilerTable = { LIKE };

/** First segment at the start, last at the end, the others in order between them. */
function matchSegments(segments: readonly string[], address: I32, length: I32, context: CompileContext): I32 {
  const f = context.f;
  const encoder = new TextEncoder();
  const bytes = segments.map((segment) => encoder.encode(segment));
  const pool = bytes.map((segment) => (segment.length === 0 ? 0 : Number(context.host.view(segment) & 0xffffffffn)));
  const equalAt = (at: I32, i: number): I32 =>
    invoke(libraryFunction(bytesLibrary, 'bytes_equal'), at, i32.address(pool[i]!), i32.const(bytes[i]!.length)) as I32;
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
      const needle = [i32.address(pool[i]!), i32.const(bytes[i]!.length)];
      const found = f.let('found', invoke(find, at, i32.sub(end, at), ...needle) as I32);
      f.set(matched, i32.ge_s(found, i32.const(0)));
      f.set(at, i32.add(i32.add(at, found), i32.const(bytes[i]!.length)));
    });
  }
  return matched;
}
