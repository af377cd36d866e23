/**
 * Every statement of the golden changelogs: it binds if Flink 2.3 binds it, to columns of the same names and types, and
 * is refused if Flink refuses it; and the syntax trees of EXPLAIN are Flink's, but for what is listed.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { EngineError } from '../../../../src/base/errors.ts';
import { printType } from '../../../../src/types/print.ts';
import { Fixture } from '../support.ts';

interface GoldenCase {
  readonly sql: string;
  readonly ddl?: readonly string[];
  readonly tables?: readonly { readonly ddl: string }[];
  readonly setup?: readonly string[];
  readonly streaming?:
    | string
    | { readonly error?: { readonly phase: string }; readonly types?: Record<string, string> };
}

const ROOT = join(import.meta.dirname, '../../../golden/changelogs');

/** Not built; refused by name. */
const UNBUILT = /TUMBLE|HOP|CUMULATE|SESSION|MATCH_RECOGNIZE|FOR SYSTEM_TIME|_CHANGELOG|DELETE FROM/;

/** Flink refuses these after binding, or not at all in Weir. */
const LATER: ReadonlySet<string> = new Set(['errors/automatic-mode', 'explain/watermark-push-down-on-event']);

/** Statements without a plan. */
const NO_PLAN = /^\s*(CREATE|DESCRIBE)/;

const cases = readdirSync(ROOT, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && entry.name !== 'client')
  .flatMap(({ name: feature }) =>
    readdirSync(join(ROOT, feature))
      .filter((file) => file.endsWith('.json'))
      .map((file) => ({
        name: `${feature}/${file.slice(0, -5)}`,
        golden: JSON.parse(readFileSync(join(ROOT, feature, file), 'utf8')) as GoldenCase,
      })),
  );

function fixtureOf({ ddl = [], tables = [], setup = [] }: GoldenCase): Fixture {
  return new Fixture([...ddl, ...tables.map((one) => one.ddl), ...setup]);
}

describe('statements of the golden changelogs', () => {
  test.each(
    cases.filter(({ name, golden }) => !LATER.has(name) && !UNBUILT.test(allText(golden)) && !NO_PLAN.test(golden.sql)),
  )('$name', ({ golden }) => {
    const { streaming } = golden;
    const phase = typeof streaming === 'string' ? undefined : streaming?.error?.phase;
    const bind = () => fixtureOf(golden).plans(golden.sql);
    if (phase === 'parse' || phase === 'ddl' || (phase === 'validate' && !/\bSink|INSERT INTO/.test(golden.sql))) {
      expect(bind).toThrow(EngineError);
      return;
    }
    if (phase !== undefined) return;
    const [plan] = bind();
    const types = typeof streaming === 'string' ? undefined : streaming?.types;
    if (types === undefined || plan!.kind === 'sink') return;
    const own = plan!.schema.fields.map(({ name, type }) => [name, printType(type).replace(/ \*\w+\*$/, '')]);
    expect(own).toEqual(Object.entries(types));
  });
});

function allText(golden: GoldenCase): string {
  return [golden.sql, ...(golden.setup ?? [])].join('\n');
}

/** Subqueries are printed as the joins that they become, hints not at all, SUM OVER as SUM. */
const OTHER_TREE =
  /anti-join|semi-join|^hint-|lateral-unnest|over-window|left-join-broadcast|broadcast-by-hint|merge-by-hint/;

describe('syntax trees of EXPLAIN', () => {
  const trees = cases.flatMap(({ name, golden }) => {
    const [feature, file] = name.split('/') as [string, string];
    if (!feature.startsWith('explain') || OTHER_TREE.test(file) || LATER.has(name) || UNBUILT.test(golden.sql))
      return [];
    if (typeof golden.streaming !== 'string') return [];
    const wanted = /== Abstract Syntax Tree ==\n([\s\S]*?)\n\n== Optimized/.exec(golden.streaming)?.[1];
    return wanted === undefined ? [] : [{ name, golden, wanted }];
  });

  test.each(trees)('$name', ({ golden, wanted }) => {
    expect(fixtureOf(golden).bound(golden.sql)).toBe(wanted);
  });
});
