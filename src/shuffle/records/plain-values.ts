/** Values of records that have no column: as bytes, or refused. */
import { EngineError } from '../../base/errors.ts';
import type { PlainCodec } from '../../columnar/records/record-codec.ts';
import { decodePlain, encodePlain, isNotPlain } from '../../state/plain-data.ts';

export const PLAIN_VALUES: PlainCodec = {
  encode: (value) => {
    checkPlain(value);
    try {
      return encodePlain(value);
    } catch (cause) {
      if (!isNotPlain(cause)) throw cause;
      throw notPlain(cause.message, cause);
    }
  },
  decode: decodePlain,
};

/**
 * Refuses what would come out of a file, or on another thread, without its methods.
 *
 * @throws EngineError STREAM-RECORD
 */
export function checkPlain(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  const prototype = Object.getPrototypeOf(value) as { readonly constructor?: { readonly name: string } } | null;
  if (prototype === null || ArrayBuffer.isView(value) || BUILT_IN.some((type) => prototype === type.prototype)) return;
  const methods = Object.getOwnPropertyNames(prototype).filter((name) => name !== 'constructor');
  if (methods.length > 0) throw notPlain(`${prototype.constructor?.name ?? 'an object'} has methods`);
}

const BUILT_IN = [Object, Array, Map, Set, Date, RegExp, Error, ArrayBuffer];

function notPlain(why: string, cause?: Error): EngineError {
  return new EngineError('STREAM-RECORD', `a record cannot be handed to another task: ${why}`, {
    cause,
    hint: 'let records be plain data: numbers, strings, booleans, Dates, arrays, Maps, Sets, objects of those',
  });
}
