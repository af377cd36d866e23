/** Digests and hash codes: MD5, SHA1, the SHA-2 family, HASH_CODE. */
import { EngineError } from '../../../base/errors.ts';
import { char, type DataType, INT, varchar } from '../../../types/data-type.ts';
import type { Value } from '../../../types/value.ts';
import { defineScalar, type ScalarFunction } from '../define.ts';
import { BINARY, CHARACTER, either, type Family, INTEGER, infer } from '../infer.ts';

/** node:crypto takes milliseconds to load, so it is loaded by the first digest. */
function hexDigest(algorithm: string, value: Value): string {
  return process
    .getBuiltinModule('node:crypto')
    .createHash(algorithm)
    .update(value as string | Uint8Array)
    .digest('hex');
}

function digest(name: string, algorithm: string, bits: number): ScalarFunction {
  return defineScalar({
    name,
    arity: 1,
    signature: `(STRING) → CHAR(${bits / 4})`,
    doc: `The ${name} digest of the UTF-8 bytes, in hexadecimal.`,
    infer: infer([either(CHARACTER, BINARY)], () => char(bits / 4)),
    evaluate: ([value]) => hexDigest(algorithm, value!),
  });
}

export const md5 = digest('MD5', 'md5', 128);
export const sha1 = digest('SHA1', 'sha1', 160);
export const sha224 = digest('SHA224', 'sha224', 224);
export const sha256 = digest('SHA256', 'sha256', 256);
export const sha384 = digest('SHA384', 'sha384', 384);
export const sha512 = digest('SHA512', 'sha512', 512);

const SHA2_BITS: readonly number[] = [224, 256, 384, 512];

export const sha2 = defineScalar({
  name: 'SHA2',
  arity: 2,
  signature: '(STRING, bits INT) → VARCHAR(128)',
  doc: 'The SHA-2 digest of 224, 256, 384 or 512 bits, in hexadecimal.',
  examples: [["SHA2('', 224)", "CAST(SHA224('') AS VARCHAR(128))"]],
  infer: infer([either(CHARACTER, BINARY), INTEGER], (shape) => {
    const bits = shape.literals[1];
    return typeof bits === 'number' && !SHA2_BITS.includes(bits) ? `there is no digest of ${bits} bits` : varchar(128);
  }),
  evaluate: ([value, bits]) => {
    if (SHA2_BITS.includes(bits as number)) return hexDigest(`sha${bits as number}`, value!);
    throw new EngineError('RUN-ARGUMENT', `SHA2 has no digest of ${String(bits)} bits`, {
      hint: `use ${SHA2_BITS.join(', ')}`,
    });
  },
});

const HASHABLE: Family = {
  name: 'a scalar that is not binary',
  accepts: (type) =>
    ['BOOLEAN', 'TINYINT', 'SMALLINT', 'INT', 'BIGINT', 'FLOAT', 'DOUBLE', 'DECIMAL', 'CHAR', 'VARCHAR'].includes(
      type.kind,
    ) || ['DATE', 'TIME', 'TIMESTAMP'].includes(type.kind),
};

export const hashCode = defineScalar({
  name: 'HASH_CODE',
  arity: 1,
  signature: '(ANY) → INT',
  doc: 'Java’s hash code of the value, of strings its magnitude.',
  examples: [["HASH_CODE('abc')", '96354']],
  infer: infer([HASHABLE], () => INT),
  evaluate: ([value], call) => javaHash(value!, call.argTypes[0]!),
});

function javaHash(value: Value, type: DataType): number {
  switch (type.kind) {
    case 'BOOLEAN':
      return value === true ? 1231 : 1237;
    case 'CHAR':
    case 'VARCHAR':
      return Math.abs(stringHash(value as string)) | 0;
    case 'BIGINT':
      return longHash(value as bigint);
    case 'FLOAT':
      return new Int32Array(Float32Array.of(value as number).buffer)[0]!;
    case 'DOUBLE':
      return longHash(new BigInt64Array(Float64Array.of(value as number).buffer)[0]!);
    case 'DECIMAL':
      return decimalHash(value as bigint, type.scale);
    case 'TIMESTAMP':
      return timestampHash(value as bigint);
    default:
      return value as number;
  }
}

function stringHash(text: string): number {
  let hash = 0;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}

function longHash(value: bigint): number {
  return Number(BigInt.asIntN(32, value ^ (BigInt.asUintN(64, value) >> 32n)));
}

/** That of BigDecimal: of the unscaled magnitude, its sign and the scale. */
function decimalHash(unscaled: bigint, scale: number): number {
  const magnitude = unscaled < 0n ? -unscaled : unscaled;
  const words: number[] = [];
  for (let rest = magnitude; rest > 0n; rest >>= 32n) words.unshift(Number(BigInt.asIntN(32, rest)));
  const hash = words.reduce((sum, word) => (Math.imul(sum, 31) + word) | 0, 0);
  return (Math.imul(31, unscaled < 0n ? -hash : hash) + scale) | 0;
}

function timestampHash(nanos: bigint): number {
  const millis = nanos / 1_000_000n - (nanos % 1_000_000n < 0n ? 1n : 0n);
  const nanoOfMilli = Number(nanos - millis * 1_000_000n);
  return (Math.imul(31, longHash(millis)) + nanoOfMilli) | 0;
}
