/**
 * Puts a failed parse into words. What the parser expected is grouped ("an expression", "a data type"), and a repair is
 * looked for by trying: a keyword that is spelt almost like the word that stands there, a parenthesis that is missing,
 * a comma too many, a reserved word used as a name. A hint is given only if the parser gets further with it.
 */
import { EngineError } from '../base/errors.ts';
import { editDistance } from '../base/nearest.ts';
import { CLASSES, PUNCTUATION } from './generated/tokens.js';
import { isKeyword, isReserved, type Token, type TokenStream, tokenize } from './lexer.ts';
import { runParser, type StartRule, type TokenInput } from './run-parser.ts';

/** Words for sets of expected tokens; each set is what the parser expects at the end of `after`. */
const GROUPS: readonly { readonly name: string; readonly after: string; readonly rule: StartRule }[] = [
  { name: 'a statement', after: '', rule: 'OneStatement' },
  { name: 'an expression', after: '(1 +', rule: 'OneExpression' },
  { name: 'an operator', after: '1', rule: 'OneExpression' },
  { name: 'a data type', after: 'CREATE TABLE t (a ARRAY<', rule: 'OneStatement' },
  { name: 'a time unit', after: 'EXTRACT(', rule: 'OneExpression' },
  { name: 'a time unit', after: "INTERVAL '1'", rule: 'OneExpression' },
];
/** Words for sets that have no place of their own. */
const FAMILIES: readonly { readonly name: string; readonly members: readonly string[] }[] = [
  { name: 'a set operator', members: ['UNION', 'INTERSECT', 'EXCEPT', 'MINUS'] },
  { name: 'a join', members: ['CROSS', 'NATURAL', 'INNER', 'LEFT', 'RIGHT', 'FULL', 'JOIN'] },
];
/** Expected wherever a name or a value ends; said by "an operator". */
const CONTINUATIONS: ReadonlySet<string> = new Set(['.', '[', '(']);
const MAX_LISTED = 8;
const IDENTIFIER = String.fromCharCode(CLASSES.IDENTIFIER);
const TEXT = String.fromCharCode(CLASSES.QUOTED_TEXT);
const RIGHT_PARENTHESIS = String.fromCharCode(PUNCTUATION.find(([text]) => text === ')')?.[1] ?? 0);

/** For operators of other dialects: what to write here. */
const FOREIGN_OPERATORS: ReadonlyMap<string, string> = new Map([
  ['!=', "write '<>' for 'not equal'"],
  ['==', "write '=' for 'equal'"],
  ['::', 'write CAST(value AS type)'],
  ['->', 'there are no lambda expressions; for JSON write JSON_VALUE(value, path)'],
]);

/** The error of the statement or expression that starts at token `start`, which the parser has refused. */
export function syntaxError(stream: TokenStream, rule: StartRule, start: number): EngineError {
  const outcome = runParser(stream, rule, start, true);
  if (outcome.type === 'refused') return outcome.error;
  const at = outcome.type === 'failed' ? outcome.at : outcome.end;
  const token = stream.tokens[at];
  if (token === undefined && stream.error !== undefined) return stream.error;
  const expected = outcome.type === 'failed' ? outcome.expected : [];
  const found = token === undefined ? 'end of input' : describe(stream, token);
  const message = `unexpected ${found}; expected ${describeExpected(expected)}`;
  const hint = findHint(stream, rule, start, at, expected);
  return new EngineError('SQL-SYNTAX', message, { span: token?.span ?? stream.end, hint });
}

function describe(stream: TokenStream, { span, value, quoted }: Token): string {
  const text = quoted ? sourceOf(stream, span.offset, span.length) : value;
  return `"${text.length > 40 ? `${text.slice(0, 37)}...` : text}"`;
}

function sourceOf(stream: TokenStream, offset: number, length: number): string {
  return stream.text.slice(offset, offset + length);
}

function describeExpected(expected: readonly string[]): string {
  const left = new Set(expected);
  const named: string[] = [];
  for (const { name, after, rule } of GROUPS) {
    const members = expectedAfter(after, rule).filter((each) => each !== 'end of input');
    if (members.length === 0 || !members.every((each) => expected.includes(each))) continue;
    for (const each of members) left.delete(each);
    if (name === 'an operator') for (const each of CONTINUATIONS) left.delete(each);
    if (!named.includes(name)) named.push(name);
  }
  const words = [...left];
  for (const { name, members } of FAMILIES) {
    if (!members.every((each) => left.has(each))) continue;
    const first = words.findIndex((each) => members.includes(each));
    words.splice(first, words.length, name, ...words.slice(first).filter((each) => !members.includes(each)));
  }
  const rest = words.map((each) => {
    if (each === 'identifier') return 'a name';
    if (each === 'number' || each === 'string' || each === 'function name') return `a ${each}`;
    return /^[A-Za-z_]/.test(each) ? each : `"${each}"`;
  });
  const all = [...named, ...rest];
  if (all.length === 0) return 'something else';
  if (all.length > MAX_LISTED) return `${all.slice(0, MAX_LISTED).join(', ')}, …`;
  const last = all.pop();
  return all.length === 0 ? (last ?? '') : `${all.join(', ')} or ${last}`;
}

function expectedAfter(text: string, rule: StartRule): readonly string[] {
  const outcome = runParser(tokenize(text), rule, 0, true);
  const end = outcome.type === 'parsed' ? expectedAtEnd(text, rule) : outcome;
  return end.type === 'failed' ? end.expected : [];
}

/** What could follow a text that is already whole: forced to fail there. */
function expectedAtEnd(text: string, rule: StartRule): ReturnType<typeof runParser> {
  return runParser(tokenize(`${text} ==`), rule, 0, true);
}

// ── hints ──

function findHint(
  stream: TokenStream,
  rule: StartRule,
  start: number,
  at: number,
  expected: readonly string[],
): string | undefined {
  const token = stream.tokens[at];
  const foreign = token === undefined || token.quoted ? undefined : FOREIGN_OPERATORS.get(token.value);
  if (foreign !== undefined) return foreign;
  const first = stream.tokens[start]?.value.toUpperCase();
  if (first === 'SET' && at === start + 1) return hintForSet(stream, start);
  const helps = (input: TokenInput, position: number): boolean => {
    const outcome = runParser(input, rule, start, true);
    return outcome.type === 'parsed' || (outcome.type === 'failed' && outcome.at > position);
  };
  return (
    hintForComma(stream, at, helps) ??
    hintForParenthesis(stream, start, at, expected, helps) ??
    hintForReserved(stream, at, expected, helps) ??
    hintForSpelling(stream, rule, start, at, expected, helps) ??
    hintForQuotes(stream, at, expected, helps)
  );
}

type Helps = (input: TokenInput, position: number) => boolean;

/** A keyword of almost that spelling, for the token itself or, as it may have passed for an alias, the one before. */
function hintForSpelling(
  stream: TokenStream,
  rule: StartRule,
  start: number,
  at: number,
  expected: readonly string[],
  helps: Helps,
): string | undefined {
  for (const position of [at, at - 1]) {
    const token = stream.tokens[position];
    if (token === undefined || position < start || token.quoted || !/^[A-Za-z_]{3,}$/.test(token.value)) continue;
    const words = position === at ? expected : expectedAt(stream, rule, start, position);
    for (const word of closest(token.value.toUpperCase(), words)) {
      const code = tokenize(word).codes;
      if (!helps(replaceToken(stream, position, code, word), at)) continue;
      const { line, column } = token.span;
      return `did you mean ${word} instead of "${token.value}" at ${line}:${column}?`;
    }
  }
  return undefined;
}

function expectedAt(stream: TokenStream, rule: StartRule, start: number, position: number): readonly string[] {
  const cut = { codes: stream.codes.slice(0, position), tokens: stream.tokens.slice(0, position) };
  const outcome = runParser(cut, rule, start, true);
  if (outcome.type === 'failed') return outcome.at === position ? outcome.expected : [];
  const forced = runParser(
    replaceToken(stream, position, String.fromCharCode(CLASSES.UNEXPECTED), ''),
    rule,
    start,
    true,
  );
  return forced.type === 'failed' && forced.at === position ? forced.expected : [];
}

function hintForComma(stream: TokenStream, at: number, helps: Helps): string | undefined {
  const before = stream.tokens[at - 1];
  if (before === undefined || before.value !== ',' || before.quoted) return undefined;
  const { line, column } = before.span;
  return helps(removeToken(stream, at - 1), at) ? `remove the "," at ${line}:${column}` : undefined;
}

function hintForParenthesis(
  stream: TokenStream,
  start: number,
  at: number,
  expected: readonly string[],
  helps: Helps,
): string | undefined {
  if (!expected.includes(')')) return undefined;
  const token = stream.tokens[at];
  if (token === undefined) return hintForOpen(stream, start);
  const input = insertToken(stream, at, RIGHT_PARENTHESIS, ')');
  return helps(input, at + 1) ? `close the parenthesis before ${describe(stream, token)}` : undefined;
}

/** Names the innermost parenthesis that is still open at the end. */
function hintForOpen(stream: TokenStream, start: number): string | undefined {
  const open: Token[] = [];
  for (const token of stream.tokens.slice(start)) {
    if (token.quoted) continue;
    if (token.value === '(') open.push(token);
    else if (token.value === ')') open.pop();
  }
  const last = open.at(-1)?.span;
  return last === undefined ? undefined : `the "(" at ${last.line}:${last.column} is not closed`;
}

function hintForReserved(
  stream: TokenStream,
  at: number,
  expected: readonly string[],
  helps: Helps,
): string | undefined {
  const token = stream.tokens[at];
  if (token === undefined || token.quoted || !expected.includes('identifier') || !isReserved(token.value)) {
    return undefined;
  }
  if (!helps(replaceToken(stream, at, IDENTIFIER, token.value), at + 1)) return undefined;
  return `${token.value.toUpperCase()} is a reserved word; as a name write \`${token.value}\``;
}

/** Option keys, paths and comments are strings. */
function hintForQuotes(stream: TokenStream, at: number, expected: readonly string[], helps: Helps): string | undefined {
  const token = stream.tokens[at];
  if (token === undefined || !expected.includes('string') || !/^\w/.test(token.value)) return undefined;
  if (!helps(replaceToken(stream, at, TEXT, token.value), at + 1)) return undefined;
  return `put it in quotes: '${token.value}'`;
}

/** Keys and values of SET are quoted; the hint shows the statement as it should be. */
function hintForSet(stream: TokenStream, start: number): string {
  const rest = sourceOf(stream, stream.tokens[start]!.span.offset + 3, stream.text.length);
  const statement = /^\s*([^=;\s]+)\s*=\s*([^;\n]*)/.exec(rest);
  if (statement === null) return "write SET 'key' = 'value'";
  const unquoted = (text: string | undefined) => (text ?? '').trim().replace(/^'|'$/g, '');
  return `quote the key and the value: SET '${unquoted(statement[1])}' = '${unquoted(statement[2])}'`;
}

// ── repairs ──

function replaceToken({ codes, tokens }: TokenInput, at: number, code: string, value: string): TokenInput {
  const token = { ...tokens[at]!, value };
  return { codes: codes.slice(0, at) + code + codes.slice(at + 1), tokens: tokens.with(at, token) };
}

function removeToken({ codes, tokens }: TokenInput, at: number): TokenInput {
  return { codes: codes.slice(0, at) + codes.slice(at + 1), tokens: tokens.toSpliced(at, 1) };
}

function insertToken({ codes, tokens }: TokenInput, at: number, code: string, value: string): TokenInput {
  const token = { span: tokens[at]!.span, value, quoted: false };
  return { codes: codes.slice(0, at) + code + codes.slice(at), tokens: tokens.toSpliced(at, 0, token) };
}

/** Words at most two edits away (one for short words), nearest first. */
function closest(word: string, candidates: readonly string[]): readonly string[] {
  const limit = word.length <= 3 ? 1 : 2;
  return candidates
    .filter((each) => each !== word && isKeyword(each))
    .map((each) => ({ each, distance: editDistance(word, each) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance || Number(contains(b.each, word)) - Number(contains(a.each, word)))
    .map(({ each }) => each);
}

/** Are these the letters of `word` and more? */
function contains(longer: string, word: string): boolean {
  let at = 0;
  for (const letter of longer) if (letter === word[at]) at++;
  return at === word.length;
}
