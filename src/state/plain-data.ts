/**
 * Plain JS data (numbers, bigints, strings, bytes, arrays, Maps, Sets) as bytes, for the little state that is kept as
 * objects.
 */
import { deserialize, serialize } from 'node:v8';

export function encodePlain(value: unknown): Uint8Array {
  return serialize(value);
}

/** Did `encodePlain` meet a function, or something else that is no data? */
export function isNotPlain(error: unknown): error is Error {
  return error instanceof Error && error.message.includes('could not be cloned');
}

export function decodePlain(bytes: Uint8Array): unknown {
  return deserialize(bytes);
}
