/**
 * Makes operations: checks operand types at once and simplifies what is cheap to see. Constants fold, neutral elements
 * vanish, multiplications by powers of two become shifts, constant parts of sums come together. The rewriting has a
 * fixed point: simplifying the result again changes nothing.
 */
import { InvariantError } from '../base/assert.ts';
import type { Constant, Expression, Operation, ValueType } from './ir.ts';
import { OPERATIONS } from './operations.ts';
import { SCALARS, type Scalar } from './scalar.ts';
import { KernelTrap } from './trap.ts';

const NO_LANES: readonly number[] = [];

/** The comparison that holds exactly when this one does not. Not for floats, because of NaN. */
const NEGATED: ReadonlyMap<string, string> = new Map(
  ['i32', 'i64'].flatMap((type) =>
    [
      ['eq', 'ne'],
      ['lt_s', 'ge_s'],
      ['lt_u', 'ge_u'],
      ['gt_s', 'le_s'],
      ['gt_u', 'le_u'],
    ].flatMap(([one, other]): [string, string][] => [
      [`${type}.${one}`, `${type}.${other}`],
      [`${type}.${other}`, `${type}.${one}`],
    ]),
  ),
);

const MIRRORED = new Set(['add', 'mul', 'and', 'or', 'xor'].flatMap((name) => [`i32.${name}`, `i64.${name}`]));

/** A constant; i32 is wrapped to 32 bits (so 0xffffffff is -1), i64 to 64, f32 is rounded. */
export function constant(type: 'i32' | 'i64' | 'f32' | 'f64', value: Scalar): Constant {
  switch (type) {
    case 'i32':
      return {
        kind: 'constant',
        type,
        value: typeof value === 'bigint' ? Number(BigInt.asIntN(32, value)) : value | 0,
      };
    case 'i64':
      return { kind: 'constant', type, value: BigInt.asIntN(64, BigInt(value)) };
    case 'f32':
      return { kind: 'constant', type, value: Math.fround(Number(value)) };
    case 'f64':
      return { kind: 'constant', type, value: Number(value) };
  }
}

/** The operation `op` on `operands`. Throws InvariantError when it does not exist or a type is wrong. */
export function operation(
  op: string,
  operands: readonly Expression[],
  lanes: readonly number[] = NO_LANES,
): Expression {
  const info = OPERATIONS.get(op);
  if (info === undefined) throw new InvariantError(`there is no operation ${op}`);
  if (operands.length !== info.operands.length || lanes.length !== info.lanes) {
    throw new InvariantError(`${op} takes ${info.operands.length} operands and ${info.lanes} lanes`);
  }
  for (let i = 0; i < operands.length; i++) expectType(op, operands[i]!, info.operands[i]!);
  for (const lane of lanes) {
    if (!(lane >= 0 && lane < info.laneLimit)) throw new InvariantError(`${op} has no lane ${lane}`);
  }
  return simplify({ kind: 'operation', type: info.result, op, operands, lanes });
}

export function expectType(where: string, expression: Expression, type: ValueType): void {
  if (expression.type !== type) {
    throw new InvariantError(`${where} takes ${type}, but got ${expression.type} (${expression.kind})`);
  }
}

/** True when leaving the expression out changes nothing: it neither calls, nor loads, nor traps. */
export function isPure(expression: Expression): boolean {
  switch (expression.kind) {
    case 'constant':
    case 'address':
    case 'local':
    case 'global':
      return true;
    case 'operation':
      return !/\.(div|rem)_/.test(expression.op) && expression.operands.every(isPure);
    case 'select':
    case 'conditional':
      return isPure(expression.condition) && isPure(expression.consequent) && isPure(expression.alternate);
    case 'load':
    case 'call':
      return false;
  }
}

function simplify(made: Operation): Expression {
  const { op, operands } = made;
  const [first, second] = operands;
  if (first === undefined || made.type === 'v128') return made;
  const folded = foldConstants(made);
  if (folded !== undefined) return folded;
  if (op === 'i32.eqz' || op === 'i64.eqz') return negate(made, first);
  if (second === undefined || (first.type !== 'i32' && first.type !== 'i64')) return made;
  if (first.kind === 'constant' && second.kind !== 'constant' && MIRRORED.has(op)) {
    return simplify({ ...made, operands: [second, first] });
  }
  return second.kind === 'constant' ? withConstant(made, first, second) : made;
}

function foldConstants(made: Operation): Constant | undefined {
  const run = SCALARS.get(made.op);
  if (run === undefined) return undefined;
  const values: Scalar[] = [];
  for (const operand of made.operands) {
    if (operand.kind !== 'constant' || operand.type === 'v128') return undefined;
    values.push(operand.value);
  }
  try {
    const value = run(values[0]!, values[1]!);
    // The bits of a NaN are left to the backend.
    if (Number.isNaN(value)) return undefined;
    return constant(made.type as 'i32', value);
  } catch (error) {
    if (error instanceof KernelTrap) return undefined;
    throw error;
  }
}

/** `!(a < b)` is `a >= b`; `!(a - ...)` stays. */
function negate(made: Operation, inner: Expression): Expression {
  if (inner.kind !== 'operation') return made;
  const opposite = NEGATED.get(inner.op);
  return opposite === undefined ? made : simplify({ ...inner, op: opposite });
}

/** Identities of an integer operation whose right operand is a constant. */
function withConstant(made: Operation, left: Expression, right: Constant): Expression {
  const type = left.type as 'i32' | 'i64';
  // Of 64 bits rounded, which neither makes nor hides what is looked for.
  const value = Number(right.value);
  switch (made.op.slice(4)) {
    case 'add': {
      if (value === 0) return left;
      const inner = left.kind === 'operation' && left.op === made.op ? left.operands[1]! : null;
      if (inner?.kind !== 'constant') return made;
      const sum = constant(type, BigInt(right.value as Scalar) + BigInt(inner.value as Scalar));
      return simplify({ ...made, operands: [(left as Operation).operands[0]!, sum] });
    }
    case 'sub': {
      if (value === 0) return left;
      return simplify({ ...made, op: `${type}.add`, operands: [left, constant(type, -(right.value as number))] });
    }
    case 'or':
    case 'xor':
    case 'shl':
    case 'shr_s':
    case 'shr_u':
    case 'rotl':
    case 'rotr':
      return value === 0 ? left : made;
    case 'and':
      if (value === -1) return left;
      return value === 0 && isPure(left) ? constant(type, 0) : made;
    case 'mul':
      if (value === 1) return left;
      if (value === 0) return isPure(left) ? constant(type, 0) : made;
      return asShift(made, left, right);
    case 'div_s':
    case 'div_u':
      return value === 1 ? left : made;
    case 'eq':
      return value === 0 ? simplify({ ...made, op: `${type}.eqz`, operands: [left] }) : made;
    default:
      return made;
  }
}

/** A multiplication by a power of two. */
function asShift(made: Operation, left: Expression, right: Constant): Expression {
  const type = left.type as 'i32' | 'i64';
  const unsigned = BigInt.asUintN(type === 'i32' ? 32 : 64, BigInt(right.value as Scalar));
  if ((unsigned & (unsigned - 1n)) !== 0n) return made;
  return { ...made, op: `${type}.shl`, operands: [left, constant(type, unsigned.toString(2).length - 1)] };
}

/** An address and the constant that can be added by the memory access itself. */
export function splitAddress(address: Expression, offset: number): { address: Expression; offset: number } {
  expectType('an address', address, 'i32');
  if (address.kind === 'operation' && address.op === 'i32.add') {
    const [base, extra] = address.operands;
    if (extra!.kind === 'constant' && (extra!.value as number) > 0) {
      return { address: base!, offset: offset + (extra!.value as number) };
    }
  }
  return { address, offset };
}
