/** Every STREAMING operator that keeps state by key, with changelogs at random that it can be fed. */
import { type Random, seededRandom } from '../../../src/base/random.ts';
import type { OperatorSpec } from '../../../src/dataflow/operator.ts';
import type { AggregateCall } from '../../../src/expr/expr.ts';
import { operatorSpec } from '../../../src/operators/define.ts';
import type {
  ChangelogNormalizeParams,
  DeduplicateParams,
  GroupAggregateParams,
  JoinInputSide,
  JoinType,
  RankParams,
  SinkUpsertMaterializerParams,
  SortParams,
  StreamingJoinParams,
} from '../../../src/operators/specs.ts';
import { BIGINT, type DataType, INT, nullable, STRING } from '../../../src/types/data-type.ts';
import type { Value } from '../../../src/types/value.ts';
import { type Change, schemaOfTypes } from './harness.ts';

/** A text that is NULL now and then, a number, a number that tells rows of one text apart. */
export const COLUMNS: readonly DataType[] = [nullable(STRING), nullable(INT), { ...BIGINT, nullable: false }];
const RESULT = { ...BIGINT, nullable: false };

export interface Step {
  readonly input: number;
  readonly change: Change;
}

export interface StateCase {
  readonly name: string;
  readonly make: (stateTtl: number) => OperatorSpec;
  /** Only +I. */
  readonly appends: boolean;
  /** -U and -D carry the key alone. */
  readonly upserts?: boolean;
  readonly inputs: 1 | 2;
  /** Emits at the end of the input only. */
  readonly atEnd?: boolean;
}

const call = (fn: string, args: number[], type: DataType, distinct = false): AggregateCall => ({
  fn,
  args,
  distinct,
  filter: null,
  type,
});

function groupAggregate(calls: readonly AggregateCall[], overrides: Partial<GroupAggregateParams> = {}) {
  return (stateTtl: number): OperatorSpec => {
    const params: GroupAggregateParams = {
      keys: [0],
      calls,
      generateUpdateBefore: true,
      inputRetracts: true,
      stateTtl,
      miniBatch: false,
      ...overrides,
    };
    const output = schemaOfTypes([COLUMNS[0]!, ...calls.map(({ type }) => type)]);
    return operatorSpec('group-aggregate', 'GroupAggregate', params, [schemaOfTypes(COLUMNS)], output);
  };
}

function join(type: JoinType, kind: JoinInputSide['kind'] = 'NoUniqueKey') {
  return (stateTtl: number): OperatorSpec => {
    const side: JoinInputSide = { kind, uniqueKey: kind === 'NoUniqueKey' ? null : [0, 2], stateTtl };
    const params: StreamingJoinParams = {
      ...{ type, leftKeys: [0], rightKeys: [0], nullSafe: [false], condition: null },
      ...{ left: side, right: side, nullAware: false, miniBatch: false },
    };
    const both = [...COLUMNS, ...COLUMNS].map((column) => nullable(column));
    const output = schemaOfTypes(type === 'SEMI' || type === 'ANTI' ? COLUMNS : both);
    const inputs = [schemaOfTypes(COLUMNS), schemaOfTypes(COLUMNS)];
    return operatorSpec('streaming-join', 'Join', params, inputs, output);
  };
}

function rank(strategy: RankParams['strategy'], overrides: Partial<RankParams> = {}) {
  return (stateTtl: number): OperatorSpec => {
    const params: RankParams = {
      strategy,
      partitionKeys: [0],
      ordering: [{ index: 1, direction: 'DESC', nulls: 'LAST' }],
      rankStart: 1,
      rankEnd: 3,
      rankEndColumn: null,
      outputRankNumber: false,
      upsertKey: [],
      generateUpdateBefore: true,
      stateTtl,
      fastTop1: false,
      ...overrides,
    };
    const output = params.outputRankNumber ? [...COLUMNS, RESULT] : COLUMNS;
    return operatorSpec('rank', 'Rank', params, [schemaOfTypes(COLUMNS)], schemaOfTypes(output));
  };
}

function deduplicate(keep: 'first' | 'last', overrides: Partial<DeduplicateParams> = {}) {
  return (stateTtl: number): OperatorSpec => {
    const params: DeduplicateParams = {
      ...{ keys: [0], keep, rowtime: null, generateUpdateBefore: true, generateInsert: true, stateTtl },
      miniBatch: false,
      ...overrides,
    };
    return operatorSpec('deduplicate', 'Deduplicate', params, [schemaOfTypes(COLUMNS)], schemaOfTypes(COLUMNS));
  };
}

function normalize(stateTtl: number): OperatorSpec {
  const params: ChangelogNormalizeParams = {
    ...{ keys: [0], generateUpdateBefore: true, condition: null, stateTtl, miniBatch: false },
  };
  const schema = schemaOfTypes(COLUMNS);
  return operatorSpec('changelog-normalize', 'ChangelogNormalize', params, [schema], schema);
}

function materialize(upsertKey: readonly number[] | null) {
  return (stateTtl: number): OperatorSpec => {
    const params: SinkUpsertMaterializerParams = { primaryKey: [0], upsertKey, stateTtl };
    const schema = schemaOfTypes(COLUMNS);
    return operatorSpec('sink-upsert-materializer', 'SinkUpsertMaterializer', params, [schema], schema);
  };
}

function sort(): OperatorSpec {
  const ordering: SortParams['ordering'] = [2, 1, 0].map((index) => ({ index, direction: 'ASC', nulls: 'LAST' }));
  const params: SortParams = {
    ...{ ordering, offset: 0, fetch: null, inputRetracts: true },
  };
  return operatorSpec('sort', 'Sort', params, [schemaOfTypes(COLUMNS)], schemaOfTypes(COLUMNS));
}

const sums = [call('COUNT', [], RESULT), call('SUM', [1], nullable(INT))];
const distincts = [call('COUNT', [1], RESULT, true), call('SUM', [2], nullable(BIGINT), true)];
const references = [call('MAX', [1], nullable(INT)), call('MIN', [2], nullable(BIGINT))];

export const STATE_CASES: readonly StateCase[] = [
  { name: 'aggregate', make: groupAggregate(sums), appends: false, inputs: 1 },
  { name: 'distinct aggregate', make: groupAggregate([...sums, ...distincts]), appends: false, inputs: 1 },
  { name: 'interpreted aggregate', make: groupAggregate([...sums, ...references]), appends: false, inputs: 1 },
  {
    name: 'text aggregate',
    make: groupAggregate([call('MAX', [0], nullable(STRING))], { inputRetracts: false }),
    ...{ appends: true, inputs: 1 },
  },
  ...(['INNER', 'LEFT', 'RIGHT', 'FULL', 'SEMI', 'ANTI'] as const).map(
    (type): StateCase => ({ name: `${type} join`, make: join(type), appends: false, inputs: 2 }),
  ),
  { name: 'keyed FULL join', make: join('FULL', 'HasUniqueKey'), appends: false, inputs: 2 },
  { name: 'append-fast rank', make: rank('append-fast'), appends: true, inputs: 1 },
  { name: 'numbered rank', make: rank('append-fast', { outputRankNumber: true }), appends: true, inputs: 1 },
  { name: 'top 1', make: rank('append-fast', { fastTop1: true, rankEnd: 1 }), appends: true, inputs: 1 },
  { name: 'retract rank', make: rank('retract', { outputRankNumber: true }), appends: false, inputs: 1 },
  { name: 'first row', make: deduplicate('first'), appends: true, inputs: 1 },
  { name: 'last row', make: deduplicate('last'), appends: true, inputs: 1 },
  { name: 'normalize', make: normalize, appends: false, upserts: true, inputs: 1 },
  { name: 'materialize', make: materialize(null), appends: false, inputs: 1 },
  { name: 'materialize by key', make: materialize([2]), appends: false, inputs: 1 },
  { name: 'sort', make: sort, appends: false, inputs: 1, atEnd: true },
];

/** Rows that come, and of those that are there some that go again. */
export function history({ appends, upserts, inputs }: StateCase, seed: number, length: number, keys: number): Step[] {
  const random = seededRandom(seed);
  const tables: Value[][][] = [[], []];
  return Array.from({ length }, (_, i): Step => {
    const input = inputs === 1 ? 0 : random.below(2);
    const table = tables[input]!;
    if (!appends && table.length > 0 && random.below(3) === 0) {
      const [row] = table.splice(random.below(table.length), 1);
      const kind = random.below(2) === 0 ? '-D' : '-U';
      return { input, change: { kind, row: upserts === true ? [row![0]!, null, 0n] : row! } };
    }
    const row = [keyText(random, keys), random.below(5) === 0 ? null : random.below(9), BigInt(i)];
    table.push(row);
    return { input, change: { kind: '+I', row } };
  });
}

function keyText(random: Random, keys: number): string | null {
  const key = random.below(keys);
  return key === 0 ? null : `${'long '.repeat(key % 5)}key ${key}`;
}
