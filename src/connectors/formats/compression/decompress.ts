/** Compressions that Node brings along. */
import { brotliDecompressSync, gunzipSync } from 'node:zlib';

type Decompress = (input: Uint8Array, options: { readonly maxOutputLength: number }) => Uint8Array;

const OPERATIONS: Readonly<Record<string, Decompress>> = { GZIP: gunzipSync, BROTLI: brotliDecompressSync };

/** At most `length` bytes; an empty array when the input is damaged; null for a compression that is not known. */
export function decompress(codec: string, input: Uint8Array, length: number): Uint8Array | null {
  const operation = OPERATIONS[codec];
  if (operation === undefined) return null;
  try {
    return operation(input, { maxOutputLength: Math.max(length, 1) });
  } catch {
    return new Uint8Array(0);
  }
}
