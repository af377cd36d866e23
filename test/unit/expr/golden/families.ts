/** The golden expression cases by family, and what is known to differ. */
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { caseName, checkCase, type Evaluator, readCases } from './cases.ts';
import { readTables } from './tables.ts';

export const FAMILIES: readonly string[] = [
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

/**
 * Checks every case of a family. exceptions.json lists, family by family and reason by reason, the cases where Weir
 * answers otherwise than Flink; of a table case the rows. Nothing else may differ, and what is listed must differ.
 *
 * @param left names of cases that are not looked at
 */
export async function checkFamily(family: string, evaluator: Evaluator, left: readonly string[] = []): Promise<void> {
  const isLeft = (name: string): boolean => left.some((one) => name === one || name.startsWith(`${one} | rows `));
  const listed = new Set(
    Object.values(exceptions[family] ?? {})
      .flat()
      .filter((name) => !isLeft(name)),
  );
  const unexpected: string[] = [];
  const differing = new Set<string>();
  let cases = 0;
  for (const golden of readCases(family)) {
    if (golden.conf !== undefined || isLeft(caseName(golden))) continue;
    cases++;
    const difference = await checkCase(golden, tables, evaluator);
    if (difference === null) continue;
    const rows = /^rows [\d,]+/.exec(difference)?.[0];
    const name = rows === undefined ? caseName(golden) : `${caseName(golden)} | ${rows}`;
    differing.add(name);
    if (!listed.has(name)) unexpected.push(`${name} ==> ${difference}`);
  }
  expect(unexpected).toEqual([]);
  expect([...listed].filter((name) => !differing.has(name))).toEqual([]);
  expect(cases).toBeGreaterThan(50);
}
