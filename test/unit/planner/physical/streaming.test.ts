/** Plans of STREAMING against those that Flink 2.3.0 printed for the same query (test/golden/changelogs). */
import { describe, expect, test } from 'vitest';
import { literal } from '../../../../src/expr/expr.ts';
import * as build from '../../../../src/planner/logical-build.ts';
import { translate } from '../../../../src/planner/translate.ts';
import { BIGINT, INT, STRING } from '../../../../src/types/data-type.ts';
import { columns, count, fn, NULLABLE_INT, NULLABLE_STRING, ref, show, streaming, sum, table } from './harness.ts';

const payments = (mode = 'I') =>
  table('payments', { shop: NULLABLE_STRING, means: NULLABLE_STRING, amount: NULLABLE_INT }, { mode });
const stock = () => table('src', { id: INT, a: NULLABLE_STRING, v: NULLABLE_INT }, { mode: 'I,UA,D', key: [0] });
const orders = (mode = 'I') =>
  table('orders', { oid: NULLABLE_INT, cust: NULLABLE_STRING, amount: NULLABLE_INT }, { mode });
const customers = (mode = 'I', key?: readonly number[]) =>
  table('customers', { cust: STRING, city: NULLABLE_STRING }, { mode, ...(key === undefined ? {} : { key }) });

describe('changelog inference', () => {
  test('an aggregate of an aggregate retracts (group-aggregate/aggregate-of-aggregate)', () => {
    const inner = build.aggregate(columns(payments(), 'shop'), [0], [count('n')]);
    const plan = build.aggregate(columns(inner, 'n'), [0], [count('shops')]);
    expect(show(streaming(plan), 'CHANGELOG_MODE')).toEqual([
      'GroupAggregate(groupBy=[n], select=[n, COUNT_RETRACT(*) AS shops], changelogMode=[I,UA,D])',
      '+- Exchange(distribution=[hash[n]], changelogMode=[I,UB,UA])',
      '   +- Calc(select=[n], changelogMode=[I,UB,UA])',
      '      +- GroupAggregate(groupBy=[shop], select=[shop, COUNT(*) AS n], changelogMode=[I,UB,UA])',
      '         +- Exchange(distribution=[hash[shop]], changelogMode=[I])',
      '            +- Calc(select=[shop], changelogMode=[I])',
      '               +- TableSourceScan(table=[[payments]], fields=[shop, means, amount], changelogMode=[I])',
    ]);
  });

  test('a filter above an aggregate needs -U (group-aggregate/having-flips)', () => {
    const grouped = build.aggregate(columns(payments('I,UB,UA,D'), 'shop', 'amount'), [0], [sum(1, INT, 's')]);
    const plan = build.filter(grouped, fn('>', ref(grouped, 's'), literal(10, INT)));
    expect(show(streaming(plan), 'CHANGELOG_MODE').slice(0, 2)).toEqual([
      'Calc(select=[shop, s], where=[>(s, 10)], changelogMode=[I,UB,UA,D])',
      '+- GroupAggregate(groupBy=[shop], select=[shop, SUM_RETRACT(amount) AS s], changelogMode=[I,UB,UA,D])',
    ]);
  });

  test('an upsert source is left as it is where -U is not needed (changelog-normalize/projection)', () => {
    expect(show(streaming(columns(stock(), 'id', 'a')), 'CHANGELOG_MODE')).toEqual([
      'Calc(select=[id, a], changelogMode=[I,UA,D])',
      '+- TableSourceScan(table=[[src]], fields=[id, a, v], changelogMode=[I,UA,D])',
    ]);
  });

  test('a filter goes into the state of a ChangelogNormalize (changelog-normalize/filter)', () => {
    const source = stock();
    const filtered = build.filter(source, fn('>', ref(source, 'v'), literal(1, INT)));
    expect(show(streaming(columns(filtered, 'id', 'v')), 'CHANGELOG_MODE')).toEqual([
      'ChangelogNormalize(key=[id], condition=[>(v, 1)], changelogMode=[I,UA,D])',
      '+- Exchange(distribution=[hash[id]], changelogMode=[I,UA,D])',
      '   +- Calc(select=[id, v], changelogMode=[I,UA,D])',
      '      +- TableSourceScan(table=[[src]], fields=[id, a, v], changelogMode=[I,UA,D])',
    ]);
  });

  test('-U that nobody reads is dropped at the source (set-operations/union-all-retract)', () => {
    const [a, b] = [payments('I,UB,UA,D'), payments('I,UB,UA,D')];
    expect(show(streaming(build.setOperation('UNION', true, [a, b])), 'CHANGELOG_MODE')).toEqual([
      'Union(all=[true], union=[shop, means, amount], changelogMode=[I,UA,D])',
      ':- DropUpdateBefore(changelogMode=[I,UA,D])',
      ':  +- TableSourceScan(table=[[payments]], fields=[shop, means, amount], changelogMode=[I,UB,UA,D])',
      '+- DropUpdateBefore(changelogMode=[I,UA,D])',
      '   +- TableSourceScan(table=[[payments]], fields=[shop, means, amount], changelogMode=[I,UB,UA,D])',
    ]);
  });
});

describe('joins', () => {
  test('state of each side by its keys (join-inner/join-then-aggregate)', () => {
    const joined = build.join(
      'INNER',
      columns(orders(), 'cust', 'amount'),
      customers('I,UA,D', [0]),
      fn('=', ref(columns(orders(), 'cust', 'amount'), 'cust'), { kind: 'input-ref', index: 2, type: STRING }),
    );
    const plan = build.aggregate(columns(joined, 'city', 'amount'), [0], [count('n'), sum(1, INT, 's')]);
    expect(show(streaming(plan), 'CHANGELOG_MODE')).toEqual([
      'GroupAggregate(groupBy=[city], select=[city, COUNT_RETRACT(*) AS n, SUM_RETRACT(amount) AS s], changelogMode=[I,UA,D])',
      '+- Exchange(distribution=[hash[city]], changelogMode=[I,UB,UA,D])',
      '   +- Calc(select=[city, amount], changelogMode=[I,UB,UA,D])',
      '      +- Join(joinType=[InnerJoin], where=[=(cust, cust0)], select=[cust, amount, cust0, city], leftInputSpec=[NoUniqueKey], rightInputSpec=[JoinKeyContainsUniqueKey], changelogMode=[I,UB,UA,D])',
      '         :- Exchange(distribution=[hash[cust]], changelogMode=[I])',
      '         :  +- Calc(select=[cust, amount], changelogMode=[I])',
      '         :     +- TableSourceScan(table=[[orders]], fields=[oid, cust, amount], changelogMode=[I])',
      '         +- Exchange(distribution=[hash[cust]], changelogMode=[I,UB,UA,D])',
      '            +- ChangelogNormalize(key=[cust], changelogMode=[I,UB,UA,D])',
      '               +- Exchange(distribution=[hash[cust]], changelogMode=[I,UA,D])',
      '                  +- TableSourceScan(table=[[customers]], fields=[cust, city], changelogMode=[I,UA,D])',
    ]);
  });
});

describe('top-n', () => {
  const counted = () => build.aggregate(columns(payments(), 'shop'), [0], [count('n')]);
  const ranked = (input: ReturnType<typeof counted>) => {
    const row = { fn: 'ROW_NUMBER', args: [], distinct: false, filter: null, type: BIGINT, name: 'rn' };
    const order = [{ index: 1, direction: 'DESC', nulls: 'LAST' }] as const;
    return build.windowNode(input, [{ call: row, partition: [], order, frame: null }]);
  };

  test('counts only grow: update-fast (topn/of-counts-update-fast)', () => {
    const window = ranked(counted());
    const plan = build.filter(window, fn('<=', ref(window, 'rn'), literal(2n, BIGINT)));
    expect(show(streaming(plan), 'CHANGELOG_MODE').slice(0, 3)).toEqual([
      'Rank(strategy=[UpdateFastStrategy[0]], rankType=[ROW_NUMBER], rankRange=[rankStart=1, rankEnd=2], partitionBy=[], orderBy=[n DESC], select=[shop, n, rn], changelogMode=[I,UA,D])',
      '+- Exchange(distribution=[single], changelogMode=[I,UA])',
      '   +- GroupAggregate(groupBy=[shop], select=[shop, COUNT(*) AS n], changelogMode=[I,UA])',
    ]);
  });

  test('a rank that is not read is not made (topn/of-counts-update-fast-no-rank)', () => {
    const window = ranked(counted());
    const plan = columns(build.filter(window, fn('<=', ref(window, 'rn'), literal(2n, BIGINT))), 'shop', 'n');
    expect(show(streaming(plan))[0]).toBe(
      'Rank(strategy=[UpdateFastStrategy[0]], rankType=[ROW_NUMBER], rankRange=[rankStart=1, rankEnd=2], partitionBy=[], orderBy=[n DESC], select=[shop, n])',
    );
  });
});

describe('what STREAMING refuses', () => {
  test('ORDER BY without LIMIT, with a way out', () => {
    const plan = build.sort(payments(), [{ index: 0, direction: 'ASC', nulls: 'FIRST' }], 0, null);
    expect(() => streaming(plan)).toThrow('sort on a non-time-attribute field is not supported');
  });

  test('OFFSET without LIMIT, with a way out', () => {
    expect(() => streaming(build.sort(payments(), [], 2, null))).toThrow('OFFSET without LIMIT is not supported');
  });

  test('an upsert source without key', () => {
    expect(() => streaming(payments('I,UA,D'))).toThrow('requires defining a primary key');
  });
});

describe('translation', () => {
  test('exchanges become edges, uids are stable, equal scans are read once', () => {
    const side = () => columns(payments(), 'shop');
    const joined = build.join(
      'INNER',
      side(),
      side(),
      fn('=', ref(side(), 'shop'), { kind: 'input-ref', index: 1, type: NULLABLE_STRING }),
    );
    const [root] = translate(streaming(joined), null);
    expect(root!.name).toBe('Join[5]');
    expect(root!.inputs.map((input) => input.distribution)).toEqual([
      { kind: 'hash', keys: [0] },
      { kind: 'hash', keys: [0] },
    ]);
    expect(root!.inputs[0]!.from).toBe(root!.inputs[1]!.from);
    expect(root!.inputs[0]!.from.uid).toBe('calc-2');
  });
});
