import { describe, expect, it } from 'vitest';
import type { AstNode } from '../../../src/sql/ast.ts';
import { parse } from '../../../src/sql/parse.ts';
import { print } from '../../../src/sql/print.ts';
import { CORPUS, corpusStatements, withoutSpans } from './support.ts';

const COUNTS: Readonly<Record<string, number>> = {
  'change.sql': 10,
  'definition.sql': 24,
  'flink-2.3.sql': 123,
  'query.sql': 27,
  'session.sql': 20,
  'tpch.sql': 22,
};

describe('the corpus', () => {
  it.each(CORPUS)('$name is read to its end', ({ name, text }) => {
    expect(parse(text).statements).toHaveLength(COUNTS[name] ?? 0);
  });

  it.each(corpusStatements())('is the same after printing: %s', (text) => {
    const [statement] = parse(text).statements;
    const printed = print(statement!);
    const [again] = parse(printed).statements;
    expect(withoutSpans(again), printed).toEqual(withoutSpans(statement));
    expect(print(again!)).toBe(printed);
  });

  it.each(CORPUS)('$name: spans lie in their parents and start where they say', ({ text }) => {
    const lines = text.split('\n');
    const check = (node: unknown, from: number, to: number): void => {
      if (node === null || typeof node !== 'object') return;
      if (Array.isArray(node)) {
        for (const each of node) check(each, from, to);
        return;
      }
      const { span } = node as Partial<AstNode>;
      if (span !== undefined) {
        expect(span.offset).toBeGreaterThanOrEqual(from);
        expect(span.offset + span.length).toBeLessThanOrEqual(to);
        const lineStart = lines.slice(0, span.line - 1).reduce((sum, line) => sum + line.length + 1, 0);
        expect(lineStart + span.column - 1).toBe(span.offset);
      }
      const inner = span === undefined ? [from, to] : [span.offset, span.offset + span.length];
      for (const [key, child] of Object.entries(node)) if (key !== 'span') check(child, inner[0]!, inner[1]!);
    };
    for (const statement of parse(text).statements) check(statement, 0, text.length);
  });

  it('gives plain data: JSON and back is the same', () => {
    for (const { text } of CORPUS) {
      const { statements } = parse(text);
      expect(JSON.parse(JSON.stringify(statements))).toEqual(statements);
    }
  });
});
