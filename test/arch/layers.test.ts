/** Checks src/ against layers.ts. */
import { existsSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { BANNED, DOORS, LAYERS } from './layers.ts';
import { isGenerated, isLocal, layerOf, localImports, ROOT, readSources } from './sources.ts';

const HARMLESS = new Set(['node:path', 'node:url', 'node:assert', 'node:util', 'node:buffer', 'node:process']);
const files = readSources();

describe('architecture', () => {
  test('every layer is declared, and the layers form a DAG in the order written', () => {
    const order = Object.keys(LAYERS);
    for (const [layer, allowed] of Object.entries(LAYERS)) {
      for (const below of allowed) {
        expect(order.indexOf(below), `${layer} → ${below}`).toBeLessThan(order.indexOf(layer));
      }
    }
    const undeclared = new Set(files.map((f) => layerOf(f.path)).filter((l) => l !== 'index.ts' && !(l in LAYERS)));
    expect([...undeclared]).toEqual([]);
  });

  test('a layer imports only the layers it names', () => {
    const wrong = files.flatMap((f) =>
      localImports(f).flatMap((target) => {
        const from = layerOf(f.path);
        const to = layerOf(target);
        if (from === 'index.ts' || from === to || LAYERS[from]?.includes(to)) return [];
        return [`${f.path} → ${target}: ${from} may not import ${to}`];
      }),
    );
    expect(wrong).toEqual([]);
  });

  test('no import cycles between files, types included', () => {
    const edges = new Map(files.map((f) => [f.path, localImports(f)]));
    const state = new Map<string, 'open' | 'done'>();
    const cycles: string[] = [];
    const visit = (path: string, trail: readonly string[]): void => {
      if (state.get(path) === 'done') return;
      if (state.get(path) === 'open') {
        cycles.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
        return;
      }
      state.set(path, 'open');
      for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
      state.set(path, 'done');
    };
    for (const path of edges.keys()) visit(path, []);
    expect(cycles).toEqual([]);
  });

  test('each foreign module comes in by its own door', () => {
    const wrong = files.flatMap((f) =>
      f.imports
        .filter((s) => !isLocal(s))
        .flatMap((s) => {
          const name = builtinModules.includes(s) ? `node:${s}` : s;
          const door = Object.keys(DOORS).find((d) => name === d || name.startsWith(`${d}/`));
          if (HARMLESS.has(name) || (door && DOORS[door]?.some((p) => f.path.startsWith(p)))) return [];
          return [`${f.path} imports ${s}; allowed in ${door ? DOORS[door]?.join(', ') : 'no place: add a door'}`];
        }),
    );
    expect(wrong).toEqual([]);
    const used = new Set(files.flatMap((f) => f.imports));
    const unused = Object.keys(DOORS).filter((door) => ![...used].some((s) => s === door || s.startsWith(`${door}/`)));
    expect(unused, 'doors that nobody goes through').toEqual([]);
  });

  test('some things are said in one place only', () => {
    const wrong = files
      .filter((f) => !isGenerated(f.path))
      .flatMap((f) =>
        f.text
          .split('\n')
          .flatMap((line, index) =>
            BANNED.flatMap(([pattern, place, why]) =>
              pattern.test(line) && !(place && f.path.startsWith(place)) && !/^\s*(\*|\/\/|\/\*)/.test(line)
                ? [`${f.path}:${index + 1}: ${why}`]
                : [],
            ),
          ),
      );
    expect(wrong).toEqual([]);
  });

  test('nothing is left marked for later', () => {
    expect(files.filter((f) => /\b(FIXME|TODO|XXX)\b/.test(f.text)).map((f) => f.path)).toEqual([]);
  });

  test('files stay small enough to read: 600 lines, 120 columns', () => {
    const wrong = files
      .filter((f) => !isGenerated(f.path))
      .flatMap((f) => {
        const lines = f.text.split('\n');
        const long = lines.findIndex((line) => line.length > 120);
        return [
          ...(lines.length > 600 ? [`${f.path}: ${lines.length} lines`] : []),
          ...(long >= 0 ? [`${f.path}:${long + 1}: over 120 columns`] : []),
        ];
      });
    expect(wrong).toEqual([]);
  });

  test('every path that ARCHITECTURE.md names exists', () => {
    const text = readFileSync(join(ROOT, 'src/ARCHITECTURE.md'), 'utf8');
    const named = [...text.matchAll(/`((?:src|grammar|test|queries)\/[\w./-]*)`/g)].map((m) => m[1] as string);
    expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});
