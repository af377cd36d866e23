/** CAST and TRY_CAST: which conversion it is. What has none here, and what a conversion gives up, is interpreted. */
import {
  type DataType,
  isBinary,
  isCharacter,
  isDatetime,
  isInterval,
  isNumeric,
  MAX_LENGTH,
  sameType,
} from '../../types/data-type.ts';
import { attempt } from './attempt.ts';
import { type Conversion, fromBoolean, fromNumber, KEEP } from './cast-number.ts';
import { betweenTexts, fromText, toText } from './cast-text.ts';
import { fromTime } from './cast-time.ts';
import type { CompileContext } from './context.ts';
import type { CallCompiler, CompilerTable } from './table.ts';

function conversion(from: DataType, to: DataType, context: CompileContext): Conversion | null {
  if (from.kind === 'NULL') return null;
  if (sameType(from, to)) return KEEP;
  if (isCharacter(to)) return isCharacter(from) ? betweenTexts(from, to) : toText(from);
  if (isCharacter(from)) return fromText(to);
  if (isNumeric(from)) return fromNumber(from, to);
  if (from.kind === 'BOOLEAN') return fromBoolean(to);
  if (isDatetime(from)) return fromTime(from, to, context);
  if (isInterval(from)) return KEEP;
  return isBinary(from) && to.kind === 'VARBINARY' && (to.length >= from.length || to.length === MAX_LENGTH)
    ? KEEP
    : null;
}

const CAST: CallCompiler = {
  accepts: (call, context) => conversion(call.args[0]!.type, call.type, context) !== null,
  emit: (call, context, compile) => {
    const value = compile(call.args[0]!);
    const { total, emit } = conversion(call.args[0]!.type, call.type, context)!;
    if (total) return emit(value, call.type, context, () => {});
    return attempt(call, [value], context, (giveUp) => emit({ ...value, valid: null }, call.type, context, giveUp));
  },
};

export const CASTS: CompilerTable = { CAST, TRY_CAST: CAST };
