/** The files of src/ and what they import. Import lines are read as text: the compiler has no parser API to call. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

const IMPORT = new RegExp(
  [
    /^\s*(?:import|export)\s[^'";]*?\bfrom\s*['"]([^'"]+)['"]/,
    /^\s*import\s*['"]([^'"]+)['"]/,
    /\bimport\(\s*['"]([^'"]+)['"]/,
  ]
    .map((pattern) => pattern.source)
    .join('|'),
  'gm',
);

export interface SourceFile {
  /** From the root of the repository: `src/base/errors.ts`. */
  readonly path: string;
  readonly text: string;
  /** As written. */
  readonly imports: readonly string[];
}

export function readSources(): readonly SourceFile[] {
  return readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const path = join('src', name);
      const text = readFileSync(join(ROOT, path), 'utf8');
      return { path, text, imports: [...text.matchAll(IMPORT)].map((m) => (m[1] ?? m[2] ?? m[3]) as string) };
    });
}

/** `src/base/errors.ts` → `base`. */
export function layerOf(path: string): string {
  return path.split('/')[1] as string;
}

export function isLocal(specifier: string): boolean {
  return specifier.startsWith('.');
}

/** Paths of the files that the file imports. */
export function localImports({ path, imports }: SourceFile): readonly string[] {
  return imports.filter(isLocal).map((specifier) => normalize(join(dirname(path), specifier)));
}

/** Written by a program: not ours to keep short. */
export function isGenerated(path: string): boolean {
  return path.includes('/generated/');
}
