/**
 * Hints of a SELECT: checked, and put on the joins and aggregations that they speak of. On a join the names of tables
 * have become sides: BROADCAST(b) of `a JOIN b` is { name: 'BROADCAST', args: ['RIGHT'] }, STATE_TTL('a' = '1d') has
 * the option LEFT; tables of other joins are left out.
 */
import { parseDuration } from '../../base/config.ts';
import { EngineError, notSupported } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import type { Hint as SyntaxHint } from '../../sql/ast.ts';
import type { Hint } from '../logical.ts';

const JOIN_HINTS: ReadonlySet<string> = new Set(['BROADCAST', 'SHUFFLE_HASH', 'SHUFFLE_MERGE', 'NEST_LOOP']);
const UNBUILT: ReadonlySet<string> = new Set(['LOOKUP', 'MULTI_JOIN']);
const STATE_TTL = 'STATE_TTL';

export interface BoundHint {
  readonly hint: SyntaxHint;
  readonly name: string;
  /** Tables, in the order written. */
  readonly tables: readonly string[];
  readonly options: Readonly<Record<string, string>>;
}

/** @throws EngineError SQL-HINT for unknown hints and wrong arguments, NOT-SUPPORTED for LOOKUP and MULTI_JOIN */
export function bindHints(hints: readonly SyntaxHint[]): readonly BoundHint[] {
  return hints.map((hint) => {
    const { name, span } = hint;
    if (UNBUILT.has(name)) throw notSupported(`the hint ${name}`, span);
    if (name === 'OPTIONS') {
      throw new EngineError('SQL-HINT', 'the hint OPTIONS belongs after the name of a table', { span });
    }
    if (name === STATE_TTL) return stateTtl(hint);
    if (!JOIN_HINTS.has(name)) {
      throw new EngineError('SQL-HINT', `hint: ${name} should be registered in the HintStrategyTable`, {
        span,
        hint: didYouMean(name, [...JOIN_HINTS, STATE_TTL]) ?? `hints are ${[...JOIN_HINTS, STATE_TTL].join(', ')}`,
      });
    }
    if (hint.args.length === 0) {
      const message = `invalid hint: ${name}, expecting at least one table or view specified in hint ${name}`;
      throw new EngineError('SQL-HINT', message, { span });
    }
    return { hint, name, tables: hint.args.map((arg) => arg.value), options: {} };
  });
}

function stateTtl(hint: SyntaxHint): BoundHint {
  const options: Record<string, string> = {};
  for (const { key, value } of hint.args) {
    if (key === undefined) {
      throw new EngineError('SQL-HINT', "the hint STATE_TTL takes pairs of 'table' = 'duration'", { span: hint.span });
    }
    if (parseDuration(value) === null) {
      throw new EngineError('SQL-HINT', `invalid STATE_TTL hint value: '${value}' is no duration`, {
        span: hint.span,
        hint: "write '12h', '1d', '0s'",
      });
    }
    options[key] = value;
  }
  return { hint, name: STATE_TTL, tables: Object.keys(options), options };
}

/** OPTIONS of a table reference. */
export function tableOptions(hints: readonly SyntaxHint[]): Readonly<Record<string, string>> {
  const options: Record<string, string> = {};
  for (const hint of hints) {
    if (hint.name !== 'OPTIONS') {
      throw new EngineError('SQL-HINT', `the hint ${hint.name} is not allowed after a table`, {
        span: hint.span,
        hint: "only OPTIONS('key' = 'value') is; join hints stand after SELECT",
      });
    }
    if (hint.args.length === 0 || hint.args.some((arg) => arg.key === undefined)) {
      throw new EngineError('SQL-HINT', 'hint [OPTIONS] only support non empty key value options', { span: hint.span });
    }
    for (const arg of hint.args) options[arg.key!] = arg.value;
  }
  return options;
}

/** What of the hints concerns a join of these two tables (null: no single table on that side). */
export function joinHints(hints: readonly BoundHint[], left: string | null, right: string | null): readonly Hint[] {
  const found: Hint[] = [];
  for (const { name, tables, options } of hints) {
    const sides = tables.flatMap((table) => (table === left ? ['LEFT'] : table === right ? ['RIGHT'] : []));
    if (sides.length === 0) continue;
    if (name !== STATE_TTL) {
      found.push({ name, args: sides, options: {} });
      continue;
    }
    const bySide: Record<string, string> = {};
    if (left !== null && options[left] !== undefined) bySide.LEFT = options[left];
    if (right !== null && options[right] !== undefined) bySide.RIGHT = options[right];
    found.push({ name, args: [], options: bySide });
  }
  return found;
}

/** STATE_TTL of an aggregation over this table. */
export function aggregateHints(hints: readonly BoundHint[], table: string | null): readonly Hint[] {
  return hints.flatMap(({ name, options }) => {
    const ttl = table === null ? undefined : options[table];
    return name === STATE_TTL && ttl !== undefined ? [{ name, args: [], options: { [table!]: ttl } }] : [];
  });
}

/** @throws EngineError SQL-HINT for a hint on a table that FROM does not have */
export function checkHintTables(hints: readonly BoundHint[], tables: readonly string[]): void {
  for (const { hint, name, tables: named } of hints) {
    const missing = named.filter((table) => !tables.includes(table));
    if (missing.length === 0) continue;
    const unknown = `\`${missing.join(', ')}\` in \`${name}\``;
    const message = `the options of following hints cannot match the name of input tables or views: ${unknown}`;
    throw new EngineError('SQL-HINT', message, { span: hint.span, hint: didYouMean(missing[0]!, tables) });
  }
}
