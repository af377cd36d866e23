/**
 * Every golden expression case through parser, binder and interpreter; what is no function of one row (a subquery, an
 * aggregate) through the whole engine. exceptions.json lists, family by family and
 * reason by reason, the cases where Weir answers otherwise than Flink; of a table case the rows. Nothing else may
 * differ, and what is listed must differ.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { caseName, checkCase, readCases } from './cases.ts';
import { readTables } from './tables.ts';

const FAMILIES: readonly string[] = [
  'arithmetic',
  'cast',
  'collection',
  'comparison',
  'conditional',
  'decimal',
  'errors',
  'float',
  'hash-encoding',
  'implicit-coercion',
  'interval',
  'json',
  'logical',
  'regexp',
  'string',
  'temporal',
  'try_cast',
  'type-inference',
  'url-misc',
];

type Exceptions = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

const exceptions = JSON.parse(readFileSync(new URL('./exceptions.json', import.meta.url), 'utf8')) as Exceptions;
const tables = readTables();

test.each(FAMILIES)('%s', async (family) => {
  const listed = new Set(Object.values(exceptions[family] ?? {}).flat());
  const unexpected: string[] = [];
  const differing = new Set<string>();
  let cases = 0;
  for (const golden of readCases(family)) {
    if (golden.conf !== undefined) continue;
    cases++;
    const difference = await checkCase(golden, tables);
    if (difference === null) continue;
    const rows = /^rows [\d,]+/.exec(difference)?.[0];
    const name = rows === undefined ? caseName(golden) : `${caseName(golden)} | ${rows}`;
    differing.add(name);
    if (!listed.has(name)) unexpected.push(`${name} ==> ${difference}`);
  }
  expect(unexpected).toEqual([]);
  expect([...listed].filter((name) => !differing.has(name))).toEqual([]);
  expect(cases).toBeGreaterThan(50);
});
