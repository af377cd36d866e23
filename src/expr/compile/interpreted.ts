/**
 * Calls that kernels leave to the interpreter, one value at a time: functions that have no compiled form (regular
 * expressions, JSON, time zones …), and the rare cases of those that have one (text that is not ASCII, a cast that
 * fails). The kernel stores the arguments in a slot, calls the extern `interpret` and reads the result from the slot;
 * so an expression is evaluated exactly where a row asks for it.
 */
import { EngineError } from '../../base/errors.ts';
import { physicalType } from '../../columnar/physical.ts';
import type { StringArena } from '../../columnar/string-arena.ts';
import { type ReadValue, valueReader, valueWriter, type WriteValue } from '../../columnar/value-codec.ts';
import { extern, type I32, i32, i64, call as invoke, type Typed } from '../../kernel/build.ts';
import type { ValueType } from '../../kernel/ir.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import { type DataType, isNumeric } from '../../types/data-type.ts';
import { printType } from '../../types/print.ts';
import type { Value } from '../../types/value.ts';
import { type Prepared, prepare } from '../evaluate.ts';
import { type Call, type Expr, inputRef, inputsOf, remapInputs } from '../expr.ts';
import type { EvaluationContext } from '../functions/define.ts';
import { functions } from '../functions/index.ts';
import type { CompileContext, InterpretedSlot } from './context.ts';
import { loadValue, storeValue } from './memory.ts';
import { bothValid, kernelType, type Operand, operand, validity } from './operand.ts';

/** Bytes of one argument in a slot: the value, then at VALIDITY its validity. */
const STRIDE = 32;
const VALIDITY = 16;

/** `interpret(slot)`: 1 if there is a result, 0 if it is NULL. */
const INTERPRET = extern('interpret', ['i32'], 'i32');

interface PreparedSlot {
  readonly type: DataType;
  readonly evaluate: Prepared;
  readonly row: Value[];
  readonly addresses: readonly number[];
  readonly readers: readonly ReadValue[];
  readonly result: number;
  readonly write: WriteValue;
}

/** The JavaScript side: prepared expressions by slot. */
export class InterpretedCalls {
  readonly #memory: LinearMemory;
  readonly #allocate: (bytes: number) => number;
  readonly #context: EvaluationContext;
  readonly #strings: () => StringArena;
  readonly #slots: PreparedSlot[] = [];

  /**
   * @param allocate memory that lives as long as the kernels
   * @param strings where the bytes of results go
   */
  constructor(
    memory: LinearMemory,
    allocate: (bytes: number) => number,
    context: EvaluationContext,
    strings: () => StringArena,
  ) {
    this.#memory = memory;
    this.#allocate = allocate;
    this.#context = context;
    this.#strings = strings;
  }

  /** @param types of the inputs that the expression reads */
  add(expr: Expr, types: readonly DataType[]): InterpretedSlot {
    const address = this.#allocate((types.length + 1) * STRIDE);
    this.#slots.push({
      type: expr.type,
      evaluate: prepare(expr, this.#context),
      row: new Array<Value>(types.length).fill(null),
      addresses: types.map((_, i) => address + i * STRIDE),
      readers: types.map((type) => valueReader(this.#memory, type)),
      result: address + types.length * STRIDE,
      write: valueWriter(this.#memory, expr.type, this.#strings),
    });
    return { id: this.#slots.length - 1, address };
  }

  /** The extern `interpret`. Throws what the expression throws. */
  run(id: number): number {
    const { type, evaluate, row, addresses, readers, result, write } = this.#slots[id]!;
    for (let i = 0; i < row.length; i++) {
      const address = addresses[i]!;
      row[i] = this.#memory.u8[address + VALIDITY] === 0 ? null : readers[i]!(address);
    }
    const value = evaluate(row);
    if (value === null) {
      if (!type.nullable) throw unexpectedNull(type);
      return 0;
    }
    write(result, value);
    return 1;
  }
}

/**
 * A function that gives NULL (for a number that does not fit) although its arguments, and so its type, are NOT NULL.
 */
function unexpectedNull(type: DataType): EngineError {
  return isNumeric(type)
    ? new EngineError('RUN-NUMERIC-OVERFLOW', 'numeric value out of range')
    : new EngineError('RUN-NULL', `a NULL of type ${printType(type)}`);
}

/**
 * The call, computed by the interpreter from the operands of its arguments. NULL without asking where the function is
 * strict and an argument is NULL.
 */
export function interpretCall(call: Call, args: readonly Operand[], context: CompileContext): Operand {
  const operands: Operand[] = [];
  const types: DataType[] = [];
  const shape = call.args.map((arg, i): Expr => {
    if (arg.kind === 'literal') return arg;
    operands.push(args[i]!);
    types.push(arg.type);
    return inputRef(operands.length - 1, arg.type);
  });
  const strict = functions.scalar(call.fn)?.strict ?? false;
  const asked = strict ? operands.reduce<I32 | null>((all, each) => bothValid(all, each.valid), null) : null;
  return ask({ ...call, args: shape }, types, operands, asked, context);
}

/** The whole tree, over the columns of the row: for functions that leave arguments unevaluated. */
export function interpretTree(expr: Expr, context: CompileContext): Operand {
  const inputs = inputsOf(expr);
  const operands = inputs.map((input) => context.column(input));
  const positions = new Map(inputs.map((input, i) => [input, i]));
  const types = operands.map((each) => each.type);
  return ask(
    remapInputs(expr, (index) => positions.get(index)!),
    types,
    operands,
    null,
    context,
  );
}

/** @param asked where it is 0 the result is NULL and the interpreter is not called; null: always called */
function ask(
  expr: Expr,
  types: readonly DataType[],
  operands: readonly Operand[],
  asked: I32 | null,
  context: CompileContext,
): Operand {
  const { f } = context;
  const { id, address } = context.host.interpreted(expr, types);
  const physical = physicalType(expr.type);
  const value = f.declare<ValueType>('v', kernelType(physical));
  const high = physical === 'i128' ? f.declare('v_hi', 'i64') : null;
  const valid = f.let('v_ok', i32.const(0));
  const result = i32.address(address + operands.length * STRIDE);
  const emit = (): void => {
    operands.forEach((each, i) => {
      const at = i32.address(address + i * STRIDE);
      storeValue(f, physicalType(types[i]!), at, each);
      f.do(i32.store8(at, validity(each), VALIDITY));
    });
    f.set(valid, invoke(INTERPRET, i32.const(id)) as I32);
    f.set(value, loadValue(physical, result) as Typed<ValueType>);
    if (high !== null) f.set(high, i64.load(result, 8));
  };
  if (asked === null) emit();
  else f.if(asked, emit);
  return operand(expr.type, value, valid, high);
}
