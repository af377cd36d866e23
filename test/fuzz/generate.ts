/** Random queries: trees of relations, at most a few deep, over random tables. */
import { type Random, seededRandom } from '../../src/base/random.ts';
import {
  FUZZ_TYPES,
  type FuzzAggregate,
  type FuzzCase,
  type FuzzCondition,
  type FuzzExpr,
  type FuzzRelation,
  type FuzzType,
} from './cases.ts';
import { pick, randomTable, VALUES } from './tables.ts';

export function randomCase(seed: number): FuzzCase {
  const random = seededRandom(Math.imul(seed, 2654435761) ^ 0x5bd1e995);
  for (let i = 0; i < 8; i++) random.next();
  const wide = seed % 8 === 0;
  const tables = ['t0', 't1', 't2'].map((name) => randomTable(random, name, wide));
  return { seed, tables, query: new Generator(random, wide).relation(1 + random.below(wide ? 2 : 3)) };
}

class Generator {
  readonly #random: Random;
  /** Joins are by equality of columns with many values. */
  readonly #wide: boolean;

  constructor(random: Random, wide: boolean) {
    this.#random = random;
    this.#wide = wide;
  }

  relation(depth: number): FuzzRelation {
    const random = this.#random;
    const condition = (mayBeUnequal: boolean): FuzzCondition => randomCondition(random, mayBeUnequal, this.#wide);
    if (depth <= 0) return { r: 'table', n: random.below(3) };
    const input = (): FuzzRelation => this.relation(depth - 1);
    const small = (): FuzzRelation => this.relation(depth - 1 - random.below(2));
    switch (random.below(21)) {
      case 0:
        return { r: 'filter', input: input(), where: predicate(random, 2) };
      case 1:
        return {
          r: 'project',
          input: input(),
          items: list(random, 1, 4, () => expression(random, anyType(random), 2)),
        };
      case 2:
        return { r: 'distinct', input: input() };
      case 3:
      case 4:
      case 5:
      case 6: {
        const type = pick(random, ['INNER', 'INNER', 'LEFT', 'RIGHT', 'FULL'] as const);
        return { r: 'join', type, left: input(), right: small(), on: condition(type !== 'FULL') };
      }
      case 7:
        return {
          r: 'exists',
          negated: random.below(2) === 0,
          left: input(),
          right: small(),
          on: condition(true),
        };
      case 8:
        return {
          r: 'in',
          negated: random.below(2) === 0,
          operand: column(random, anyType(random)),
          left: input(),
          right: small(),
        };
      case 9: {
        const correlated = random.below(2) === 0;
        const fn = pick(
          random,
          correlated ? (['MAX', 'MIN', 'SUM', 'COUNT'] as const) : (['MAX', 'MIN', 'SUM'] as const),
        );
        const on = correlated ? { ...condition(false), rest: null } : { equal: [], rest: null };
        const op = pick(random, ['=', '<>', '<', '>', '<=', '>=']);
        return { r: 'scalar', op, operand: column(random, 'INT'), fn, left: input(), right: small(), on };
      }
      case 10:
      case 11:
      case 12:
        return aggregate(random, input());
      case 13:
        return {
          r: 'set',
          op: pick(random, ['UNION', 'UNION', 'INTERSECT', 'EXCEPT'] as const),
          all: random.below(2) === 0,
          left: input(),
          right: small(),
          types: list(random, 1, 3, () => anyType(random)),
        };
      case 14: {
        const from = random.below(4) === 0 ? 2 : 1;
        return {
          r: 'top',
          input: input(),
          partition: random.below(4) === 0 ? [] : list(random, 1, 2, () => column(random, anyType(random))),
          descending: random.below(64),
          from,
          to: from + random.below(3),
          rank: random.below(2) === 0,
        };
      }
      case 15:
        return {
          r: 'chain',
          left: input(),
          right: small(),
          third: { r: 'table', n: random.below(3) },
          on: condition(false),
          thirdOn: condition(false),
          where: random.below(2) === 0 ? null : predicate(random, 1),
        };
      case 16:
        return {
          r: 'self',
          input: input(),
          type: pick(random, ['INNER', 'LEFT', 'FULL', 'UNION ALL'] as const),
          on: condition(false),
        };
      case 17:
      case 18:
        return {
          r: 'value',
          fn: pick(random, ['MAX', 'COUNT', 'IN', 'EXISTS', 'NOT EXISTS'] as const),
          operand: column(random, anyType(random)),
          left: input(),
          right: small(),
          on: { ...condition(false), rest: null },
        };
      case 19:
        return {
          r: 'or',
          where: predicate(random, 1),
          negated: random.below(3) === 0,
          operand: random.below(2) === 0 ? null : column(random, anyType(random)),
          left: input(),
          right: small(),
          on: { ...condition(false), rest: null },
        };
      default:
        return {
          r: 'limit',
          input: input(),
          descending: random.below(64),
          limit: random.below(6),
          offset: random.below(3) === 0 ? random.below(3) : 0,
        };
    }
  }
}

function aggregate(random: Random, input: FuzzRelation): FuzzRelation {
  // A global aggregate of nothing is a row in BATCH and none in STREAMING: only over the table that is never empty.
  const keys = list(random, 1, 2, () =>
    random.below(4) === 0 ? expression(random, anyType(random), 1) : column(random, anyType(random)),
  );
  const sets = pick(random, ['plain', 'plain', 'plain', 'plain', 'ROLLUP', 'CUBE'] as const);
  return {
    r: 'aggregate',
    input,
    keys,
    aggregates: list(random, 0, 3, () => aggregateCall(random)),
    having: random.below(4) === 0,
    sets,
  };
}

function aggregateCall(random: Random): FuzzAggregate {
  const fn = pick(random, ['COUNT(*)', 'COUNT', 'SUM', 'SUM', 'MIN', 'MAX', 'AVG'] as const);
  const types: readonly FuzzType[] =
    fn === 'AVG' ? ['INT', 'BIGINT'] : fn === 'SUM' ? ['INT', 'BIGINT', 'DECIMAL', 'DOUBLE'] : FUZZ_TYPES;
  return {
    fn,
    distinct: fn !== 'COUNT(*)' && random.below(4) === 0,
    arg: random.below(4) === 0 ? expression(random, pick(random, types), 1) : column(random, pick(random, types)),
    filter: random.below(5) === 0 ? predicate(random, 1) : null,
  };
}

function randomCondition(random: Random, mayBeUnequal: boolean, wide: boolean): FuzzCondition {
  const types: readonly FuzzType[] = wide ? ['INT', 'BIGINT', 'STRING'] : ['INT', 'INT', 'STRING', ...FUZZ_TYPES];
  const count = mayBeUnequal && !wide && random.below(5) === 0 ? 0 : 1 + random.below(2);
  const equal = Array.from({ length: count }, () => {
    return [pick(random, types), random.below(8), random.below(8)] as const;
  });
  return { equal, rest: mayBeUnequal && (count === 0 || random.below(4) === 0) ? predicate(random, 1) : null };
}

function list<T>(random: Random, least: number, most: number, make: () => T): T[] {
  return Array.from({ length: least + random.below(most - least + 1) }, make);
}

function anyType(random: Random): FuzzType {
  return pick(random, ['INT', 'INT', 'STRING', ...FUZZ_TYPES] as const);
}

function column(random: Random, type: FuzzType): FuzzExpr {
  return { e: 'column', type, n: random.below(8) };
}

function literal(random: Random, type: FuzzType): FuzzExpr {
  return { e: 'literal', type, value: random.below(12) === 0 ? null : pick(random, VALUES[type]) };
}

const call = (type: FuzzType, fn: string, ...args: readonly FuzzExpr[]): FuzzExpr => ({ e: 'call', type, fn, args });

export function expression(random: Random, type: FuzzType, depth: number): FuzzExpr {
  if (depth <= 0) return random.below(4) === 0 ? literal(random, type) : column(random, type);
  if (type === 'BOOLEAN') return predicate(random, depth);
  const same = (): FuzzExpr => expression(random, type, depth - 1);
  switch (random.below(8)) {
    case 0:
      return call(type, 'CASE', predicate(random, depth - 1), same(), same());
    case 1:
      return call(type, 'COALESCE', same(), same());
    case 2:
      return call(type, 'NULLIF', same(), same());
    case 3:
    case 4:
      return ownExpression(random, type, same);
    default:
      return column(random, type);
  }
}

function ownExpression(random: Random, type: FuzzType, same: () => FuzzExpr): FuzzExpr {
  const of = (other: FuzzType): FuzzExpr => column(random, other);
  switch (type) {
    case 'INT':
      switch (random.below(6)) {
        case 0:
          return call(type, 'CHAR_LENGTH', of('STRING'));
        case 1:
          return call(type, 'POSITION', literal(random, 'STRING'), of('STRING'));
        case 2:
          return call(type, 'MOD', same());
        default:
          return call(type, pick(random, ['+', '-', 'ABS']), same(), same());
      }
    case 'BIGINT':
      if (random.below(3) === 0) return call(type, pick(random, ['YEAR', 'MONTH', 'DAY']), of('DATE'));
      return call(type, pick(random, ['+', '-']), same(), of(pick(random, ['INT', 'BIGINT'])));
    case 'STRING':
      switch (random.below(4)) {
        case 0:
          return call(type, 'TO STRING', of(pick(random, ['INT', 'BIGINT', 'DATE', 'DECIMAL'])));
        case 1:
          return call(type, pick(random, ['REVERSE', 'LOWER', 'TRIM']), same());
        case 2:
          return call(type, 'REPLACE', same(), literal(random, type), literal(random, type));
        default:
          return call(type, pick(random, ['||', 'UPPER', 'FIRST']), same(), same());
      }
    case 'DECIMAL':
      if (random.below(3) === 0) return call(type, 'TO DECIMAL', of('INT'));
      return call(type, pick(random, ['+', '-']), same(), of(pick(random, ['INT', 'DECIMAL'])));
    case 'DOUBLE':
      if (random.below(3) === 0) return call(type, 'TO DOUBLE', of(pick(random, ['INT', 'BIGINT', 'DECIMAL'])));
      return call(type, pick(random, ['+', '-', '*', 'FLOOR', 'CEIL']), same(), of(pick(random, ['INT', 'DOUBLE'])));
    case 'DATE':
      return call(type, 'NEXT DAY', same());
    case 'BOOLEAN':
      return same();
  }
}

export function predicate(random: Random, depth: number): FuzzExpr {
  const type = anyType(random);
  const operand = (): FuzzExpr => expression(random, type, depth - 1);
  if (depth > 1) {
    const inner = (): FuzzExpr => predicate(random, depth - 1);
    switch (random.below(6)) {
      case 0:
        return call('BOOLEAN', 'AND', inner(), inner());
      case 1:
        return call('BOOLEAN', 'OR', inner(), inner());
      case 2:
        return call('BOOLEAN', 'NOT', inner());
      default:
        break;
    }
  }
  switch (random.below(9)) {
    case 0:
      return call('BOOLEAN', pick(random, ['IS NULL', 'IS NOT NULL']), operand());
    case 1:
      return call('BOOLEAN', 'IN', operand(), literal(random, type), literal(random, type));
    case 2:
      return call('BOOLEAN', 'NOT IN', operand(), literal(random, type), literal(random, type));
    case 3:
      return call('BOOLEAN', pick(random, ['IS DISTINCT FROM', 'IS NOT DISTINCT FROM']), operand(), operand());
    case 4:
      return call('BOOLEAN', 'BETWEEN', operand(), literal(random, type), operand());
    case 5:
      return call('BOOLEAN', 'LIKE', expression(random, 'STRING', 0), pickPattern(random));
    default: {
      const op = pick(random, ['=', '=', '<>', '<', '>', '<=', '>=']);
      return call('BOOLEAN', op, operand(), random.below(2) === 0 ? literal(random, type) : operand());
    }
  }
}

function pickPattern(random: Random): FuzzExpr {
  return { e: 'literal', type: 'STRING', value: pick(random, ['a%', '%b', '_', '%', 'a_%t', 'é']) };
}
