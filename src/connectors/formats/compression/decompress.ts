/** Compressions that Node brings along. ZSTD is there from Node 22.15 on. */
import * as zlib from 'node:zlib';
import { EngineError } from '../../../base/errors.ts';

type Decompress = (input: Uint8Array, options: { readonly maxOutputLength: number }) => Uint8Array;

/**
 * At most `length` bytes; nothing (an empty array) when the input is damaged; null for a compression that is not known.
 * @throws EngineError NOT-SUPPORTED for ZSTD where Node does not have it.
 */
export function decompress(codec: string, input: Uint8Array, length: number): Uint8Array | null {
  const operation = find(codec);
  if (operation === null) return null;
  try {
    return operation(input, { maxOutputLength: Math.max(length, 1) });
  } catch {
    return new Uint8Array(0);
  }
}

function find(codec: string): Decompress | null {
  switch (codec) {
    case 'GZIP':
      return zlib.gunzipSync;
    case 'BROTLI':
      return zlib.brotliDecompressSync;
    case 'ZSTD': {
      const operation = (zlib as unknown as { readonly zstdDecompressSync?: Decompress }).zstdDecompressSync;
      if (operation !== undefined) return operation;
      throw new EngineError('NOT-SUPPORTED', 'ZSTD is not supported by this version of Node', {
        hint: 'use Node 22.15 or later, or write the file with snappy compression',
      });
    }
    default:
      return null;
  }
}
