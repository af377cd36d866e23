/** CAST to and from strings: the usual forms in the kernel, everything else (and every error) by the interpreter. */
import {
  type F32,
  type F64,
  f32,
  f64,
  global,
  type I32,
  type I64,
  i32,
  i64,
  call as invoke,
  libraryFunction,
  not,
  or,
  select,
} from '../../kernel/build.ts';
import { type DataType, isInteger, MAX_LENGTH } from '../../types/data-type.ts';
import { integerOperand } from './arithmetic.ts';
import type { GiveUp } from './attempt.ts';
import { type Conversion, KEEP, partial } from './cast-number.ts';
import { daysOf, isNarrow, localMicros, microOfDay } from './clock.ts';
import type { CompileContext } from './context.ts';
import { type Decimal, exact, fitDecimal, isWithin, rescaleOperand } from './decimal.ts';
import { formatLibrary } from './library/format.ts';
import { parseLibrary } from './library/parse.ts';
import { asI32, asI64, fitsI64, type Operand, operand, rangeOf } from './operand.ts';
import { text, textOperand } from './text.ts';

type Text = DataType & { readonly kind: 'CHAR' | 'VARCHAR' };

/** Days of 0000-01-01 and 9999-12-31: years of four digits without a sign. */
const FIRST_DAY = -719_528;
const LAST_DAY = 2_932_896;

const PARSE_OK = global('parse_ok', 'i32');

/** The view with the length of the type: cut, and in CHAR filled with blanks. */
function fitLength(view: I64, to: Text, context: CompileContext): Operand {
  if (to.kind === 'CHAR') {
    const blank = context.host.view(Uint8Array.of(32));
    const filled = text('pad', view, i32.const(to.length), i64.address(blank), i32.const(0));
    return textOperand(to, context.local('text', filled as I64));
  }
  if (to.length === MAX_LENGTH) return textOperand(to, view);
  return textOperand(to, context.local('text', text('left', view, i32.const(to.length)) as I64));
}

/** From a string to another length. */
export function betweenTexts(from: Text, to: Text): Conversion {
  const shortens =
    to.kind === 'VARCHAR' ? to.length < from.length : from.kind === 'VARCHAR' || from.length !== to.length;
  if (!shortens) return KEEP;
  return partial((value, type, context) => fitLength(asI64(value), type as Text, context));
}

function format(name: string, ...args: readonly (I32 | I64 | F64)[]): I64 {
  return invoke(libraryFunction(formatLibrary, name), ...args) as I64;
}

/** Printed by the kernel: integers, DECIMALs of 64 bits, BOOLEAN, dates and times of years from 0 to 9999. */
export function toText(from: DataType): Conversion | null {
  const print = printer(from);
  if (print === null) return null;
  return partial((value, to, context, giveUp) => {
    const printed = context.local('text', print(value, context, giveUp));
    return fitLength(printed, to as Text, context);
  });
}

type Printer = (value: Operand, context: CompileContext, giveUp: GiveUp) => I64;

function printer(from: DataType): Printer | null {
  switch (from.kind) {
    case 'BOOLEAN':
      return (value, context) => {
        const word = (written: string): I64 => i64.address(context.host.view(new TextEncoder().encode(written)));
        return select(asI32(value), word('TRUE'), word('FALSE'));
      };
    case 'TINYINT':
    case 'SMALLINT':
    case 'INT':
    case 'BIGINT':
      return (value) => format('format_i64', asI64(exact(value)));
    case 'DECIMAL':
      if (from.scale > 18) return null;
      return (value, _, giveUp) => {
        if (!fitsI64(rangeOf(value))) giveUp(i32.eqz(isWithin(value, 10n ** 18n)));
        if (from.scale === 0) return format('format_i64', asI64(value));
        return format('format_decimal', asI64(value), i32.const(from.scale));
      };
    case 'DOUBLE':
    case 'FLOAT':
      return (value, context, giveUp) => printReal(value, from.kind === 'FLOAT', context, giveUp);
    case 'DATE':
      return (value, _, giveUp) => {
        refuseYears(asI32(value), giveUp);
        return format('format_date', asI32(value));
      };
    case 'TIME':
      return (value, context) => format('format_time', localMicros(value, context), i32.const(from.precision));
    case 'TIMESTAMP':
    case 'TIMESTAMP_LTZ':
      if (!isNarrow(from)) return null;
      return (value, context, giveUp) => {
        const local = context.local('local', localMicros(value, context));
        const clock = operand({ kind: 'TIMESTAMP', precision: 6, nullable: false }, local, null);
        const days = context.local('days', daysOf(clock, context));
        refuseYears(days, giveUp);
        return format('format_timestamp', days, microOfDay(clock, context), i32.const(from.precision));
      };
    default:
      return null;
  }
}

/** Decimals with fewer digits than this are the shortest that read back as the same double, or float. */
const UNIQUE = { double: 10n ** 15n, float: 10n ** 6n } as const;

/** Short decimals of ordinary size, which Java writes without an exponent. */
function printReal(value: Operand, single: boolean, context: CompileContext, giveUp: GiveUp): I64 {
  const number = single ? f64.promote_f32(value.value as F32) : (value.value as F64);
  const most = i64.const(single ? UNIQUE.float : UNIQUE.double);
  const printed = context.local('text', format('format_real', number, most, i32.const(single ? 1 : 0)));
  giveUp(i64.eqz(printed));
  return printed;
}

/** Years that are not written with four digits. */
export function refuseYears(days: I32, giveUp: GiveUp): void {
  giveUp(or(i32.lt_s(days, i32.const(FIRST_DAY)), i32.gt_s(days, i32.const(LAST_DAY))));
}

/** A library function that says in parse_ok whether it could. */
function parse(name: string, context: CompileContext, giveUp: GiveUp, view: I64, ...more: readonly I32[]) {
  const read = context.f.let('read', invoke(libraryFunction(parseLibrary, name), view, ...more) as I64);
  giveUp(not(PARSE_OK));
  return read;
}

/** Digits that the kernel reads of a DECIMAL's fraction where the type has more. */
const READ_SCALE = 9;

export function fromText(to: DataType): Conversion | null {
  if (isInteger(to)) return textToInteger;
  switch (to.kind) {
    case 'DECIMAL':
      return textToDecimal;
    case 'DOUBLE':
    case 'FLOAT':
      return partial((value, type, context, giveUp) => {
        const read = parse('parse_double', context, giveUp, asI64(value)) as unknown as F64;
        return operand(type, type.kind === 'FLOAT' ? f32.demote_f64(read) : read, null);
      });
    case 'DATE':
      return partial((value, type, context, giveUp) => parseDate(value, type, context, giveUp));
    case 'TIMESTAMP':
      if (!isNarrow(to)) return null;
      return partial((value, type, context, giveUp) => parseTimestamp(value, type, context, giveUp));
    default:
      return null;
  }
}

/** `yyyy-MM-dd`. */
export function parseDate(value: Operand, type: DataType, context: CompileContext, giveUp: GiveUp): Operand {
  return operand(type, parse('parse_date', context, giveUp, asI64(value)), null);
}

/** `yyyy-MM-dd[ HH:mm:ss[.fraction]]`, of a narrow timestamp type. */
export function parseTimestamp(value: Operand, type: DataType, context: CompileContext, giveUp: GiveUp): Operand {
  const precision = 'precision' in type ? type.precision : 0;
  return operand(type, parse('parse_timestamp', context, giveUp, asI64(value), i32.const(precision)), null);
}

const textToInteger = partial((value, type, context, giveUp) => {
  const read = parse('parse_integer', context, giveUp, asI64(value));
  const result = integerOperand(type, operand({ kind: 'BIGINT', nullable: false }, read, null), null);
  const [low, high] = rangeOf(result);
  if (type.kind !== 'BIGINT') giveUp(or(i64.lt_s(read, i64.const(low)), i64.gt_s(read, i64.const(high))));
  return result;
});

const textToDecimal = partial((value, type, context, giveUp) => {
  const target = type as Decimal;
  const scale = Math.min(target.scale, READ_SCALE);
  const read = parse('parse_decimal', context, giveUp, asI64(value), i32.const(scale));
  const limit = 10n ** 18n;
  const number = operand({ kind: 'BIGINT', nullable: false }, read, null, null, [-limit, limit]);
  const fitted = fitDecimal(
    rescaleOperand(number, scale, target.scale, context),
    { ...target, nullable: true },
    context,
  );
  if (fitted.valid !== null) giveUp(not(fitted.valid));
  if (target.scale > READ_SCALE) giveUp(i32.gt_s(global('scan_fraction', 'i32'), i32.const(READ_SCALE)));
  return { ...fitted, type, valid: null };
});
