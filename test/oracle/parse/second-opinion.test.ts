/**
 * node-sql-parser as a second opinion: on the statements that it can read too, both find the same tables and columns.
 * It is asked in its MySQL dialect, which has back-quotes; of most statements beyond plain SQL it knows nothing.
 */
import NodeSqlParser from 'node-sql-parser';
import { describe, expect, it } from 'vitest';
import { parse } from '../../../src/sql/parse.ts';
import { corpusStatements } from '../../unit/sql/support.ts';

interface Found {
  readonly tables: readonly string[];
  readonly columns: readonly string[];
}

const parser = new NodeSqlParser.Parser();

function theirs(text: string): Found | undefined {
  try {
    const { tableList, columnList } = parser.parse(text, { database: 'MySQL' });
    const last = (entry: string) => entry.split('::').at(-1)!.toLowerCase();
    return { tables: tableList.map(last), columns: columnList.map(last).filter((name) => name !== '(.*)') };
  } catch {
    return undefined;
  }
}

function ours(text: string): Found {
  const tables: string[] = [];
  const columns: string[] = [];
  const visit = (node: unknown): void => {
    if (node === null || typeof node !== 'object') return;
    if (Array.isArray(node)) {
      node.forEach(visit);
      return;
    }
    const { kind, name, path } = node as {
      kind?: string;
      path?: string;
      name?: { parts?: readonly { name: string }[] };
    };
    const last = name?.parts?.at(-1)?.name.toLowerCase();
    if (kind === 'named-table' && last !== undefined) tables.push(last);
    if (kind === 'path-table' && path !== undefined) tables.push(path);
    if (kind === 'column-ref' && last !== undefined) columns.push(last);
    Object.values(node).forEach(visit);
  };
  visit(parse(text).statements);
  return { tables, columns };
}

const unique = (names: readonly string[]) => [...new Set(names)].sort();

/** Queries only: of other statements the lists of node-sql-parser leave parts out. */
const readByBoth = corpusStatements()
  .filter((text) => /^\s*(WITH|SELECT)\b/i.test(text))
  .map((text) => ({ text, found: theirs(text) }))
  .filter((each): each is { text: string; found: Found } => each.found !== undefined);

describe('node-sql-parser agrees', () => {
  it('reads enough of the corpus to be worth asking', () => {
    expect(readByBoth.length).toBeGreaterThanOrEqual(25);
  });

  it.each(readByBoth)('on the tables of $text', ({ text, found }) => {
    expect(unique(ours(text).tables)).toEqual(unique(found.tables));
  });

  it.each(readByBoth)('on the columns of $text', ({ text, found }) => {
    expect(unique(ours(text).columns)).toEqual(unique(found.columns));
  });
});
