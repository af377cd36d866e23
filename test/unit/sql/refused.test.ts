import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseScript } from '../../../src/sql/parse.ts';
import { errorOf } from './support.ts';

interface Keywords {
  readonly reserved: readonly string[];
  readonly reservedFunctionNames: readonly string[];
  readonly contextVariables: readonly string[];
  readonly probed: {
    readonly columnName: readonly string[];
    readonly outputAlias: readonly string[];
    readonly tableAlias: readonly string[];
  };
}

const keywords = JSON.parse(readFileSync(new URL('../../golden/keywords.json', import.meta.url), 'utf8')) as Keywords;

/** Refused by the parser of Flink 2.3. */
const REFUSED = [
  'CREATE SCHEMA s',
  'GRANT SELECT ON t TO u',
  'BEGIN',
  'COMMIT',
  'HELP',
  'QUIT',
  'SELECT a FROM t GROUP BY ALL',
  'SELECT * EXCEPT (a) FROM t',
  'SELECT * FROM a ASOF JOIN b MATCH_CONDITION a.t >= b.t ON a.x = b.x',
  'SELECT * FROM a LEFT SEMI JOIN b ON a.x = b.x',
  'SELECT f(x -> x) FROM t',
  'SELECT * FROM t FETCH FIRST 3 ROWS WITH TIES',
  'SELECT SUM(a) OVER (ORDER BY b ROWS 1 PRECEDING EXCLUDE TIES) FROM t',
  'EXPLAIN PLAN AS JSON SELECT 1',
  'SELECT a != b FROM t',
  'SET a.b = c',
  'SELECT 1::INT',
  "SELECT TIMESTAMP '2020-01-01 00:00:00' AT TIME ZONE 'UTC'",
  "SELECT CAST('x' AS TIMESTAMP WITH TIME ZONE)",
  "SELECT TIMESTAMP_LTZ '2020-01-01 00:00:00'",
  'SELECT ROW(1 AS a)',
  'SELECT ROW()',
  'SELECT 1 IN ()',
  'SELECT CASE END',
  'SELECT CAST(1 AS INT NOT NULL)',
  'SELECT 1 WHERE TRUE',
  'SELECT 7 MOD 3',
  'SELECT 1 == 1',
  'SELECT (0x10)',
  "SELECT X'GG'",
  "SELECT U&'\\ZZZZ'",
  "SELECT _FOO'abc'",
  'CREATE TABLE t (i INTERVAL DAY)',
  'CREATE TABLE t (a INT, b AS DEFAULT)',
  'CREATE MATERIALIZED TABLE IF NOT EXISTS m AS SELECT 1',
  'CREATE TEMPORARY MATERIALIZED TABLE m AS SELECT 1',
  'ALTER MATERIALIZED TABLE m RENAME TO n',
  "CREATE MATERIALIZED TABLE m FRESHNESS = '1' AS SELECT 1",
  "SHOW TABLES ILIKE 'a'",
  'SELECT shop FROM payments LIMIT -1',
  'SELECT shop AS value FROM payments',
  'INSERT INTO t SELECT 1 ON CONFLICT (a) DO NOTHING',
  'INSERT INTO t SELECT 1 ON CONFLICT DO UPDATE',
  'SELECT FIRST_VALUE(a) OVER (ORDER BY b ROWS BETWEEN 1 AND 2) FROM t',
  'SELECT /*+ BROADCAST(a) SHUFFLE_HASH(b) */ * FROM a, b',
  'DESCRIBE FUNCTION EXTENDED SUM',
];

describe('statements of other dialects', () => {
  it.each(REFUSED)('%s is refused', (text) => {
    const error = errorOf(text);
    expect(error.code).toBe('SQL-SYNTAX');
    expect(error.detail.span).toBeDefined();
  });
});

describe('keywords, as probed in Flink 2.3', () => {
  const parses = (text: string) => parseScript(text).error === undefined;

  it('those that are not reserved are names everywhere', () => {
    const { columnName, outputAlias, tableAlias } = keywords.probed;
    expect(columnName.filter((word) => !parses(`SELECT ${word} FROM t AS s (${word})`))).toEqual([]);
    expect(outputAlias.filter((word) => !parses(`SELECT 1 AS ${word}`))).toEqual([]);
    expect(tableAlias.filter((word) => !parses(`SELECT * FROM t AS ${word}`))).toEqual([]);
  });

  it('reserved words are names only in back-quotes', () => {
    expect(keywords.reserved.filter((word) => parses(`SELECT 1 AS ${word}`))).toEqual([]);
    expect(keywords.reserved.filter((word) => parses(`SELECT * FROM ${word}`))).toEqual([]);
    expect(keywords.reserved.filter((word) => !parses(`SELECT \`${word}\` FROM \`${word}\` AS \`${word}\``))).toEqual(
      [],
    );
  });

  it('reserved words are no columns; some are literals, variables or frame words', () => {
    const values = new Set([...keywords.contextVariables, 'TRUE', 'FALSE', 'NULL', 'UNKNOWN']);
    expect(keywords.reserved.filter((word) => !values.has(word) && parses(`SELECT ${word} FROM t`))).toEqual([]);
  });

  /** FLOOR takes one operand, USER none; SOME is no function of Flink although its parser reads it as one. */
  it('some reserved words name functions', () => {
    const special = new Set(['FLOOR', 'CEILING', 'SOME', 'USER']);
    const names = keywords.reservedFunctionNames.filter((word) => !special.has(word));
    expect(names.filter((word) => !parses(`SELECT ${word}(a, b) FROM t`))).toEqual([]);
  });
});
