/**
 * DATE_FORMAT and FROM_UNIXTIME with a constant pattern of numbers (yyyy MM dd HH mm ss SSS), TO_TIMESTAMP and TO_DATE
 * of text in its usual form, TO_TIMESTAMP_LTZ of a number. Everything else about them is interpreted.
 */
import { global, type I32, type I64, i32, i64, call as invoke, libraryFunction, or } from '../../kernel/build.ts';
import { type DataType, isInteger, isTimestamp } from '../../types/data-type.ts';
import type { Call } from '../expr.ts';
import { type Dialect, type Token, tokenize } from '../functions/temporal/pattern.ts';
import { attempt, type GiveUp } from './attempt.ts';
import { parseDate, parseTimestamp, refuseYears } from './cast-text.ts';
import { calendar, floorDivide, isNarrow, localMicros, MICROS_PER_DAY } from './clock.ts';
import type { CompileContext } from './context.ts';
import { exact } from './decimal.ts';
import { makeView } from './equality.ts';
import { formatLibrary } from './library/format.ts';
import { asI64, type Operand, operand } from './operand.ts';
import type { CallCompiler, CompilerTable } from './table.ts';
import { reserve, textOperand } from './text.ts';

const DEFAULT_PATTERN = 'yyyy-MM-dd HH:mm:ss';

/** A point of the clock in locals, made as the pattern asks for it. */
interface ClockFields {
  readonly year: I32;
  readonly month: I32;
  readonly day: I32;
  /** Seconds since midnight. */
  readonly second: I32;
  /** Microseconds of the second. */
  readonly micro: I64;
}

/** Bytes at most of a letter and its number, where it is of two digits. */
const TWO_DIGITS: Readonly<Record<string, (fields: ClockFields) => I32>> = {
  M: ({ month }) => month,
  d: ({ day }) => day,
  H: ({ second }) => i32.div_s(second, i32.const(3600)),
  m: ({ second }) => i32.rem_s(i32.div_s(second, i32.const(60)), i32.const(60)),
  s: ({ second }) => i32.rem_s(second, i32.const(60)),
};

/** The tokens, if the kernel can write them all. */
function tokensOf(pattern: string, dialect: Dialect): readonly Token[] | null {
  let tokens: readonly Token[];
  try {
    tokens = tokenize(pattern, dialect);
  } catch {
    return null;
  }
  const can = ({ letter, count }: Token): boolean => {
    if (letter === null) return true;
    if (letter === 'y') return count === 2 || count === 4;
    if (letter === 'S') return dialect === 'formatter' && count <= 9;
    return letter in TWO_DIGITS && count <= 2;
  };
  return tokens.every(can) ? tokens : null;
}

function put(name: string, at: I32, ...args: readonly (I32 | I64)[]): I32 {
  return invoke(libraryFunction(formatLibrary, name), at, ...args) as I32;
}

/** Writes one token and gives the address behind it. */
function write(at: I32, { letter, count, text }: Token, fields: ClockFields): I32 {
  if (letter === null) {
    return new TextEncoder().encode(text).reduce<I32>((to, byte) => put('put_byte', to, i32.const(byte)), at);
  }
  if (letter === 'y') {
    const year = i64.extend_i32_u(fields.year);
    return put('put_digits', at, year, i32.const(count));
  }
  if (letter === 'S') {
    const digits = Math.min(count, 6);
    const part = i64.div_u(fields.micro, i64.const(10 ** (6 - digits)));
    const zeros = Array.from({ length: count - digits });
    return zeros.reduce<I32>(
      (to) => put('put_byte', to, i32.const(48)),
      put('put_digits', at, part, i32.const(digits)),
    );
  }
  const value = TWO_DIGITS[letter]!(fields);
  return count === 2 ? put('put_two', at, value) : put('put_number', at, value, i32.const(1));
}

/** The local time of so many microseconds, by the tokens; of years from 0 to 9999. */
function formatted(
  micros: I64,
  tokens: readonly Token[],
  type: DataType,
  context: CompileContext,
  giveUp: GiveUp,
): Operand {
  const { f } = context;
  const days = context.local('days', i32.wrap_i64(floorDivide(micros, MICROS_PER_DAY)));
  refuseYears(days, giveUp);
  const year = f.let('year', calendar('civil_year', days));
  giveUp(i32.lt_s(year, i32.const(1)));
  const ofDay = context.local('us', i64.sub(micros, i64.mul(i64.extend_i32_s(days), i64.const(MICROS_PER_DAY))));
  const second = context.local('second', i32.wrap_i64(i64.div_u(ofDay, i64.const(1_000_000))));
  const fields: ClockFields = {
    year,
    month: f.let('month', global('civil_month', 'i32')),
    day: f.let('day', global('civil_day', 'i32')),
    second,
    micro: i64.sub(ofDay, i64.mul(i64.extend_i32_u(second), i64.const(1_000_000))),
  };
  const most = tokens.reduce(
    (sum, { letter, count, text }) => sum + (letter === null ? text.length * 3 : Math.max(count, 2)),
    0,
  );
  const from = reserve(i32.const(most), context);
  let at: I32 = from;
  for (const token of tokens) at = context.local('at', write(at, token, fields));
  return textOperand(type, context.local('text', makeView(from, i32.sub(at, from))));
}

/** The pattern, if it is a literal. */
function patternOf(call: Call): string | null {
  const pattern = call.args[1];
  if (pattern === undefined) return DEFAULT_PATTERN;
  return pattern.kind === 'literal' && typeof pattern.value === 'string' ? pattern.value : null;
}

function tokens(call: Call, dialect: Dialect): readonly Token[] | null {
  const pattern = patternOf(call);
  return pattern === null ? null : tokensOf(pattern, dialect);
}

const DATE_FORMAT: CallCompiler = {
  accepts: (call) => {
    const { type } = call.args[0]!;
    return isTimestamp(type) && isNarrow(type) && tokens(call, 'formatter') !== null;
  },
  emit: (call, context, compile) => {
    const value = compile(call.args[0]!);
    return attempt(call, [value, compile(call.args[1]!)], context, (giveUp) => {
      const micros = context.local('local', localMicros(value, context));
      return formatted(micros, tokens(call, 'formatter')!, call.type, context, giveUp);
    });
  },
};

/** Seconds beyond which a timestamp has no four digits of a year, and far from where microseconds overflow. */
const MOST_SECONDS = 400_000_000_000n;

function beyond(value: I64, limit: bigint): I32 {
  return or(i64.gt_s(value, i64.const(limit)), i64.lt_s(value, i64.const(-limit)));
}

const FROM_UNIXTIME: CallCompiler = {
  accepts: (call) => tokens(call, 'simple') !== null,
  emit: (call, context, compile) => {
    const args = call.args.map(compile);
    return attempt(call, args, context, (giveUp) => {
      const seconds = context.local('seconds', asI64(exact(args[0]!)));
      giveUp(beyond(seconds, MOST_SECONDS));
      const instant = operand(
        { kind: 'TIMESTAMP_LTZ', precision: 6, nullable: false },
        context.local('us', i64.mul(seconds, i64.const(1_000_000))),
        null,
      );
      const micros = context.local('local', localMicros(instant, context));
      return formatted(micros, tokens(call, 'simple')!, call.type, context, giveUp);
    });
  },
};

/** A function of one text, read in its usual form. */
function reader(read: typeof parseDate): CallCompiler {
  return {
    accepts: (call) => call.args.length === 1,
    emit: (call, context, compile) => {
      const value = compile(call.args[0]!);
      return attempt(call, [value], context, (giveUp) => read(value, call.type, context, giveUp));
    },
  };
}

/** The first and last second that TO_TIMESTAMP_LTZ gives. */
const FIRST_SECOND = -62_135_596_800n;
const LAST_SECOND = 253_402_300_799n;

/** The digits of the second of a number's unit: 3 where it is not given. */
function unitDigits(call: Call): number | null {
  const digits = call.args[1];
  if (digits === undefined) return 3;
  return digits.kind === 'literal' && typeof digits.value === 'number' ? digits.value : null;
}

const TO_TIMESTAMP_LTZ: CallCompiler = {
  accepts: (call) => {
    const digits = unitDigits(call);
    return isInteger(call.args[0]!.type) && call.args.length <= 2 && digits !== null && digits >= 0 && digits <= 6;
  },
  emit: (call, context, compile) => {
    const args = call.args.map(compile);
    const digits = unitDigits(call)!;
    return attempt(call, args, context, (giveUp) => {
      const value = context.local('number', asI64(exact(args[0]!)));
      const unit = 10n ** BigInt(digits);
      giveUp(or(i64.lt_s(value, i64.const(FIRST_SECOND * unit)), i64.gt_s(value, i64.const(LAST_SECOND * unit))));
      return operand(call.type, i64.mul(value, i64.const(10n ** BigInt(6 - digits))), null);
    });
  },
};

export const DATE_TEXT: CompilerTable = {
  DATE_FORMAT,
  FROM_UNIXTIME,
  TO_TIMESTAMP: reader(parseTimestamp),
  TO_DATE: reader(parseDate),
  TO_TIMESTAMP_LTZ,
};
