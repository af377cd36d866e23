/** Functions may be given as closures: objects with one method is what operators call. */
import { EngineError } from '../base/errors.ts';
import type { KeySelector } from '../dataflow/functions/functions.ts';
import { isPerSubtask } from './per-subtask.ts';

/** @throws EngineError STREAM-FUNCTION */
export function asFunction<F extends object, M extends keyof F & string>(
  given: F | F[M],
  method: M,
  operator: string,
): F {
  if (isPerSubtask(given)) return given as F;
  if (typeof given === 'function') return { [method]: given } as F;
  if (typeof given === 'object' && given !== null && typeof (given as F)[method] === 'function') return given as F;
  throw new EngineError('STREAM-FUNCTION', `${operator} takes a function, or an object with the method ${method}`);
}

/** @param key a function, or the name (of a tuple: the number) of a field */
export function asKeySelector(key: unknown): KeySelector<unknown, unknown> {
  if (typeof key === 'function') return key as KeySelector<unknown, unknown>;
  if (typeof key === 'string' || typeof key === 'number') {
    return (value) => (value as Readonly<Record<string | number, unknown>>)[key];
  }
  throw new EngineError('STREAM-FUNCTION', 'keyBy takes a function, or the name of a field');
}
