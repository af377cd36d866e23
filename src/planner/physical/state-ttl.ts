/** STATE_TTL hints: how long a join keeps each input, an aggregation its groups. */
import { parseDuration } from '../../base/config.ts';
import { EngineError } from '../../base/errors.ts';
import type { Hint } from '../logical.ts';
import type { DescriptionItem } from './node.ts';

export interface AggregateTtl {
  /** Milliseconds; null: no hint. */
  readonly ttl: number | null;
  readonly trailing: readonly DescriptionItem[];
}

export function aggregateTtl(hints: readonly Hint[]): AggregateTtl {
  const value = hints.find((hint) => hint.name === HINT)?.options;
  const text = value === undefined ? undefined : Object.values(value)[0];
  if (text === undefined) return { ttl: null, trailing: [] };
  return { ttl: duration(text), trailing: [['stateTtlHints', `[[[STATE_TTL options:[${text}]]]]`]] };
}

export interface JoinTtl {
  readonly left: number | null;
  readonly right: number | null;
  readonly trailing: readonly DescriptionItem[];
}

/** Options of a join's hint are by side: LEFT, RIGHT (the binder has put them in place of the tables' names). */
export function joinTtl(hints: readonly Hint[]): JoinTtl {
  const options = hints.find((hint) => hint.name === HINT)?.options;
  if (options === undefined) return { left: null, right: null, trailing: [] };
  const sides = ['LEFT', 'RIGHT'].flatMap((side) => (options[side] === undefined ? [] : [`${side}=${options[side]}`]));
  return {
    left: options.LEFT === undefined ? null : duration(options.LEFT),
    right: options.RIGHT === undefined ? null : duration(options.RIGHT),
    trailing: [['stateTtlHints', `[[[STATE_TTL options:{${sides.join(', ')}}]]]`]],
  };
}

function duration(text: string): number {
  const value = parseDuration(text);
  if (value !== null) return value;
  throw new EngineError('SQL-HINT', `invalid STATE_TTL hint value '${text}'`, {
    hint: "a duration such as '1d' or '12h'",
  });
}

const HINT = 'STATE_TTL';
