/** Texts and bytes in other forms: character sets, base 64, hexadecimal, URLs, IP addresses. */
import { EngineError } from '../../../base/errors.ts';
import { BIGINT, BYTES, STRING } from '../../../types/data-type.ts';
import type { Value } from '../../../types/value.ts';
import { defineScalar } from '../define.ts';
import { BINARY, CHARACTER, either, INTEGER_NUMERIC, infer, orNull } from '../infer.ts';
import { integer } from '../numbers.ts';

type Charset = 'utf-8' | 'latin1' | 'ascii' | 'utf-16' | 'utf-16le' | 'utf-16be';

const CHARSETS: Readonly<Record<string, Charset>> = {
  'UTF-8': 'utf-8',
  UTF8: 'utf-8',
  'ISO-8859-1': 'latin1',
  LATIN1: 'latin1',
  'US-ASCII': 'ascii',
  ASCII: 'ascii',
  'UTF-16': 'utf-16',
  'UTF-16LE': 'utf-16le',
  'UTF-16BE': 'utf-16be',
};

function charset(name: Value): Charset {
  const found = CHARSETS[(name as string).toUpperCase()];
  if (found !== undefined) return found;
  throw new EngineError('RUN-ARGUMENT', `unknown character set ${name as string}`, {
    hint: `use one of ${Object.keys(CHARSETS).join(', ')}`,
  });
}

function encodeText(text: string, target: Charset): Uint8Array {
  switch (target) {
    case 'utf-8':
      return new TextEncoder().encode(text);
    case 'latin1':
    case 'ascii': {
      const limit = target === 'ascii' ? 0x80 : 0x100;
      return Uint8Array.from(Array.from(text), (point) =>
        point.codePointAt(0)! < limit ? point.codePointAt(0)! : 0x3f,
      );
    }
    case 'utf-16':
      return text === '' ? new Uint8Array(0) : Uint8Array.from([0xfe, 0xff, ...encodeText(text, 'utf-16be')]);
    default: {
      const bytes = new Uint8Array(text.length * 2);
      const view = new DataView(bytes.buffer);
      for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), target === 'utf-16le');
      return bytes;
    }
  }
}

function decodeBytes(bytes: Uint8Array, source: Charset): string {
  switch (source) {
    case 'latin1':
      return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
    case 'ascii':
      return Array.from(bytes, (byte) => (byte < 0x80 ? String.fromCharCode(byte) : '\ufffd')).join('');
    case 'utf-16':
      return new TextDecoder(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-16be').decode(bytes);
    default:
      return new TextDecoder(source, { ignoreBOM: true }).decode(bytes);
  }
}

export const encode = defineScalar({
  name: 'ENCODE',
  arity: 2,
  signature: '(text STRING, charset STRING) → BYTES',
  doc: 'The bytes of a text in UTF-8, UTF-16, UTF-16LE, UTF-16BE, ISO-8859-1 or US-ASCII.',
  examples: [["ENCODE('a', 'UTF-8')", "CAST(X'61' AS BYTES)"]],
  infer: infer([CHARACTER, CHARACTER], () => BYTES),
  evaluate: ([text, name]) => encodeText(text as string, charset(name!)),
});

export const decode = defineScalar({
  name: 'DECODE',
  arity: 2,
  signature: '(bytes BYTES, charset STRING) → STRING',
  doc: 'Bytes in UTF-8, UTF-16, UTF-16LE, UTF-16BE, ISO-8859-1 or US-ASCII as text.',
  examples: [["DECODE(X'61', 'UTF-8')", "CAST('a' AS STRING)"]],
  infer: infer([BINARY, CHARACTER], () => STRING),
  evaluate: ([bytes, name]) => decodeBytes(bytes as Uint8Array, charset(name!)),
});

export const toBase64 = defineScalar({
  name: 'TO_BASE64',
  arity: 1,
  signature: '(STRING) → STRING',
  doc: 'The UTF-8 bytes in base 64.',
  examples: [["TO_BASE64('abc')", "CAST('YWJj' AS STRING)"]],
  infer: infer([either(CHARACTER, BINARY)], () => STRING),
  evaluate: ([value]) => Buffer.from(value as string).toString('base64'),
});

export const fromBase64 = defineScalar({
  name: 'FROM_BASE64',
  arity: 1,
  signature: '(STRING) → STRING',
  doc: 'Base 64 as text; an error if it is none.',
  examples: [["FROM_BASE64('YWJj')", "CAST('abc' AS STRING)"]],
  infer: infer([CHARACTER], () => STRING),
  evaluate: ([value]) => {
    const text = value as string;
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.replace(/=+$/, '').length % 4 === 1) {
      throw new EngineError('RUN-ARGUMENT', `'${text}' is not base 64`);
    }
    return Buffer.from(text, 'base64').toString('utf8');
  },
});

export const unhex = defineScalar({
  name: 'UNHEX',
  arity: 1,
  signature: '(STRING) → BYTES',
  doc: 'The bytes of a hexadecimal number; NULL if it is none.',
  examples: [["UNHEX('61')", "CAST(X'61' AS BYTES)"]],
  infer: infer([orNull(CHARACTER, STRING)], () => BYTES, 'always'),
  evaluate: ([value]) => {
    const text = value as string;
    if (!/^[0-9a-fA-F]*$/.test(text)) return null;
    const even = text.length % 2 === 1 ? `0${text}` : text;
    return Uint8Array.from(even.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  },
});

export const urlEncode = defineScalar({
  name: 'URL_ENCODE',
  arity: 1,
  signature: '(STRING) → STRING',
  doc: 'As in the query of a URL: blanks are +, other characters %XX.',
  examples: [["URL_ENCODE('a b')", "CAST('a+b' AS STRING)"]],
  infer: infer([orNull(CHARACTER, STRING)], () => STRING, 'always'),
  evaluate: ([value]) =>
    encodeURIComponent(value as string)
      .replace(/%20/g, '+')
      .replace(/[!'()~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`),
});

export const urlDecode = defineScalar({
  name: 'URL_DECODE',
  arity: 1,
  signature: '(STRING) → STRING',
  doc: 'The inverse of URL_ENCODE; NULL if a % is not followed by two hexadecimal digits.',
  examples: [["URL_DECODE('a+b')", "CAST('a b' AS STRING)"]],
  infer: infer([orNull(CHARACTER, STRING)], () => STRING, 'always'),
  evaluate: ([value]) => percentDecoded((value as string).replaceAll('+', ' ')),
});

function percentDecoded(text: string): string | null {
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return null;
  return text.replace(/(?:%[0-9a-fA-F]{2})+/g, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'));
}

/** protocol : // user@ host :port path ? query # ref */
const URL_FORM = new RegExp(
  '^([A-Za-z][A-Za-z0-9+.-]*):' +
    '(?://(([^/?#@]*)@)?([^/?#:]*|\\[[^\\]]*\\])(?::(\\d*))?)?' +
    '([^?#]*)(?:\\?([^#]*))?(?:#(.*))?$',
  's',
);

const PROTOCOLS: readonly string[] = ['http', 'https', 'ftp', 'file', 'jar', 'mailto'];

export const parseUrl = defineScalar({
  name: 'PARSE_URL',
  arity: [2, 3],
  signature: '(url STRING, part STRING) → STRING\n(url STRING, part STRING, key STRING) → STRING',
  doc: 'PROTOCOL, AUTHORITY, USERINFO, HOST, PATH, FILE, QUERY or REF of a URL, or one key of the query.',
  examples: [["PARSE_URL('http://a.b/c?d=1', 'QUERY', 'd')", "CAST('1' AS STRING)"]],
  infer: infer([CHARACTER, CHARACTER, CHARACTER], () => STRING, 'always'),
  evaluate: ([url, part, key]) => {
    const match = URL_FORM.exec(url as string);
    if (match === null || !PROTOCOLS.includes(match[1]!.toLowerCase())) return null;
    const [, protocol, at, user, host, port, path, query, ref] = match;
    if (key !== undefined) return part === 'QUERY' ? queryValue(query ?? '', key as string) : null;
    switch (part) {
      case 'PROTOCOL':
        return protocol!;
      case 'HOST':
        return host ?? null;
      case 'PATH':
        return path!;
      case 'QUERY':
        return query ?? null;
      case 'REF':
        return ref ?? null;
      case 'FILE':
        return query === undefined ? path! : `${path!}?${query}`;
      case 'AUTHORITY':
        return host === undefined ? null : `${at ?? ''}${host}${port === undefined ? '' : `:${port}`}`;
      case 'USERINFO':
        return user ?? null;
      default:
        return null;
    }
  },
});

function queryValue(query: string, key: string): string | null {
  const pair = query.split('&').find((each) => each.startsWith(`${key}=`));
  return pair === undefined ? null : pair.slice(key.length + 1);
}

export const inetAton = defineScalar({
  name: 'INET_ATON',
  arity: 1,
  signature: '(STRING) → BIGINT',
  doc: 'An IPv4 address as a number; the last part may stand for the missing ones. NULL if it is none.',
  examples: [["INET_ATON('0.0.1.0')", 'CAST(256 AS BIGINT)']],
  infer: infer([orNull(CHARACTER, STRING)], () => BIGINT, 'always'),
  evaluate: ([value]) => {
    const parts = (value as string).split('.');
    if (parts.length > 4 || !parts.every((part) => /^\d{1,10}$/.test(part))) return null;
    const last = BigInt(parts.at(-1)!);
    const leading = parts.slice(0, -1).map(BigInt);
    if (leading.some((part) => part > 255n) || last >= 1n << BigInt(8 * (5 - parts.length))) return null;
    return leading.reduce((sum, part, i) => sum + (part << BigInt(8 * (3 - i))), last);
  },
});

export const inetNtoa = defineScalar({
  name: 'INET_NTOA',
  arity: 1,
  signature: '(BIGINT) → STRING',
  doc: 'A number as an IPv4 address; NULL if it is out of range.',
  examples: [['INET_NTOA(256)', "CAST('0.0.1.0' AS STRING)"]],
  infer: infer([orNull(INTEGER_NUMERIC, BIGINT)], () => STRING, 'always'),
  evaluate: ([value]) => {
    const number = integer(value!);
    if (number < 0n || number > 0xffffffffn) return null;
    return [24n, 16n, 8n, 0n].map((shift) => String((number >> shift) & 255n)).join('.');
  },
});
