/**
 * Expressions and memory accesses of the kernel language as TypeScript functions: `i32.add(a, b)`, `i64.load(p, 8)`.
 * Types are checked by the compiler and again at once when called; see fold.ts for what is simplified.
 * Functions are made with `fn` (function-builder.ts).
 *
 * Addresses are unsigned 32-bit. The constant `offset` of an access is added without wrapping, and so is a positive
 * constant that the address ends with: write `p + 8`, but not `(x + 8)` for an x below zero.
 */
import { InvariantError } from '../base/assert.ts';
import { constant, expectType, isPure, operation, splitAddress } from './fold.ts';
import type {
  Callee,
  Constant,
  Expression,
  FunctionSource,
  GlobalGet,
  KernelFunction,
  LocalGet,
  Signature,
  Store,
  ValueType,
} from './ir.ts';
import { signatureOf } from './ir.ts';
import { LOADS, STORES } from './operations.ts';

/** An expression whose type is known to the compiler. */
export type Typed<T extends ValueType> = Expression & { readonly type: T };
export type I32 = Typed<'i32'>;
export type I64 = Typed<'i64'>;
export type F32 = Typed<'f32'>;
export type F64 = Typed<'f64'>;
export type V128 = Typed<'v128'>;
/** A local or parameter: an expression that can be assigned to. */
export type Variable<T extends ValueType = ValueType> = LocalGet & { readonly type: T };
/** A global: an expression that can be assigned to. */
export type Global<T extends ValueType = ValueType> = GlobalGet & { readonly type: T };

/** `select(c, a, b)`: a where c is not 0, else b; both are evaluated, without a branch. */
export function select<T extends ValueType>(condition: I32, consequent: Typed<T>, alternate: Typed<T>): Typed<T> {
  checkChoice('select', condition, consequent, alternate);
  if (condition.kind === 'constant') {
    const [taken, left] = condition.value !== 0 ? [consequent, alternate] : [alternate, consequent];
    if (isPure(left)) return taken;
  }
  return { kind: 'select', type: consequent.type, condition, consequent, alternate } as Typed<T>;
}

/** `c ? a : b`: only one of them is evaluated. */
export function conditional<T extends ValueType>(condition: I32, consequent: Typed<T>, alternate: Typed<T>): Typed<T> {
  checkChoice('?:', condition, consequent, alternate);
  if (condition.kind === 'constant') return condition.value !== 0 ? consequent : alternate;
  return { kind: 'conditional', type: consequent.type, condition, consequent, alternate } as Typed<T>;
}

/** `a && b` with short circuit: 0 if a is 0, else b. */
export function and(a: I32, b: I32): I32 {
  return conditional(a, b, i32.const(0));
}

/** `a || b` with short circuit: 1 if a is not 0, else b. */
export function or(a: I32, b: I32): I32 {
  return conditional(a, i32.const(1), b);
}

/** `!a`: 1 if a is 0, else 0. */
export function not(a: I32): I32 {
  return operation('i32.eqz', [a]) as I32;
}

function checkChoice(name: string, condition: Expression, consequent: Expression, alternate: Expression): void {
  expectType(`the condition of ${name}`, condition, 'i32');
  if (consequent.type === 'none') throw new InvariantError(`${name} of nothing`);
  expectType(name, alternate, consequent.type);
}

/** A global of the program; all functions that name it share it. */
export function global<T extends ValueType>(name: string, type: T): Global<T> {
  return { kind: 'global', name, type };
}

/** A JavaScript function that the program receives in `externs` under this name. */
export function extern<R extends ValueType | undefined>(
  name: string,
  params: readonly ValueType[],
  result: R,
): Callee & { readonly result: R } {
  return { name, params, result, library: undefined };
}

/** A call of a function of the same program, of an extern or of a library's function (`libraryFunction`). */
export function call<R extends ValueType | undefined>(
  callee: (Signature & { readonly result: R }) | KernelFunction,
  ...operands: readonly Expression[]
): R extends ValueType ? Typed<R> : Expression {
  const target = asCallee(callee);
  const { name, params } = target;
  if (params.length !== operands.length) throw new InvariantError(`${name} takes ${params.length} arguments`);
  for (let i = 0; i < params.length; i++) expectType(`argument ${i + 1} of ${name}`, operands[i]!, params[i]!);
  const made = { kind: 'call', type: target.result ?? 'none', callee: target, operands } as const;
  return made as Expression as R extends ValueType ? Typed<R> : Expression;
}

function asCallee(callee: Signature | KernelFunction): Callee {
  if ('library' in callee) return callee as Callee;
  if (!('body' in callee)) throw new InvariantError('a call of what is no function');
  return { name: callee.name, ...signatureOf(callee), library: undefined };
}

/** The function `name` of a library, to be called. Throws InvariantError when there is none. */
export function libraryFunction(library: FunctionSource, name: string): Callee {
  const found = library.find(name);
  if (found === undefined) throw new InvariantError(`library ${library.name} has no function ${name}`);
  return { name, ...signatureOf(found), library };
}

/** Reads memory; `op` is a key of LOADS. */
export function load(op: string, address: Expression, offset = 0): Expression {
  const info = LOADS.get(op);
  if (info === undefined) throw new InvariantError(`there is no load ${op}`);
  return { kind: 'load', type: info.type, op, ...splitAddress(address, checkOffset(offset)) };
}

/** Writes memory; `op` is a key of STORES. */
export function store(op: string, address: Expression, value: Expression, offset = 0): Store {
  const info = STORES.get(op);
  if (info === undefined) throw new InvariantError(`there is no store ${op}`);
  expectType(op, value, info.type);
  return { kind: 'store', op, value, ...splitAddress(address, checkOffset(offset)) };
}

function checkOffset(offset: number): number {
  if (!(Number.isInteger(offset) && offset >= 0)) throw new InvariantError(`an access at offset ${offset}`);
  return offset;
}

type Unary<A extends ValueType, R extends ValueType = A> = (a: Typed<A>) => Typed<R>;
type Binary<A extends ValueType, R extends ValueType = A, B extends ValueType = A> = (
  a: Typed<A>,
  b: Typed<B>,
) => Typed<R>;
type LoadFrom<T extends ValueType> = (address: I32, offset?: number) => Typed<T>;
type StoreTo<T extends ValueType> = (address: I32, value: Typed<T>, offset?: number) => Store;

function unary<A extends ValueType, R extends ValueType = A>(op: string): Unary<A, R> {
  return (a) => operation(op, [a]) as Typed<R>;
}

function binary<A extends ValueType, R extends ValueType = A, B extends ValueType = A>(op: string): Binary<A, R, B> {
  return (a, b) => operation(op, [a, b]) as Typed<R>;
}

function loadFrom<T extends ValueType>(op: string): LoadFrom<T> {
  return (address, offset) => load(op, address, offset) as Typed<T>;
}

function storeTo<T extends ValueType>(op: string): StoreTo<T> {
  return (address, value, offset) => store(op, address, value, offset);
}

function integer<T extends 'i32' | 'i64'>(type: T) {
  const one = (name: string) => unary<T>(`${type}.${name}`);
  const two = (name: string) => binary<T>(`${type}.${name}`);
  const compare = (name: string) => binary<T, 'i32'>(`${type}.${name}`);
  return {
    type,
    eqz: unary<T, 'i32'>(`${type}.eqz`),
    eq: compare('eq'),
    ne: compare('ne'),
    lt_s: compare('lt_s'),
    lt_u: compare('lt_u'),
    gt_s: compare('gt_s'),
    gt_u: compare('gt_u'),
    le_s: compare('le_s'),
    le_u: compare('le_u'),
    ge_s: compare('ge_s'),
    ge_u: compare('ge_u'),
    clz: one('clz'),
    ctz: one('ctz'),
    popcnt: one('popcnt'),
    add: two('add'),
    sub: two('sub'),
    mul: two('mul'),
    /** Traps on division by zero and on the lowest value by -1. */
    div_s: two('div_s'),
    div_u: two('div_u'),
    rem_s: two('rem_s'),
    rem_u: two('rem_u'),
    and: two('and'),
    or: two('or'),
    xor: two('xor'),
    shl: two('shl'),
    shr_s: two('shr_s'),
    shr_u: two('shr_u'),
    rotl: two('rotl'),
    rotr: two('rotr'),
    extend8_s: one('extend8_s'),
    extend16_s: one('extend16_s'),
    trunc_sat_f32_s: unary<'f32', T>(`${type}.trunc_sat_f32_s`),
    trunc_sat_f32_u: unary<'f32', T>(`${type}.trunc_sat_f32_u`),
    trunc_sat_f64_s: unary<'f64', T>(`${type}.trunc_sat_f64_s`),
    trunc_sat_f64_u: unary<'f64', T>(`${type}.trunc_sat_f64_u`),
    load: loadFrom<T>(`${type}.load`),
    load8_s: loadFrom<T>(`${type}.load8_s`),
    load8_u: loadFrom<T>(`${type}.load8_u`),
    load16_s: loadFrom<T>(`${type}.load16_s`),
    load16_u: loadFrom<T>(`${type}.load16_u`),
    store: storeTo<T>(`${type}.store`),
    store8: storeTo<T>(`${type}.store8`),
    store16: storeTo<T>(`${type}.store16`),
  };
}

function float<T extends 'f32' | 'f64'>(type: T) {
  const one = (name: string) => unary<T>(`${type}.${name}`);
  const two = (name: string) => binary<T>(`${type}.${name}`);
  const compare = (name: string) => binary<T, 'i32'>(`${type}.${name}`);
  return {
    type,
    eq: compare('eq'),
    ne: compare('ne'),
    lt: compare('lt'),
    gt: compare('gt'),
    le: compare('le'),
    ge: compare('ge'),
    abs: one('abs'),
    neg: one('neg'),
    ceil: one('ceil'),
    floor: one('floor'),
    trunc: one('trunc'),
    /** Rounds half to even. */
    nearest: one('nearest'),
    sqrt: one('sqrt'),
    add: two('add'),
    sub: two('sub'),
    mul: two('mul'),
    div: two('div'),
    /** NaN if one is NaN; -0 is below 0. */
    min: two('min'),
    max: two('max'),
    copysign: two('copysign'),
    convert_i32_s: unary<'i32', T>(`${type}.convert_i32_s`),
    convert_i32_u: unary<'i32', T>(`${type}.convert_i32_u`),
    convert_i64_s: unary<'i64', T>(`${type}.convert_i64_s`),
    convert_i64_u: unary<'i64', T>(`${type}.convert_i64_u`),
    load: loadFrom<T>(`${type}.load`),
    store: storeTo<T>(`${type}.store`),
  };
}

export const i32 = {
  ...integer('i32'),
  const: (value: number) => constant('i32', value) as I32,
  /** An address that the next run of the same plan may have elsewhere. */
  address: (value: number): I32 => ({ kind: 'address', type: 'i32', value: value | 0 }),
  wrap_i64: unary<'i64', 'i32'>('i32.wrap_i64'),
  reinterpret_f32: unary<'f32', 'i32'>('i32.reinterpret_f32'),
};

export const i64 = {
  ...integer('i64'),
  const: (value: bigint | number) => constant('i64', value) as I64,
  /** A view of bytes that the next run of the same plan may have elsewhere. */
  address: (value: bigint): I64 => ({ kind: 'address', type: 'i64', value: BigInt.asIntN(64, value) }),
  extend_i32_s: unary<'i32', 'i64'>('i64.extend_i32_s'),
  extend_i32_u: unary<'i32', 'i64'>('i64.extend_i32_u'),
  extend32_s: unary<'i64', 'i64'>('i64.extend32_s'),
  reinterpret_f64: unary<'f64', 'i64'>('i64.reinterpret_f64'),
  load32_s: loadFrom<'i64'>('i64.load32_s'),
  load32_u: loadFrom<'i64'>('i64.load32_u'),
  store32: storeTo<'i64'>('i64.store32'),
};

export const f32 = {
  ...float('f32'),
  const: (value: number) => constant('f32', value) as F32,
  demote_f64: unary<'f64', 'f32'>('f32.demote_f64'),
  reinterpret_i32: unary<'i32', 'f32'>('f32.reinterpret_i32'),
};

export const f64 = {
  ...float('f64'),
  const: (value: number) => constant('f64', value) as F64,
  promote_f32: unary<'f32', 'f64'>('f64.promote_f32'),
  reinterpret_i64: unary<'i64', 'f64'>('f64.reinterpret_i64'),
};

/** Vectors: operations by name, since there are many: `v128.op('i32x4.lt_s', a, b)`. */
export const v128 = {
  type: 'v128' as const,
  /** From 16 bytes, lane 0 first. */
  const: (bytes: Uint8Array): V128 => {
    if (bytes.length !== 16) throw new InvariantError(`a vector of ${bytes.length} bytes`);
    return { kind: 'constant', type: 'v128', value: bytes } as Constant as V128;
  },
  load: loadFrom<'v128'>('v128.load'),
  load32_zero: loadFrom<'v128'>('v128.load32_zero'),
  load64_zero: loadFrom<'v128'>('v128.load64_zero'),
  store: storeTo<'v128'>('v128.store'),
  /** Any operation with a vector result. */
  op: (name: string, ...operands: Expression[]) => typed(operation(name, operands), 'v128'),
  /** Any operation from a vector to i32: any_true, all_true, bitmask. */
  test: (name: string, operand: V128) => typed(operation(name, [operand]), 'i32'),
  /** One lane: `v128.lane('i64x2', v, 1)`; of bytes and 16-bit lanes the unsigned value. */
  lane: (shape: string, vector: V128, lane: number) => {
    const narrow = shape === 'i8x16' || shape === 'i16x8';
    return operation(`${shape}.extract_lane${narrow ? '_u' : ''}`, [vector], [lane]);
  },
  shuffle: (a: V128, b: V128, lanes: readonly number[]) => operation('i8x16.shuffle', [a, b], lanes) as V128,
};

function typed<T extends ValueType>(expression: Expression, type: T): Typed<T> {
  expectType('the result', expression, type);
  return expression as Typed<T>;
}
