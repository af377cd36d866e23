/**
 * Text to tokens. Each token becomes one private-use character for the generated parser (grammar/build.mjs assigns
 * them) and one entry here that says where it stands and what it means: so keywords never match inside words, and a
 * position of the parser is a token number. Comments are kept aside; hints are tokens.
 */
import { EngineError, type Span } from '../base/errors.ts';
import type { Comment } from './ast.ts';
import { CLASS_NAMES, CLASSES, FIRST_CODE, PUNCTUATION, RESERVED_COUNT, WORDS } from './generated/tokens.js';

export interface Token {
  readonly span: Span;
  /** Of a quoted identifier or a literal its value, quotes and escapes undone; else the text. */
  readonly value: string;
  readonly quoted: boolean;
  /** `_UTF8` of `_UTF8'…'`, without the underscore. */
  readonly charset?: string;
}

export interface TokenStream {
  readonly text: string;
  /** One character a token. */
  readonly codes: string;
  readonly tokens: readonly Token[];
  readonly comments: readonly Comment[];
  /** Set when the text could not be read to its end; the tokens before are there. */
  readonly error?: EngineError | undefined;
  /** Where the text ends, for "unexpected end of input". */
  readonly end: Span;
}

const WORD_CODES: ReadonlyMap<string, string> = new Map(
  WORDS.map((word, i) => [word, String.fromCharCode(FIRST_CODE + i)]),
);
const MARKS: ReadonlyMap<string, string> = new Map(
  PUNCTUATION.map(([text, code]) => [text, String.fromCharCode(code)]),
);
const NAMES: ReadonlyMap<string, string> = new Map(
  [...PUNCTUATION, ...CLASS_NAMES].map(([name, code]) => [String.fromCharCode(code), name]),
);
const IDENTIFIER = String.fromCharCode(CLASSES.IDENTIFIER);
const QUOTED_IDENTIFIER = String.fromCharCode(CLASSES.QUOTED_IDENTIFIER);
const NUMBER = String.fromCharCode(CLASSES.NUMERAL);
const STRING = String.fromCharCode(CLASSES.QUOTED_TEXT);
const BINARY_STRING = String.fromCharCode(CLASSES.BINARY_STRING);
const UNEXPECTED = String.fromCharCode(CLASSES.UNEXPECTED);
const SEMICOLON = MARKS.get(';');

const NUMBER_PATTERN = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const WORD_PATTERN = /[\p{L}\p{Nl}_$][\p{L}\p{Nl}\p{Mn}\p{Mc}\p{Nd}\p{Pc}$]*/uy;
const ASCII_WORD_PATTERN = /[A-Za-z_$][A-Za-z0-9_$]*/y;
const SPACE_PATTERN = /[\s\u00a0\ufeff]+/y;
const ESCAPE_PATTERN = /''|'|\\([0-7]{1,3}|x[0-9A-Fa-f]{1,2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|[\s\S])/g;
const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
/** Operators of other dialects, read as one token so that the error names them. */
const FOREIGN_MARKS = new Set(['!=', '==', '::', '->']);
const CHARSETS = new Set([
  'UTF8',
  'UTF-8',
  'UTF16',
  'UTF-16',
  'UTF_16',
  'ISO-8859-1',
  'ISO8859_1',
  'LATIN1',
  'US-ASCII',
]);

/** Is this word reserved, so that it needs back-quotes as a name? */
export function isReserved(word: string): boolean {
  const code = WORD_CODES.get(word.toUpperCase());
  return code !== undefined && code.charCodeAt(0) < FIRST_CODE + RESERVED_COUNT;
}

export function isKeyword(word: string): boolean {
  return WORD_CODES.has(word.toUpperCase());
}

/** The keyword of a token character, or undefined. */
export function keywordOf(code: number): string | undefined {
  return WORDS[code - FIRST_CODE];
}

/** What to call a token character in a message: the keyword, the mark, or the class. */
export function tokenName(char: string): string {
  return keywordOf(char.charCodeAt(0)) ?? NAMES.get(char) ?? char;
}

export function tokenize(text: string): TokenStream {
  return new Lexer(text).run();
}

/** Does the text end with a `;` outside quotes and comments (perhaps with space and comments after it)? */
export function endsStatement(text: string): boolean {
  const { codes, error } = tokenize(text);
  return error === undefined && codes.length > 0 && codes[codes.length - 1] === SEMICOLON;
}

class Lexer {
  readonly #text: string;
  readonly #tokens: Token[] = [];
  readonly #comments: Comment[] = [];
  #codes = '';
  #at = 0;
  #line = 1;
  #lineStart = 0;
  #newline: number;
  #inHint = false;

  constructor(text: string) {
    this.#text = text;
    this.#newline = this.#nextNewline(0);
  }

  run(): TokenStream {
    let error: EngineError | undefined;
    try {
      while (this.#at < this.#text.length) this.#next();
    } catch (cause) {
      if (!(cause instanceof EngineError)) throw cause;
      error = cause;
    }
    const end = this.#spanFrom(this.#text.length, this.#text.length);
    return { text: this.#text, codes: this.#codes, tokens: this.#tokens, comments: this.#comments, error, end };
  }

  #next(): void {
    const text = this.#text;
    const c = text.charCodeAt(this.#at);
    const two = text.slice(this.#at, this.#at + 2);
    if (c <= 32 || c === 0xa0 || c === 0xfeff) this.#space();
    else if (isAsciiWordStart(c) || c >= 128) this.#word();
    else if (isDigit(c) || (c === 46 && isDigit(text.charCodeAt(this.#at + 1)))) this.#number();
    else if (c === 39) this.#string(this.#at, this.#at, undefined);
    else if (c === 96) this.#quotedIdentifier();
    else if (two === '--' || two === '//') this.#lineComment();
    else if (two === '/*') this.#blockComment();
    else if (c === 34) throw this.#doubleQuote();
    else this.#punctuation(two);
  }

  #space(): void {
    SPACE_PATTERN.lastIndex = this.#at;
    const found = SPACE_PATTERN.exec(this.#text);
    if (found === null) throw this.#unexpectedCharacter();
    this.#advance(this.#at + found[0].length);
  }

  #lineComment(): void {
    const start = this.#at;
    const newline = this.#text.indexOf('\n', start);
    const end = newline < 0 ? this.#text.length : newline;
    this.#comments.push({ text: this.#text.slice(start + 2, end).trim(), span: this.#spanFrom(start, end) });
    this.#advance(end);
  }

  #blockComment(): void {
    const start = this.#at;
    if (this.#text.charCodeAt(start + 2) === 43) {
      this.#inHint = true;
      this.#push(MARKS.get('/*+'), '/*+', start, start + 3);
      return;
    }
    const close = this.#text.indexOf('*/', start + 2);
    if (close < 0) throw this.#error('unterminated comment', start, this.#text.length, "close it with '*/'");
    this.#comments.push({ text: this.#text.slice(start + 2, close).trim(), span: this.#spanFrom(start, close + 2) });
    this.#advance(close + 2);
  }

  #word(): void {
    const start = this.#at;
    const text = this.#text;
    ASCII_WORD_PATTERN.lastIndex = start;
    let word = ASCII_WORD_PATTERN.exec(text)?.[0] ?? '';
    if (text.charCodeAt(start + word.length) >= 128) {
      WORD_PATTERN.lastIndex = start;
      word = WORD_PATTERN.exec(text)?.[0] ?? '';
    }
    if (word === '') throw this.#unexpectedCharacter();
    const end = start + word.length;
    const next = text.charCodeAt(end);
    if (next === 39 && /^[xX]$/.test(word)) this.#binaryString(start, end);
    else if (next === 39 && /^[nN]$/.test(word)) this.#string(start, end, undefined);
    else if (next === 39 && /^[eE]$/.test(word)) this.#escapedString(start, end);
    else if (next === 39 && /^_./.test(word)) this.#string(start, end, this.#charset(word));
    else if (next === 38 && /^[uU]$/.test(word) && text.charCodeAt(end + 1) === 39) this.#unicodeString(start, end + 1);
    else
      this.#push(word === '$' ? MARKS.get('$') : (WORD_CODES.get(word.toUpperCase()) ?? IDENTIFIER), word, start, end);
  }

  #charset(word: string): string {
    const name = word.slice(1);
    if (CHARSETS.has(name.toUpperCase())) return name;
    throw this.#error(
      `unknown character set '${name}'`,
      this.#at,
      this.#at + word.length,
      "try _UTF8'…', or no prefix",
    );
  }

  #number(): void {
    NUMBER_PATTERN.lastIndex = this.#at;
    const text = NUMBER_PATTERN.exec(this.#text)?.[0] ?? '';
    this.#push(NUMBER, text, this.#at, this.#at + text.length);
  }

  /** The quoted text that starts at `quote`, with its end; doubled quotes are undone. */
  #quoted(quote: number, start: number, what: string): { value: string; end: number } {
    const text = this.#text;
    const mark = text[quote]!;
    let doubled = false;
    let close = quote + 1;
    for (;;) {
      close = text.indexOf(mark, close);
      if (close < 0) throw this.#error(`unterminated ${what}`, start, text.length, `close it with ${mark}`);
      if (text[close + 1] !== mark) break;
      doubled = true;
      close += 2;
    }
    const value = text.slice(quote + 1, close);
    return { value: doubled ? value.replaceAll(mark + mark, mark) : value, end: close + 1 };
  }

  #string(start: number, quote: number, charset: string | undefined): void {
    const { value, end } = this.#quoted(quote, start, 'string literal');
    this.#push(STRING, value, start, end, true, charset);
  }

  /** `E'a\\n'`: the escapes of C. */
  #escapedString(start: number, quote: number): void {
    const text = this.#text;
    let value = '';
    let at = quote + 1;
    for (;;) {
      ESCAPE_PATTERN.lastIndex = at;
      const found = ESCAPE_PATTERN.exec(text);
      if (found === null) throw this.#error('unterminated string literal', start, text.length, "close it with '");
      value += text.slice(at, found.index) + unescaped(found);
      at = ESCAPE_PATTERN.lastIndex;
      if (found[0] === "'") break;
    }
    this.#push(STRING, value, start, at, true);
  }

  #binaryString(start: number, quote: number): void {
    const { value, end } = this.#quoted(quote, start, 'binary string');
    if (!/^[0-9A-Fa-f]*$/.test(value)) {
      throw this.#error('a binary string holds only the digits 0 to 9 and A to F', start, end);
    }
    if (value.length % 2 !== 0) {
      throw this.#error('a binary string holds an even number of digits', start, end, `X'0${value.toUpperCase()}'`);
    }
    this.#push(BINARY_STRING, value.toUpperCase(), start, end, true);
  }

  /** `U&'\0041'`, perhaps followed by `UESCAPE '!'`; four hexadecimal digits an escape. */
  #unicodeString(start: number, quote: number): void {
    const body = this.#quoted(quote, start, 'string literal');
    let mark = '\\';
    let end = body.end;
    const clause = /^\s*UESCAPE\s*'([^'])'/i.exec(this.#text.slice(end, end + 200));
    if (clause !== null) {
      mark = clause[1]!;
      end += clause[0].length;
    }
    let value = '';
    for (let i = 0; i < body.value.length; i++) {
      const c = body.value[i]!;
      if (c !== mark) {
        value += c;
      } else if (body.value[i + 1] === mark) {
        value += mark;
        i++;
      } else {
        const digits = body.value.slice(i + 1, i + 5);
        if (!/^[0-9A-Fa-f]{4}$/.test(digits)) {
          throw this.#error(`a Unicode escape is ${mark} and exactly four hexadecimal digits`, start, end);
        }
        value += String.fromCharCode(Number.parseInt(digits, 16));
        i += 4;
      }
    }
    this.#push(STRING, value, start, end, true);
  }

  #quotedIdentifier(): void {
    const start = this.#at;
    const { value, end } = this.#quoted(start, start, 'quoted identifier');
    if (value === '') throw this.#error('an identifier cannot be empty', start, end);
    this.#push(QUOTED_IDENTIFIER, value, start, end, true);
  }

  #punctuation(two: string): void {
    const start = this.#at;
    const known = two === '*/' && !this.#inHint ? undefined : MARKS.get(two);
    if (two === '*/' && this.#inHint) this.#inHint = false;
    const one = two[0]!;
    if (known !== undefined) this.#push(known, two, start, start + two.length);
    else if (FOREIGN_MARKS.has(two)) this.#push(UNEXPECTED, two, start, start + 2);
    else if (MARKS.has(one)) this.#push(MARKS.get(one), one, start, start + 1);
    else throw this.#unexpectedCharacter();
  }

  #push(code: string | undefined, value: string, start: number, end: number, quoted = false, charset?: string): void {
    this.#codes += code ?? UNEXPECTED;
    const span = this.#spanFrom(start, end);
    this.#tokens.push(charset === undefined ? { span, value, quoted } : { span, value, quoted, charset });
    this.#advance(end);
  }

  /** Moves on, counting the lines that lie between. */
  #advance(to: number): void {
    while (this.#newline < to) {
      this.#line++;
      this.#lineStart = this.#newline + 1;
      this.#newline = this.#nextNewline(this.#lineStart);
    }
    this.#at = to;
  }

  #nextNewline(from: number): number {
    const found = this.#text.indexOf('\n', from);
    return found < 0 ? Number.POSITIVE_INFINITY : found;
  }

  /** Only for a start on the current line. */
  #spanFrom(start: number, end: number): Span {
    return { offset: start, length: end - start, line: this.#line, column: start - this.#lineStart + 1 };
  }

  #error(message: string, start: number, end: number, hint?: string): EngineError {
    return new EngineError('SQL-SYNTAX', message, { span: this.#spanFrom(start, end), hint });
  }

  #doubleQuote(): EngineError {
    const close = this.#text.indexOf('"', this.#at + 1);
    const end = close < 0 ? this.#at + 1 : close + 1;
    const inner = this.#text.slice(this.#at + 1, end - 1);
    const hint = `write \`${inner}\` for a name, '${inner}' for a string`;
    return this.#error('double quotes have no meaning here', this.#at, end, close < 0 ? undefined : hint);
  }

  #unexpectedCharacter(): EngineError {
    const character = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
    const hint = character === '!' ? 'write NOT' : undefined;
    return this.#error(
      `unexpected character ${JSON.stringify(character)}`,
      this.#at,
      this.#at + character.length,
      hint,
    );
  }
}

/** What a match of ESCAPE_PATTERN stands for; nothing for the closing quote. */
function unescaped(match: RegExpExecArray): string {
  const code = match[1];
  if (code === undefined) return match[0] === "''" ? "'" : '';
  if (/^[0-7]/.test(code)) return String.fromCharCode(Number.parseInt(code, 8));
  if (/^[xuU]./.test(code)) return String.fromCodePoint(Number.parseInt(code.slice(1), 16));
  return ESCAPES[code] ?? code;
}

function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}

function isAsciiWordStart(c: number): boolean {
  return (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 95 || c === 36;
}
