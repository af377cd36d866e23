/** How the string functions are defined: a result type, and what is done to the arguments. */
import { MAX_LENGTH } from '../../../types/data-type.ts';
import type { Value } from '../../../types/value.ts';
import { defineScalar, type ScalarFunction } from '../define.ts';
import type { Infer } from '../infer.ts';

/** The length of a result type: at most that of STRING. */
export function cappedLength(length: number): number {
  return Math.min(length, MAX_LENGTH);
}

/** A string function of strings: its result type and what it does. */
export function textFunction(
  name: string,
  aliases: readonly string[],
  signature: string,
  doc: string,
  inference: Infer,
  arity: number | readonly [number, number],
  evaluate: (args: readonly Value[]) => Value,
  examples: readonly (readonly [string, string])[] = [],
): ScalarFunction {
  return defineScalar({ name, aliases, signature, doc, examples, arity, infer: inference, evaluate });
}
