/** What the tests of the language share: the corpus of statements, trees without spans, a seeded random source. */
import { readdirSync, readFileSync } from 'node:fs';
import { EngineError } from '../../../src/base/errors.ts';
import { parse, parseExpression } from '../../../src/sql/parse.ts';

const FOLDER = new URL('corpus/', import.meta.url);

export interface CorpusFile {
  readonly name: string;
  readonly text: string;
}

export const CORPUS: readonly CorpusFile[] = readdirSync(FOLDER)
  .sort()
  .map((name) => ({ name, text: readFileSync(new URL(name, FOLDER), 'utf8') }));

/** Every statement of the corpus as text of its own. */
export function corpusStatements(): readonly string[] {
  return CORPUS.flatMap(({ text }) =>
    parse(text).statements.map(({ span }) => text.slice(span.offset, span.offset + span.length)),
  );
}

/** The tree with every `span` left out. */
export function withoutSpans(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutSpans);
  if (node === null || typeof node !== 'object') return node;
  const entries = Object.entries(node).filter(([key]) => key !== 'span');
  return Object.fromEntries(entries.map(([key, value]) => [key, withoutSpans(value)]));
}

export function shapeOf(expression: string): unknown {
  return withoutSpans(parseExpression(expression));
}

/** The error that parsing raises; fails if there is none or if it is of another class. */
export function errorOf(text: string): EngineError {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  throw new Error(`parsed, but should not: ${text}`);
}

/** Numbers in [0, n) from a seed (mulberry32). */
export function randomFrom(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % n;
  };
}
