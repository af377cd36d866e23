/** LIKE and SIMILAR TO, and the regular expressions of Java made those of JS. */
import { EngineError } from '../../../base/errors.ts';
import { BOOLEAN } from '../../../types/data-type.ts';
import type { Value } from '../../../types/value.ts';
import { defineScalar, type Evaluation } from '../define.ts';
import { CHARACTER, infer } from '../infer.ts';

const PATTERN = infer([CHARACTER, CHARACTER, CHARACTER], () => BOOLEAN);

export const like = defineScalar({
  name: 'LIKE',
  syntax: 'operator',
  arity: [2, 3],
  signature: '(text STRING, pattern STRING)\n(text STRING, pattern STRING, escape STRING)',
  doc: 'Does the whole text match? `%` stands for any characters, `_` for one; ESCAPE makes them ordinary.',
  examples: [["'hello' LIKE 'h%o'", 'TRUE']],
  infer: PATTERN,
  evaluate: ([text, pattern, escapeChar], call) =>
    memoized(call, 'like', pattern as string, escapeChar, likeRegExp).test(text as string),
});

export const similarTo = defineScalar({
  name: 'SIMILAR TO',
  syntax: 'operator',
  arity: [2, 3],
  signature: '(text STRING, pattern STRING)\n(text STRING, pattern STRING, escape STRING)',
  doc: 'Does the whole text match the pattern of SQL: `%`, `_`, `|`, `*`, `+`, `?`, `{m,n}`, `( )`, `[ ]`?',
  examples: [["'abc' SIMILAR TO '(a|x)b_'", 'TRUE']],
  infer: PATTERN,
  evaluate: ([text, pattern, escapeChar], call) =>
    memoized(call, 'similar', pattern as string, escapeChar, similarRegExp).test(text as string),
});

type ToRegExp = (pattern: string, escapeValue?: Value) => RegExp;

function memoized(
  call: Evaluation,
  slot: string,
  pattern: string,
  escapeChar: Value | undefined,
  make: ToRegExp,
): RegExp {
  return call.memo.get(`${slot}${String(escapeChar ?? '')}`, pattern, (text) => make(text, escapeChar));
}

const LITERAL = /[\\^$.*+?()[\]{}|]/g;

function quote(text: string): string {
  return text.replace(LITERAL, '\\$&');
}

function escapeOf(value: Value | undefined): string | null {
  if (value === undefined || value === null || value === '') return null;
  const points = Array.from(value as string);
  if (points.length === 1) return points[0]!;
  throw new EngineError('RUN-PATTERN', `the escape '${String(value)}' must be one character`);
}

/** @throws EngineError RUN-PATTERN if the escape character stands before an ordinary one */
export function likeRegExp(pattern: string, escapeValue?: Value): RegExp {
  const escapeChar = escapeOf(escapeValue);
  const points = Array.from(pattern);
  let source = '';
  for (let i = 0; i < points.length; i++) {
    const point = points[i]!;
    if (point === escapeChar) {
      const next = points[++i];
      if (next !== '%' && next !== '_' && next !== escapeChar) throw badEscape(pattern);
      source += quote(next);
    } else source += point === '%' ? '[^]*' : point === '_' ? '[^]' : quote(point);
  }
  return new RegExp(`^${source}$`, 'su');
}

function badEscape(pattern: string): EngineError {
  return new EngineError('RUN-PATTERN', `invalid escape sequence in '${pattern}'`);
}

/** What `[:DIGIT:]` stands for inside a bracket. */
const POSIX_RANGES: Readonly<Record<string, string>> = {
  ALPHA: 'a-zA-Z',
  DIGIT: '0-9',
  ALNUM: 'a-zA-Z0-9',
  UPPER: 'A-Z',
  LOWER: 'a-z',
  SPACE: ' ',
  WHITESPACE: '\\s',
};

function similarRegExp(written: string, escapeValue?: Value): RegExp {
  const pattern = written.replace(/\[:(\w+):\]/g, (whole, name: string) => POSIX_RANGES[name.toUpperCase()] ?? whole);
  const escapeChar = escapeOf(escapeValue);
  const points = Array.from(pattern);
  let source = '';
  let inClass = false;
  for (let i = 0; i < points.length; i++) {
    const point = points[i]!;
    if (point === escapeChar) {
      const next = points[++i];
      if (next === undefined) throw badEscape(pattern);
      source += quote(next);
    } else if (inClass) {
      inClass = point !== ']';
      source += point === '\\' ? '\\\\' : point;
    } else if (point === '[') {
      inClass = true;
      source += point;
    } else if (point === '%') source += '.*';
    else if (point === '_') source += '.';
    else source += point === '$' || point === '^' || point === '\\' ? `\\${point}` : point;
  }
  return compile(`^(?:${source})$`, pattern);
}

/** @throws EngineError RUN-PATTERN if the pattern cannot be compiled */
function compile(source: string, pattern: string): RegExp {
  try {
    return new RegExp(source, 'u');
  } catch (error) {
    throw new EngineError('RUN-PATTERN', `invalid regular expression '${pattern}'`, { cause: error });
  }
}

/**
 * `javaRegExp`, made once for rows with the same pattern; a global one starts at 0 each time it is used by matchAll.
 */
export function memoRegExp(call: Evaluation, pattern: string, flags = ''): RegExp | null {
  return call.memo.get(`java${flags}`, pattern, (text) => javaRegExp(text, flags));
}

/**
 * A regular expression written for Java. Unicode mode first; what only the laxer mode of JS takes (an escaped letter
 * that needs none) is compiled in that.
 *
 * @returns null if the pattern is not valid
 */
export function javaRegExp(pattern: string, flags = ''): RegExp | null {
  const [source, inline] = inlineFlags(pattern);
  const translated = source
    .replace(/\\Q([\s\S]*?)(?:\\E|$)/g, (_, text: string) => quote(text))
    .replace(/\(\?<([A-Za-z][A-Za-z0-9]*)>/g, '(?<$1>')
    .replace(/\\z|\\Z/g, '$')
    .replace(/\\A/g, '^')
    .replace(/\\p\{(Alpha|Digit|Alnum|Upper|Lower|Punct|Space)\}/g, (_, name: string) => POSIX[name]!)
    .replace(/\\p\{Is([A-Z][a-z]+)\}/g, '\\p{Script=$1}')
    .replace(/([*+?}])\+/g, '$1');
  for (const mode of ['u', '']) {
    try {
      return new RegExp(translated, flags + inline + mode);
    } catch {
      // the next mode
    }
  }
  return null;
}

const POSIX: Readonly<Record<string, string>> = {
  Alpha: '[a-zA-Z]',
  Digit: '[0-9]',
  Alnum: '[a-zA-Z0-9]',
  Upper: '[A-Z]',
  Lower: '[a-z]',
  Punct: '[!-\\/:-@\\[-`{-~]',
  Space: '\\s',
};

/** `(?i)` at the start becomes a flag. */
function inlineFlags(pattern: string): readonly [string, string] {
  const match = /^\(\?([ims]+)\)/.exec(pattern);
  return match === null ? [pattern, ''] : [pattern.slice(match[0].length), match[1]!];
}
