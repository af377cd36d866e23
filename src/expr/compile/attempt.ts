/**
 * Results that are computed only where every argument is valid, with a way out: code that meets a case it does not
 * handle (text that is not ASCII, a number too wide, a cast that fails) gives up, and the interpreter is asked for that
 * row.
 */

import { physicalType } from '../../columnar/physical.ts';
import { type I32, i32, i64, not, type Typed, type Variable } from '../../kernel/build.ts';
import type { ValueType } from '../../kernel/ir.ts';
import type { Call } from '../expr.ts';
import type { CompileContext } from './context.ts';
import { interpretCall } from './interpreted.ts';
import { bothValid, highOf, kernelType, type Operand, operand, validity } from './operand.ts';

/** Leaves the computation to the interpreter where the condition holds. */
export type GiveUp = (when: I32) => void;

export function allValid(args: readonly Operand[]): I32 | null {
  return args.reduce<I32 | null>((all, each) => bothValid(all, each.valid), null);
}

/**
 * The call of a strict function: NULL where an argument is, else what `compute` gives, or the interpreter where it
 * gives up. `compute` sees the arguments as they are; all are valid where its code runs.
 */
export function attempt(
  call: Call,
  args: readonly Operand[],
  context: CompileContext,
  compute: (giveUp: GiveUp) => Operand,
): Operand {
  const known = args.map((each): Operand => ({ ...each, valid: null }));
  return whereValid(call, args, context, (assign) => {
    const { f } = context;
    let used = false;
    const [done, doubt] = [f.freshLabel('done'), f.freshLabel('doubt')];
    f.block(done, () => {
      f.block(doubt, () => {
        const giveUp = (when: I32): void => {
          used = true;
          f.if(when, () => f.break(doubt));
        };
        const result = compute(giveUp);
        if (result.valid !== null && !call.type.nullable) giveUp(not(result.valid));
        assign(result);
        f.break(done);
      });
      if (used) assign(interpretCall(call, known, context));
    });
  });
}

/** As `attempt`, where `compute` never gives up. */
export function strictly(
  call: Call,
  args: readonly Operand[],
  context: CompileContext,
  compute: () => Operand,
): Operand {
  if (allValid(args) === null) return { ...compute(), type: call.type };
  return whereValid(call, args, context, (assign) => assign(compute()));
}

function whereValid(
  call: Call,
  args: readonly Operand[],
  context: CompileContext,
  emit: (assign: (result: Operand) => void) => void,
): Operand {
  const { f } = context;
  const physical = physicalType(call.type);
  const value = f.declare<ValueType>('r', kernelType(physical));
  const high = physical === 'i128' ? f.declare('r_hi', 'i64') : null;
  const all = allValid(args);
  let valid: Variable<'i32'> | null = null;
  if (call.type.nullable) {
    valid = f.let('r_ok', i32.const(0));
    if (physical === 'view') f.set(value, i64.const(0));
  }
  const assign = (result: Operand): void => {
    f.set(value, result.value as Typed<ValueType>);
    if (high !== null) f.set(high, highOf(result));
    if (valid !== null) f.set(valid, validity(result));
  };
  context.branch(all ?? i32.const(1), () => emit(assign));
  return operand(call.type, value, valid, high);
}
