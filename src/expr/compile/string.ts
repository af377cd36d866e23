/**
 * Functions of strings on their UTF-8 bytes. Parts of strings are views into them. What depends on Unicode beyond ASCII
 * (upper and lower case) is left to the interpreter for the rows that have it.
 */
import { type I32, type I64, i32, i64, call as invoke, libraryFunction, not } from '../../kernel/build.ts';
import { bytesLibrary } from '../../kernel/library/bytes.ts';
import type { DataType } from '../../types/data-type.ts';
import type { Call, Expr } from '../expr.ts';
import { attempt, type GiveUp, strictly } from './attempt.ts';
import type { CompileContext } from './context.ts';
import { addressOf, lengthOf, makeView } from './equality.ts';
import { asI32, asI64, type Operand, operand, validity } from './operand.ts';
import type { CallCompiler, CompilerTable } from './table.ts';
import { concatenation, copyTo, reserve, text, textOperand, textOrNull } from './text.ts';

/** Longer strings are made by the interpreter, which refuses those that are too long. */
const LONGEST = 1 << 20;

type Compute = (args: readonly Operand[], type: DataType, context: CompileContext, giveUp: GiveUp) => Operand;

/** A strict function; `compute` runs where every argument is valid. */
function strict(compute: Compute, accepts?: (call: Call) => boolean): CallCompiler {
  return {
    ...(accepts === undefined ? {} : { accepts }),
    emit: (call, context, compile) => {
      const args = call.args.map(compile);
      return attempt(call, args, context, (giveUp) => compute(args, call.type, context, giveUp));
    },
  };
}

function views(args: readonly Operand[]): I64[] {
  return args.map(asI64);
}

function isEmpty(view: I64): I32 {
  return i32.eqz(lengthOf(view));
}

/** Upper or lower case: of ASCII letters here, beside characters that have none. */
function letterCase(name: 'upper' | 'lower'): CallCompiler {
  return strict(([value], type, context, giveUp) => {
    const view = asI64(value!);
    giveUp(not(text('has_simple_case', addressOf(view), lengthOf(view)) as I32));
    return textOperand(type, context.local('text', text(name, view)));
  });
}

/** The text of a literal argument, or undefined. */
function literalText(expr: Expr | undefined): string | undefined {
  return expr?.kind === 'literal' && typeof expr.value === 'string' ? expr.value : undefined;
}

const SIDES: Readonly<Record<string, number>> = { LEADING: 1, TRAILING: 2, BOTH: 3 };

/** Without characters at the ends; one that is given as a literal of ASCII is compared as a byte. */
function trimmed(view: I64, set: Expr | undefined, setView: I64 | null, sides: number): I64 {
  const literal = set === undefined ? ' ' : literalText(set);
  if (literal?.length === 1 && literal.charCodeAt(0) < 128) {
    return text('trim_byte', view, i32.const(literal.charCodeAt(0)), i32.const(sides)) as I64;
  }
  return text('trim', view, setView!, i32.const(sides)) as I64;
}

function trimAt(sides: number): CallCompiler {
  return {
    accepts: (call) => call.args.every((arg) => arg.type.kind !== 'NULL'),
    emit: (call, context, compile) => {
      const args = call.args.map(compile);
      return strictly(call, args, context, () => {
        const [view, set] = views(args);
        return textOperand(call.type, context.local('text', trimmed(view!, call.args[1], set ?? null, sides)));
      });
    },
  };
}

const TRIM: CallCompiler = {
  accepts: (call) => (literalText(call.args[0]) ?? '') in SIDES,
  emit: (call, context, compile) => {
    const [set, value] = [compile(call.args[1]!), compile(call.args[2]!)];
    return strictly(call, [set, value], context, () => {
      const sides = SIDES[literalText(call.args[0])!]!;
      return textOperand(call.type, context.local('text', trimmed(asI64(value), call.args[1], asI64(set), sides)));
    });
  },
};

/** Every argument at this index and behind it fits 32 bits. */
function smallFrom(index: number): (call: Call) => boolean {
  return (call) => call.args.slice(index).every((arg) => arg.type.kind !== 'BIGINT');
}

/** The number of a character, counted from 1, where `part` begins. */
function position(part: I64, view: I64, from: I32, type: DataType, context: CompileContext): Operand {
  return operand(type, context.local('position', text('position', part, view, from) as I32), null);
}

const ONE = i32.const(1);

const JOIN: CallCompiler = {
  emit: (call, context, compile) => {
    const args = call.args.map(compile);
    if (args.length === 1) return { ...args[0]!, type: call.type };
    return strictly(call, args, context, () => textOperand(call.type, concatenation(views(args), context)));
  },
};

/** The parts that are not NULL, with the separator between them. */
const CONCAT_WS: CallCompiler = {
  emit: (call, context, compile) => {
    const { f } = context;
    const [separator, ...parts] = call.args.map(compile);
    return strictly(call, [separator!], context, () => {
      const between = context.local('sep', lengthOf(asI64(separator!)));
      const total = f.let('total', i32.const(0));
      const started = f.let('started', i32.const(0));
      const each = (body: (view: I64) => void): void => {
        for (const part of parts) f.if(validity(part), () => body(asI64(part)));
      };
      each((view) => {
        f.set(total, i32.add(total, lengthOf(view)));
        f.if(started, () => f.set(total, i32.add(total, between)));
        f.set(started, i32.const(1));
      });
      const to = reserve(total, context);
      const at = f.let('at', to);
      f.set(started, i32.const(0));
      each((view) => {
        f.if(started, () => {
          copyTo(at, asI64(separator!), context);
          f.set(at, i32.add(at, between));
        });
        f.set(started, i32.const(1));
        copyTo(at, view, context);
        f.set(at, i32.add(at, lengthOf(view)));
      });
      return textOperand(call.type, context.local('joined', makeView(to, total)));
    });
  },
};

/** LPAD and RPAD. */
function pad(onLeft: boolean): CallCompiler {
  return strict(([value, length, filler], type, context, giveUp) => {
    giveUp(i32.gt_s(asI32(length!), i32.const(LONGEST)));
    const made = text('pad', asI64(value!), asI32(length!), asI64(filler!), i32.const(onLeft ? 1 : 0));
    return textOrNull(type, made, context);
  });
}

const SPLIT_INDEX = strict(
  ([value, delimiter, index], type, context, giveUp) => {
    const separator = asI64(delimiter!);
    giveUp(isEmpty(separator));
    return textOrNull(type, text('split_index', asI64(value!), separator, asI32(index!)), context);
  },
  (call) => call.args[1]!.type.kind === 'VARCHAR' || call.args[1]!.type.kind === 'CHAR',
);

const REPEAT = strict(([value, times], type, context, giveUp) => {
  const size = i64.mul(i64.extend_i32_u(lengthOf(asI64(value!))), i64.extend_i32_s(asI32(times!)));
  giveUp(i64.gt_s(size, i64.const(LONGEST)));
  return textOperand(type, context.local('text', text('repeat', asI64(value!), asI32(times!))));
});

const REPLACE = strict(([value, part, by], type, context, giveUp) => {
  giveUp(isEmpty(asI64(part!)));
  return textOperand(type, context.local('text', text('replace', ...views([value!, part!, by!]))));
});

const SUBSTRING = strict(([value, from, length], type, context) => {
  if (length === undefined) {
    return textOperand(type, context.local('text', text('substring_from', asI64(value!), asI32(from!))));
  }
  return textOrNull(type, text('substring', asI64(value!), asI32(from!), asI32(length)), context);
});

const CHR = strict(([number], type, context) => {
  const code = number!.physical === 'i64' ? i32.wrap_i64(asI64(number!)) : asI32(number!);
  const negative = number!.physical === 'i64' ? i64.lt_s(asI64(number!), i64.const(0)) : i32.lt_s(code, i32.const(0));
  const made = context.f.let('text', i64.const(0));
  context.f.if(not(negative), () => context.f.set(made, text('character', i32.and(code, i32.const(255))) as I64));
  return textOperand(type, made);
});

/** A test of two strings, or two binary strings. */
function test(name: string): CallCompiler {
  return strict(([value, part], type, context) =>
    operand(type, context.local('holds', text(name, asI64(value!), asI64(part!)) as I32), null),
  );
}

export const STRING: CompilerTable = {
  UPPER: letterCase('upper'),
  LOWER: letterCase('lower'),
  SUBSTRING,
  LEFT: strict(([value, n], type, context) =>
    textOperand(type, context.local('text', text('left', asI64(value!), asI32(n!)))),
  ),
  RIGHT: strict(([value, n], type, context) =>
    textOperand(type, context.local('text', text('right', asI64(value!), asI32(n!)))),
  ),
  TRIM,
  LTRIM: trimAt(1),
  RTRIM: trimAt(2),
  BTRIM: trimAt(3),
  CHAR_LENGTH: strict(([value], type, context) => {
    const view = asI64(value!);
    const count = invoke(libraryFunction(bytesLibrary, 'utf8_length'), addressOf(view), lengthOf(view)) as I32;
    return operand(type, context.local('count', count), null);
  }),
  ASCII: strict(([value], type, context) => {
    const view = asI64(value!);
    const first = i32.load8_s(addressOf(view));
    const byte = i32.and(first, i32.sub(i32.const(0), not(isEmpty(view))));
    return operand(type, context.local('byte', byte), null);
  }),
  CHR,
  POSITION: strict(([part, value, from], type, context) =>
    position(asI64(part!), asI64(value!), from === undefined ? ONE : asI32(from), type, context),
  ),
  INSTR: strict(
    ([value, part], type, context) => position(asI64(part!), asI64(value!), ONE, type, context),
    (call) => call.args.length === 2,
  ),
  LOCATE: strict(([part, value, from], type, context, giveUp) => {
    giveUp(isEmpty(asI64(part!)));
    return position(asI64(part!), asI64(value!), from === undefined ? ONE : asI32(from), type, context);
  }, smallFrom(2)),
  REPLACE,
  REVERSE: strict(([value], type, context) => textOperand(type, context.local('text', text('reverse', asI64(value!))))),
  REPEAT,
  LPAD: pad(true),
  RPAD: pad(false),
  SPLIT_INDEX,
  STARTSWITH: test('starts_with'),
  ENDSWITH: test('ends_with'),
  '||': JOIN,
  CONCAT: JOIN,
  CONCAT_WS,
};
