/** A checksum of bytes that finds torn and damaged files; not for secrets. CRC-32, as zlib computes it. */
import { crc32 } from 'node:zlib';

/**
 * @param before the sum of the bytes in front of these
 * @returns 32 bits, unsigned
 */
export function checksum(bytes: Uint8Array, before = 0): number {
  return crc32(bytes, before);
}
