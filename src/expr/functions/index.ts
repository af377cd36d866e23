/** The catalogue of built-in functions: lookup by name or alias, case-insensitive. */

import { arrayAgg, collect, listagg } from './aggregate/collect.ts';
import { approxCountDistinct, count } from './aggregate/count.ts';
import { firstValue, lastValue, singleValue } from './aggregate/first-last.ts';
import { jsonArrayAgg, jsonArrayAggNull, jsonObjectAgg, jsonObjectAggAbsent } from './aggregate/json.ts';
import { max, min } from './aggregate/min-max.ts';
import { percentile } from './aggregate/percentile.ts';
import { avg, sum, sum0 } from './aggregate/sum.ts';
import { stddevPop, stddevSamp, varPop, varSamp } from './aggregate/variance.ts';
import * as math from './arithmetic/math.ts';
import * as arithmetic from './arithmetic/operators.ts';
import * as arrays from './collection/array.ts';
import * as construct from './collection/construct.ts';
import * as maps from './collection/map.ts';
import * as comparison from './comparison/operators.ts';
import * as conditional from './conditional/conditional.ts';
import { cast, tryCast } from './conversion/cast.ts';
import * as reflection from './conversion/typeof.ts';
import type { AggregateFunction, ScalarFunction } from './define.ts';
import * as digest from './hash/digest.ts';
import * as encoding from './hash/encoding.ts';
import * as json from './json/construct.ts';
import { jsonExists, jsonQuery, jsonTests, jsonValue } from './json/query.ts';
import * as logic from './logic/operators.ts';
import * as stringCase from './string/case.ts';
import * as stringCharacter from './string/character.ts';
import * as stringCut from './string/cut.ts';
import * as stringJoin from './string/join.ts';
import { like, similarTo } from './string/pattern.ts';
import * as regexp from './string/regexp.ts';
import * as stringSearch from './string/search.ts';
import * as temporal from './temporal/conversion.ts';
import * as current from './temporal/current.ts';
import * as difference from './temporal/difference.ts';
import { extract } from './temporal/extract.ts';
import { ceil, floor } from './temporal/floor.ts';

/** Modules that export functions and nothing else. */
const FAMILIES: readonly Readonly<Record<string, ScalarFunction>>[] = [
  arithmetic,
  math,
  comparison,
  logic,
  conditional,
  stringCase,
  stringCharacter,
  stringCut,
  stringJoin,
  stringSearch,
  regexp,
  temporal,
  current,
  difference,
  construct,
  arrays,
  maps,
  digest,
  encoding,
  json,
  reflection,
];

const SCALARS: readonly ScalarFunction[] = [
  ...FAMILIES.flatMap((family) => Object.values(family)),
  cast,
  tryCast,
  like,
  similarTo,
  extract,
  floor,
  ceil,
  jsonExists,
  jsonValue,
  jsonQuery,
  ...jsonTests,
];

const AGGREGATES = [
  count,
  approxCountDistinct,
  sum,
  sum0,
  avg,
  min,
  max,
  varPop,
  varSamp,
  stddevPop,
  stddevSamp,
  firstValue,
  lastValue,
  singleValue,
  collect,
  arrayAgg,
  listagg,
  percentile,
  jsonObjectAgg,
  jsonObjectAggAbsent,
  jsonArrayAgg,
  jsonArrayAggNull,
] as readonly AggregateFunction[];

export interface FunctionCatalogue {
  /** A scalar function or operator, by name or alias in any case; undefined if there is none. */
  scalar(name: string): ScalarFunction | undefined;
  aggregate(name: string): AggregateFunction | undefined;
  readonly scalars: readonly ScalarFunction[];
  readonly aggregates: readonly AggregateFunction[];
}

export const functions: FunctionCatalogue = catalogue(SCALARS, AGGREGATES);

function catalogue(scalars: readonly ScalarFunction[], aggregates: readonly AggregateFunction[]): FunctionCatalogue {
  const scalarByName = byName(scalars);
  const aggregateByName = byName(aggregates);
  return {
    scalar: (name) => scalarByName.get(name.toUpperCase()),
    aggregate: (name) => aggregateByName.get(name.toUpperCase()),
    scalars,
    aggregates,
  };
}

function byName<F extends { readonly name: string; readonly aliases: readonly string[] }>(
  list: readonly F[],
): ReadonlyMap<string, F> {
  return new Map(list.flatMap((fn) => [fn.name, ...fn.aliases].map((name) => [name, fn] as const)));
}
