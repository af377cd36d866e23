/** Functions that tell about their argument or the session instead of its value: TYPEOF, CURRENT_DATABASE. */
import { type DataType, MAX_LENGTH, STRING } from '../../../types/data-type.ts';
import { printType } from '../../../types/print.ts';
import type { Value } from '../../../types/value.ts';
import { defineScalar } from '../define.ts';
import { ANY, BOOLEAN_FAMILY, infer } from '../infer.ts';

export const typeOf = defineScalar({
  name: 'TYPEOF',
  arity: [1, 2],
  strict: false,
  signature: '(ANY) → STRING\n(ANY, spelled_out BOOLEAN) → STRING',
  doc: 'The type of the argument as text; spelled out, STRING is VARCHAR(2147483647).',
  examples: [['TYPEOF(1)', "CAST('INT NOT NULL' AS STRING)"]],
  infer: (shape) => {
    if (shape.types.length === 2 && typeof shape.literals[1] !== 'boolean') {
      return { error: 'the second argument must be TRUE or FALSE' };
    }
    return infer([ANY, BOOLEAN_FAMILY], () => STRING, 'always')(shape);
  },
  evaluate: ([, spelledOut], call) => {
    const text = printType(call.argTypes[0] as DataType);
    if (spelledOut !== true) return text;
    return text
      .replace(/\bSTRING\b/g, `VARCHAR(${MAX_LENGTH})`)
      .replace(/\bBYTES\b/g, `VARBINARY(${MAX_LENGTH})`)
      .replace(/\bTIMESTAMP_LTZ(\(\d\))/g, 'TIMESTAMP$1 WITH LOCAL TIME ZONE');
  },
});

export const currentDatabase = defineScalar({
  name: 'CURRENT_DATABASE',
  arity: 0,
  deterministic: false,
  signature: '() → STRING',
  doc: 'The name of the current database.',
  infer: infer([], () => STRING),
  evaluate: (_args, call): Value => call.context.currentDatabase ?? 'default_database',
});
