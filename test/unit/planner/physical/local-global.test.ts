/** Where an aggregation of STREAMING has two phases; the texts are Flink's (2.3.0). */
import { describe, expect, test } from 'vitest';
import type { AggregateCall } from '../../../../src/expr/expr.ts';
import type { Transformation } from '../../../../src/graph/transformation.ts';
import * as build from '../../../../src/planner/logical-build.ts';
import { planQuery } from '../../../../src/planner/plan.ts';
import { translate } from '../../../../src/planner/translate.ts';
import { BIGINT, INT, nullable } from '../../../../src/types/data-type.ts';
import { columns, contextOf, count, NULLABLE_INT, NULLABLE_STRING, show, streaming, sum, table } from './harness.ts';

const MINI_BATCH = { 'table.exec.mini-batch.enabled': 'true' };
const payments = (mode = 'I') =>
  table('payments', { shop: NULLABLE_STRING, kind: NULLABLE_STRING, amount: NULLABLE_INT }, { mode });
const call = (fn: string, column: number, name: string, distinct = false): AggregateCall => ({
  ...{ fn, args: [column], distinct, name },
  filter: null,
  type: fn === 'COUNT' ? BIGINT : nullable(INT),
});
const byShop = (calls: readonly AggregateCall[], mode = 'I') =>
  build.aggregate(columns(payments(mode), 'shop', 'amount'), [0], calls);

describe('two phases', () => {
  test('accumulators are sent', () => {
    const calls = [count('n'), sum(1, INT, 's'), call('MAX', 1, 'm'), call('AVG', 1, 'a')];
    expect(show(streaming(byShop(calls), MINI_BATCH)).slice(0, 3)).toEqual([
      'GlobalGroupAggregate(groupBy=[shop], select=[shop, COUNT(count1$0) AS n, SUM(sum$1) AS s, MAX(max$2) AS m, ' +
        'AVG((sum$3, count$4)) AS a])',
      '+- Exchange(distribution=[hash[shop]])',
      '   +- LocalGroupAggregate(groupBy=[shop], select=[shop, COUNT(*) AS count1$0, SUM(amount) AS sum$1, ' +
        'MAX(amount) AS max$2, AVG(amount) AS (sum$3, count$4)])',
    ]);
  });

  test('rows that are taken back are counted, and only inserts are sent', () => {
    const inner = byShop([call('MAX', 1, 'n')]);
    const plan = build.aggregate(inner, [1], [call('COUNT', 0, 'c')]);
    expect(show(streaming(plan, MINI_BATCH), 'CHANGELOG_MODE').slice(0, 6)).toEqual([
      'GlobalGroupAggregate(groupBy=[n], select=[n, COUNT_RETRACT(count$0) AS c], changelogMode=[I,UA,D])',
      '+- Exchange(distribution=[hash[n]], changelogMode=[I])',
      '   +- LocalGroupAggregate(groupBy=[n], select=[n, COUNT_RETRACT(shop) AS count$0, ' +
        'COUNT_RETRACT(*) AS count1$1], changelogMode=[I])',
      '      +- GlobalGroupAggregate(groupBy=[shop], select=[shop, MAX(max$0) AS n], changelogMode=[I,UB,UA])',
      '         +- Exchange(distribution=[hash[shop]], changelogMode=[I])',
      '            +- LocalGroupAggregate(groupBy=[shop], select=[shop, MAX(amount) AS max$0], changelogMode=[I])',
    ]);
  });

  test('without keys', () => {
    const plan = build.aggregate(columns(payments(), 'amount'), [], [sum(0, INT, 's')]);
    expect(show(streaming(plan, MINI_BATCH)).slice(0, 3)).toEqual([
      'GlobalGroupAggregate(select=[SUM(sum$0) AS s])',
      '+- Exchange(distribution=[single])',
      '   +- LocalGroupAggregate(select=[SUM(amount) AS sum$0])',
    ]);
  });
});

describe('one phase', () => {
  const onePhase = /^GroupAggregate\(/;
  const first = (plan: Parameters<typeof streaming>[0], settings = {}): string =>
    show(streaming(plan, { ...MINI_BATCH, ...settings }))[0]!;

  test('without mini-batches, and where it is asked for', () => {
    const plan = byShop([count('n')]);
    const twoPhase = { 'table.optimizer.agg-phase-strategy': 'TWO_PHASE' };
    expect(first(plan, { ...twoPhase, 'table.exec.mini-batch.enabled': 'false' })).toMatch(onePhase);
    expect(first(plan, { 'table.optimizer.agg-phase-strategy': 'ONE_PHASE' })).toMatch(onePhase);
  });

  test('where a call cannot be merged', () => {
    expect(first(byShop([count('n'), call('FIRST_VALUE', 1, 'f')]))).toMatch(onePhase);
    expect(first(byShop([call('COUNT', 1, 'd', true)]))).toMatch(onePhase);
    expect(first(byShop([call('MIN', 1, 'm')], 'I,UB,UA,D'))).toMatch(onePhase);
    expect(first(byShop([call('MIN', 1, 'm')]))).not.toMatch(onePhase);
  });
});

describe('what runs', () => {
  const operators = (parallelism: number, settings: Readonly<Record<string, string>> = {}): Transformation[] => {
    const context = contextOf('STREAMING', { ...MINI_BATCH, ...settings }, parallelism);
    const [root] = translate(planQuery([byShop([count('n')])], context, { needsUpdateBefore: false }), null);
    const chain = (node: Transformation): Transformation[] => [...node.inputs.flatMap(({ from }) => chain(from)), node];
    return chain(root!);
  };
  const uids = (parallelism: number, settings = {}) => operators(parallelism, settings).map(({ uid }) => uid);

  test('with one subtask the first phase is left out; the state keeps its uid, whatever the parallelism', () => {
    const [source, calc, ...others] = uids(1);
    expect(others).toEqual(['global-group-aggregate-5']);
    expect(uids(4)).toEqual([source, calc, 'local-group-aggregate-3', 'global-group-aggregate-5']);
    expect(uids(1, { 'table.optimizer.agg-phase-strategy': 'TWO_PHASE' })).toEqual(uids(4));
  });

  test('then rows are dealt out by their own columns', () => {
    const context = contextOf('STREAMING', MINI_BATCH, 1);
    const plan = build.aggregate(columns(payments(), 'kind', 'shop'), [1], [count('n')]);
    const [root] = translate(planQuery([plan], context, { needsUpdateBefore: false }), null);
    expect(root!.inputs[0]!.distribution).toEqual({ kind: 'hash', keys: [1] });
  });
});
