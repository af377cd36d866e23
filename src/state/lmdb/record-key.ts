/**
 * Keys of records in the database: state, key group, key, and of maps the key within the map. Equal keys have equal
 * bytes, and the records of one key, and of one key group, lie together. What is too long for the database is replaced
 * by a hash; whether a record is really the one that is meant is then told by the keys that it holds.
 */
import { isComposite, printKey } from '../keyed/keys.ts';

/** LMDB takes keys of 1978 bytes; two parts and what stands before them must fit. */
const MAX_PART = 960;
/** State, key group, and length of the key. */
const HEADER = 5;
/** First bytes of parts: the letters s, n and h; c of other values that are written as text. */
const STRING = 0x73;
const NUMBER = 0x6e;
const HASHED = 0x68;

/** UTF-8 does not tell these from one another. */
const LONE_SURROGATE = /\p{Surrogate}/u;

/** Bytes of one part of a key: a letter for the type, then its value. */
export interface KeyPart {
  readonly bytes: Uint8Array;
  /** The bytes do not tell the key: the record must hold it. */
  readonly opaque: boolean;
}

export function encodeKeyPart(key: unknown): KeyPart {
  if (typeof key === 'string' && !LONE_SURROGATE.test(key)) return limit(Buffer.from(`s${key}`, 'utf8'), false);
  if (typeof key === 'number') {
    const bytes = Buffer.alloc(9);
    bytes[0] = NUMBER;
    bytes.writeDoubleBE(key === 0 ? 0 : key, 1);
    return { bytes, opaque: false };
  }
  return limit(Buffer.from(`c${printKey(key)}`, 'utf8'), true);
}

/** The opposite of `opaque`, told from the bytes. */
export function isSelfDescribing(bytes: Uint8Array): boolean {
  return bytes[0] === STRING || bytes[0] === NUMBER;
}

/** Only for parts that are not opaque. */
export function decodeKeyPart(bytes: Uint8Array): unknown {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return buffer[0] === NUMBER ? buffer.readDoubleBE(1) : buffer.toString('utf8', 1);
}

function limit(bytes: Buffer, opaque: boolean): KeyPart {
  return bytes.length <= MAX_PART ? { bytes, opaque } : { bytes: hashed(bytes), opaque: true };
}

/** The beginning, the length and two hashes of what is too long. */
function hashed(bytes: Buffer): Buffer {
  const short = Buffer.alloc(MAX_PART);
  short[0] = HASHED;
  short.writeUInt32BE(bytes.length, 1);
  short.writeUInt32BE(fnv(bytes, 0x811c9dc5), 5);
  short.writeUInt32BE(fnv(bytes, 0x9e3779b9), 9);
  bytes.copy(short, 13, 0, MAX_PART - 13);
  return short;
}

function fnv(bytes: Uint8Array, seed: number): number {
  let hash = seed;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash >>> 0;
}

/** What all records of a state, of a key group of it, or of one key of it begin with. */
export function recordPrefix(state: number, keyGroup?: number, key?: KeyPart): Buffer {
  if (keyGroup === undefined) return Buffer.from([state]);
  if (key === undefined) return Buffer.from([state, keyGroup >>> 8, keyGroup & 0xff]);
  const bytes = Buffer.allocUnsafe(HEADER + key.bytes.length);
  bytes[0] = state;
  bytes.writeUInt16BE(keyGroup, 1);
  bytes.writeUInt16BE(key.bytes.length, 3);
  bytes.set(key.bytes, HEADER);
  return bytes;
}

export function recordKey(prefix: Buffer, mapKey: KeyPart): Buffer {
  return Buffer.concat([prefix, mapKey.bytes]);
}

/** The parts of a record's key. */
export function splitRecordKey(bytes: Uint8Array): {
  readonly keyGroup: number;
  readonly key: Uint8Array;
  readonly mapKey: Uint8Array;
} {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = HEADER + buffer.readUInt16BE(3);
  return { keyGroup: buffer.readUInt16BE(1), key: buffer.subarray(HEADER, end), mapKey: buffer.subarray(end) };
}

/** The first key after all that begin with the prefix. */
export function afterPrefix(prefix: Buffer): Buffer {
  return Buffer.concat([prefix, Buffer.alloc(1978 - prefix.length, 0xff)]);
}

/** Two keys are the same key. */
export function sameKey(a: unknown, b: unknown): boolean {
  if (isComposite(a) && isComposite(b)) return printKey(a) === printKey(b);
  return Object.is(a, b) || a === b;
}
