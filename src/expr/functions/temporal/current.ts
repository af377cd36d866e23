/** The current date and time: fixed for the query in BATCH, taken per record in STREAMING. */
import { DATE, type DataType, time, timestamp, timestampLtz } from '../../../types/data-type.ts';
import { NANOS_PER_MILLI, splitTimestamp, toLocal, truncateTimestamp } from '../../../types/temporal.ts';
import type { Value } from '../../../types/value.ts';
import { defineScalar, type Evaluation, type ScalarFunction, zoneOf } from '../define.ts';

function current(
  name: string,
  aliases: readonly string[],
  type: DataType,
  doc: string,
  value: (call: Evaluation) => Value,
  flags: { readonly deterministic?: boolean } = {},
): ScalarFunction {
  return defineScalar({
    name,
    aliases,
    arity: 0,
    dynamic: flags.deterministic ?? true,
    deterministic: flags.deterministic ?? true,
    signature: '',
    doc,
    infer: () => ({ type }),
    evaluate: (_args, call) => value(call),
  });
}

function local(call: Evaluation): bigint {
  return truncateTimestamp(toLocal(call.context.now, zoneOf(call)), 3);
}

function instant({ context }: Evaluation): bigint {
  return truncateTimestamp(context.now, 3);
}

/** Milliseconds of the day, cut to seconds. */
function timeOfDay(call: Evaluation): number {
  const millis = Number(splitTimestamp(local(call)).nanoOfDay / NANOS_PER_MILLI);
  return millis - (millis % 1000);
}

export const currentTimestamp = current('CURRENT_TIMESTAMP', ['NOW'], timestampLtz(3), 'The current instant.', instant);
export const currentRowTimestamp = current(
  'CURRENT_ROW_TIMESTAMP',
  [],
  timestampLtz(3),
  'The current instant, taken anew for every row in both modes.',
  instant,
  { deterministic: false },
);
export const localTimestamp = current(
  'LOCALTIMESTAMP',
  [],
  timestamp(3),
  'The current time on the clock of the session’s zone.',
  local,
);
export const currentDate = current(
  'CURRENT_DATE',
  [],
  DATE,
  'The current date in the session’s time zone.',
  (call) => splitTimestamp(local(call)).days,
);
export const localTime = current(
  'LOCALTIME',
  ['CURRENT_TIME'],
  time(0),
  'The current time of day in the session’s time zone.',
  timeOfDay,
);
export const proctime = current(
  'PROCTIME',
  [],
  { kind: 'TIMESTAMP_LTZ', precision: 3, nullable: false, time: 'proctime' },
  'A processing-time attribute: the current instant, taken anew for every row.',
  instant,
  { deterministic: false },
);
