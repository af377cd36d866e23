/** `= <> < <= > >=`, IS [NOT] DISTINCT FROM, GREATEST and LEAST. The resolver has cast both sides to one type. */
import { physicalType } from '../../columnar/physical.ts';
import { type F32, type F64, f32, f64, type I32, i32, i64, select } from '../../kernel/build.ts';
import type { Call } from '../expr.ts';
import { strictly } from './attempt.ts';
import type { CompileContext } from './context.ts';
import { compareViews, equalOperands, identicalOperands, lessThan } from './equality.ts';
import { IN } from './membership.ts';
import { asI32, asI64, bothValid, highOf, type Operand, operand, selectTyped, validity } from './operand.ts';
import type { CallCompiler, Compile, CompilerTable } from './table.ts';

type Relation = (a: Operand, b: Operand, context: CompileContext) => I32;

const not = (value: I32): I32 => i32.xor(value, i32.const(1));

/** Direct operators where the machine has them; floats need their own, since NaN makes `<=` differ from `not >`. */
const RELATIONS: Readonly<Record<string, Relation>> = {
  '=': equalOperands,
  '<>': (a, b, context) => not(equalOperands(a, b, context)),
  '<': (a, b, context) => lessThan(a, b, context),
  '>': (a, b, context) => lessThan(b, a, context),
  '<=': (a, b, context) => atMost(a, b, context),
  '>=': (a, b, context) => atMost(b, a, context),
};

function atMost(a: Operand, b: Operand, context: CompileContext): I32 {
  switch (a.physical) {
    case 'f32':
      return f32.le(a.value as F32, b.value as F32);
    case 'f64':
      return f64.le(a.value as F64, b.value as F64);
    case 'i64':
      return i64.le_s(asI64(a), asI64(b));
    case 'u8':
    case 'i8':
    case 'i16':
    case 'i32':
      return i32.le_s(asI32(a), asI32(b));
    case 'view':
      return i32.le_s(compareViews(asI64(a), asI64(b), context), i32.const(0));
    case 'i128':
      return not(lessThan(b, a, context));
  }
}

function samePhysical(call: Call): boolean {
  const first = physicalType(call.args[0]!.type);
  return call.args.every((arg) => physicalType(arg.type) === first && arg.type.kind !== 'NULL');
}

function relation(compare: Relation) {
  return {
    accepts: samePhysical,
    emit: (call: Call, context: CompileContext, compile: Compile): Operand => {
      const [a, b] = [compile(call.args[0]!), compile(call.args[1]!)];
      return operand(call.type, compare(a, b, context), bothValid(a.valid, b.valid));
    },
  };
}

function distinct(negated: boolean) {
  return {
    accepts: samePhysical,
    emit: (call: Call, context: CompileContext, compile: Compile): Operand => {
      const [a, b] = [compile(call.args[0]!), compile(call.args[1]!)];
      const same = bothNullOr(equalOperands(a, b, context), a, b);
      return operand(call.type, negated ? same : not(same), null);
    },
  };
}

/** Both NULL, or both valid and equal as in GROUP BY. */
export function notDistinct(a: Operand, b: Operand, context: CompileContext): I32 {
  return bothNullOr(identicalOperands(a, b, context), a, b);
}

function bothNullOr(same: I32, a: Operand, b: Operand): I32 {
  if (a.valid === null && b.valid === null) return same;
  const [va, vb] = [validity(a), validity(b)];
  return i32.or(i32.and(i32.and(va, vb), same), i32.and(not(va), not(vb)));
}

/** The greatest or least argument in the order of ORDER BY. */
function extreme(greatest: boolean): CallCompiler {
  return {
    accepts: samePhysical,
    emit: (call, context, compile) => {
      const args = call.args.map(compile);
      return strictly(call, args, context, () =>
        args.reduce((best, each) => {
          const better = greatest ? lessThan(best, each, context, true) : lessThan(each, best, context, true);
          const take = context.local('take', better);
          const wide = best.high !== null || each.high !== null;
          return context.bind(
            {
              type: call.type,
              physical: best.physical,
              value: selectTyped(take, each.value, best.value),
              high: wide ? select(take, highOf(each), highOf(best)) : null,
              valid: null,
            },
            'best',
          );
        }),
      );
    },
  };
}

export const COMPARISON: CompilerTable = {
  ...Object.fromEntries(Object.entries(RELATIONS).map(([name, compare]) => [name, relation(compare)])),
  'IS DISTINCT FROM': distinct(false),
  'IS NOT DISTINCT FROM': distinct(true),
  IN,
  GREATEST: extreme(true),
  LEAST: extreme(false),
};
