import { describe, expect, it } from 'vitest';
import { conditional, type I32, select, type Typed } from '../../../src/kernel/build.ts';
import { constant, operation } from '../../../src/kernel/fold.ts';
import type { Expression, KernelFunction, ValueType } from '../../../src/kernel/ir.ts';
import { OPERATIONS } from '../../../src/kernel/operations.ts';
import { printFunction } from '../../../src/kernel/print.ts';
import { parseFunction } from '../../../src/kernel/text.ts';
import { verifyFunction } from '../../../src/kernel/verify.ts';
import { outcome, Random, runs } from './harness.ts';

const TYPES = ['i32', 'i64', 'f64', 'f32'] as const;
const PARAMS = TYPES.flatMap((type) => [0, 1].map((i) => ({ name: `${type}_${i}`, type: type as ValueType })));
const BY_RESULT = new Map(
  TYPES.map((type) => [
    type as ValueType,
    [...OPERATIONS.values()].filter((op) => op.result === type && !op.operands.includes('v128')),
  ]),
);

/** A random tree, with nothing simplified. */
function raw(random: Random, type: ValueType, depth: number): Expression {
  const choice = random.below(10);
  if (depth === 0 || choice < 2) {
    const value = random.pick([0, 1, -1, 2, 8, 31, 1000]);
    if (random.below(2) === 0) return constant(type as 'i32', type === 'i64' ? BigInt(value) : value);
    const index = random.pick(PARAMS.flatMap((param, i) => (param.type === type ? [i] : [])));
    return { kind: 'local', type, index };
  }
  if (choice === 2) {
    const [condition, consequent, alternate] = [
      raw(random, 'i32', depth - 1),
      raw(random, type, depth - 1),
      raw(random, type, depth - 1),
    ];
    return { kind: random.pick(['select', 'conditional'] as const), type, condition, consequent, alternate };
  }
  const info = random.pick(BY_RESULT.get(type)!);
  const operands = info.operands.map((operand) => raw(random, operand, depth - 1));
  return { kind: 'operation', type, op: info.name, operands, lanes: [] };
}

/** The same tree through the functions that simplify. */
function simplified(expression: Expression): Expression {
  switch (expression.kind) {
    case 'operation':
      return operation(expression.op, expression.operands.map(simplified));
    case 'select':
    case 'conditional': {
      const [condition, a, b] = [expression.condition, expression.consequent, expression.alternate].map(simplified);
      const make = expression.kind === 'select' ? select : conditional;
      return make(condition as I32, a as Typed<ValueType>, b as Typed<ValueType>);
    }
    default:
      return expression;
  }
}

const returning = (name: string, value: Expression): KernelFunction => ({
  name,
  params: PARAMS,
  result: value.type as ValueType,
  locals: [],
  body: [{ kind: 'return', value }],
});

describe('simplification', () => {
  it('keeps the value and the traps of random expressions, on every backend', () => {
    const random = new Random(20);
    for (let round = 0; round < 60; round++) {
      const trees = Array.from({ length: 10 }, () => raw(random, random.pick(TYPES), 4));
      const entries = trees.flatMap((tree, i) => [
        returning(`raw_${i}`, tree),
        returning(`simple_${i}`, simplified(tree)),
      ]);
      for (const entry of entries) verifyFunction(entry);
      const all = runs(entries);
      for (let sample = 0; sample < 4; sample++) {
        const [a, b] = [random.i32(), random.below(4) - 1];
        const args = [a, b, random.i64(), BigInt(b), random.f64(), 2.5, Math.fround(random.f64()), -0];
        trees.forEach((_, i) => {
          const found = all.flatMap(({ kernels }) => [
            outcome(() => kernels[`raw_${i}`]!(...args)),
            outcome(() => kernels[`simple_${i}`]!(...args)),
          ]);
          const context = `${args}\n${printFunction(entries[2 * i]!)}${printFunction(entries[2 * i + 1]!)}`;
          expect(found, context).toEqual(new Array(6).fill(found[0]));
        });
      }
    }
  });

  it('negates every integer comparison', () => {
    const names = ['eq', 'ne', 'lt_s', 'lt_u', 'gt_s', 'gt_u', 'le_s', 'le_u', 'ge_s', 'ge_u'];
    const params = [0, 1].map((index): Expression => ({ kind: 'local', type: 'i64', index: index + 2 }));
    const entries = names.map((name) => returning(name, operation('i32.eqz', [operation(`i64.${name}`, params)])));
    const [wasm] = runs(entries);
    for (const [a, b] of [
      [1n, 1n],
      [-1n, 1n],
      [1n, -1n],
      [2n, 3n],
    ] as const) {
      const [x, y] = [BigInt.asUintN(64, a), BigInt.asUintN(64, b)];
      const holds = [a === b, a !== b, a < b, x < y, a > b, x > y, a <= b, x <= y, a >= b, x >= y];
      const found = names.map((name) => wasm!.kernels[name]!(0, 0, a, b, 0, 0, 0, 0));
      expect(found).toEqual(holds.map((one) => Number(!one)));
    }
  });

  it('changes nothing when done again, also through text', () => {
    const random = new Random(21);
    for (let round = 0; round < 300; round++) {
      const once = simplified(raw(random, random.pick(TYPES), 4));
      expect(simplified(once)).toEqual(once);
      const definition = returning('f', once);
      const text = printFunction(definition);
      expect(parseFunction(text), text).toEqual(definition);
    }
  });
});
