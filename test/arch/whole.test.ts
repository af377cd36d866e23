/** Nothing in src/ is left over, and what belongs to a list is in it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ERROR_CODES } from '../../src/base/error-codes.ts';
import { localImports, ROOT, readSources } from './sources.ts';

const files = readSources();

/** Files that nothing imports: where programs begin, declarations for the compiler, and a check for those who debug. */
const ENTRIES = [
  'src/index.ts',
  'src/cli/launch.ts',
  'src/cli/process.ts',
  'src/cli/weir.ts',
  'src/session/worker-main.ts',
  'src/memory/webassembly.d.ts',
  'src/kernel/verify.ts',
];

/** [folder, what marks a file that belongs to the list, the list, files that are listed in another way] */
const REGISTRIES: readonly (readonly [string, RegExp, string, readonly string[]])[] = [
  ['src/operators/', /^export const \w+(?:: [^=]+)? = defineOperator\b/m, 'src/operators/index.ts', []],
  ['src/expr/functions/', /^export const \w+ = define(?:Scalar|Aggregate)\b/m, 'src/expr/functions/index.ts', []],
  ['src/expr/compile/', /^export const [A-Z_]+: CompilerTable\b/m, 'src/expr/compile/compile.ts', []],
  ['src/planner/rules/', /^export const \w+: Rule\b/m, 'src/planner/rules/index.ts', []],
  ['src/planner/physical/', /^export const \w+: Strategy\b/m, 'src/planner/physical/index.ts', []],
  ['src/connectors/', /^export (?:const \w+|function \w+\(\)): ConnectorFactory\b/m, 'src/connectors/index.ts', []],
  [
    'src/connectors/formats/',
    /^export (?:const \w+|function \w+\(\)): FileFormat\b/m,
    'src/connectors/formats/index.ts',
    [],
  ],
  ['src/cli/format/', /^export const \w+: Format\b/m, 'src/cli/format/index.ts', []],
];

describe('src/ as a whole', () => {
  test('every file is imported by another, or is an entry', () => {
    const imported = new Set(files.flatMap((file) => localImports(file)));
    const dead = files
      .map(({ path }) => path)
      .filter((path) => !imported.has(path) && !imported.has(path.replace(/\.d\.ts$/, '.js')))
      .filter((path) => !ENTRIES.includes(path));
    expect(dead).toEqual([]);
  });

  test.each(REGISTRIES)('what is defined in %s is in its list', (folder, mark, list, others) => {
    const registry = files.find(({ path }) => path === list);
    const listed = new Set(registry === undefined ? [] : localImports(registry));
    const defined = files.filter(({ path, text }) => path.startsWith(folder) && path !== list && mark.test(text));
    expect(defined.length).toBeGreaterThan(0);
    expect(defined.map(({ path }) => path).filter((path) => !listed.has(path) && !others.includes(path))).toEqual([]);
  });

  test('every error code is in error-codes.ts, and every code there is used', () => {
    const known = new Set<string>(Object.keys(ERROR_CODES));
    const prefixes = new Set([...known].map((code) => code.split('-')[0]));
    const used = new Set<string>();
    for (const { path, text } of files) {
      if (path === 'src/base/error-codes.ts') continue;
      const code = text.replaceAll(/^\s*(?:\*|\/\*|\/\/).*$/gm, '');
      for (const [, found] of code.matchAll(/['"`]([A-Z]+(?:-[A-Z]+)+)['"`]/g)) {
        if (prefixes.has(found!.split('-')[0])) used.add(found!);
      }
      for (const [, format] of code.matchAll(/\bdamagedFile\(\s*'([A-Z]+)'/g)) used.add(`DATA-${format}`);
    }
    expect([...used].filter((code) => !known.has(code)).sort(), 'not listed').toEqual([]);
    expect([...known].filter((code) => !used.has(code)).sort(), 'not used').toEqual([]);
  });

  test('every package that users install is imported', () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<'dependencies', object>;
    const imported = new Set(files.flatMap(({ imports }) => imports));
    expect(Object.keys(manifest.dependencies).filter((name) => !imported.has(name))).toEqual([]);
  });

  test('an error code is explained in lower case, without a full stop', () => {
    const wrong = Object.entries(ERROR_CODES).filter(([, text]) => /[.!]$/.test(text) || text.trim() === '');
    expect(wrong).toEqual([]);
  });
});
