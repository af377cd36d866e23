/** Compressions that Node brings along. */
import { gzipSync } from 'node:zlib';

export function compress(codec: 'UNCOMPRESSED' | 'GZIP', bytes: Uint8Array): Uint8Array {
  return codec === 'GZIP' ? gzipSync(bytes) : bytes;
}
