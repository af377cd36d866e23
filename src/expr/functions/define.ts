/**
 * A function of SQL, described as data: name, signature, what it accepts and returns, and what it does to values. The
 * resolver reads `infer`, the interpreter `evaluate`, the compiler only the name and the flags, documentation the rest.
 */
import type { DataType } from '../../types/data-type.ts';
import { type TimeZone, zoneWhenUsed } from '../../types/time-zone.ts';
import type { Value } from '../../types/value.ts';

/** What a function sees of a call before it is accepted. */
export interface CallShape {
  readonly types: readonly DataType[];
  /** The value of each argument that is a literal, `undefined` for the others. */
  readonly literals: readonly (Value | undefined)[];
}

/** The call is accepted: its type, and the types that the arguments are to be cast to (`undefined`: as they are). */
export interface Inferred {
  readonly type: DataType;
  readonly args?: readonly (DataType | undefined)[];
  /** Strings that cannot be read as the type asked for become NULL, as with TRY_CAST. */
  readonly lenient?: boolean;
}

/** The call is refused: why, lower case, without the name of the function. */
export interface Refused {
  readonly error: string;
}

export type Inference = Inferred | Refused;

/** What does not change from row to row of one evaluation. */
export interface EvaluationContext {
  /** `table.local-time-zone`: an IANA name or `UTC`. */
  readonly timeZone: string;
  /** CURRENT_TIMESTAMP: nanoseconds since the epoch, fixed at query start in BATCH, per record in STREAMING. */
  readonly now: bigint;
  /** Uniform in [0, 1): RAND, UUID. */
  readonly random: () => number;
  /** The session's current database, what CURRENT_DATABASE() returns. */
  readonly currentDatabase?: string;
}

/** One call, as `evaluate` sees it, the same for all rows. */
export interface Evaluation {
  readonly type: DataType;
  readonly argTypes: readonly DataType[];
  /** Which arguments are literals. */
  readonly literalArgs: readonly boolean[];
  readonly context: EvaluationContext;
  /** What is costly to make and the same for most rows: compiled patterns, time zones. */
  readonly memo: Memo;
}

/** Remembers, for each slot, the last thing made and the key it was made for. */
export class Memo {
  readonly #slots = new Map<string, { readonly key: string; readonly thing: unknown }>();

  /** `T` must be the same for every use of the slot. */
  get<T>(slot: string, key: string, make: (key: string) => T): T {
    const last = this.#slots.get(slot);
    if (last !== undefined && last.key === key) return last.thing as T;
    const thing = make(key);
    this.#slots.set(slot, { key, thing });
    return thing;
  }
}

/** The session's time zone. */
export function zoneOf(call: Evaluation): TimeZone {
  return call.memo.get('zone', '', () => zoneWhenUsed(() => call.context.timeZone));
}

export interface ScalarFunction {
  readonly name: string;
  readonly aliases: readonly string[];
  /** One or more lines: `(text STRING, index INT) → STRING`. */
  readonly signature: string;
  readonly doc: string;
  /** Pairs of SQL texts that must be equal; run by a test. */
  readonly examples: readonly (readonly [string, string])[];
  /** The same arguments give the same result, in every run. */
  readonly deterministic: boolean;
  /** Fixed for the query in BATCH, evaluated per record in STREAMING (CURRENT_TIMESTAMP). */
  readonly dynamic: boolean;
  /** An argument that is NULL makes the result NULL, and `evaluate` is not called. */
  readonly strict: boolean;
  /** Not callable as NAME(…): only through its own syntax. */
  readonly syntax: 'function' | 'operator' | 'special';
  readonly minArgs: number;
  readonly maxArgs: number;
  readonly infer: (shape: CallShape) => Inference;
  /** Arguments are values; never null if `strict`. */
  readonly evaluate: (args: readonly Value[], call: Evaluation) => Value;
  /** In place of `evaluate` where not every argument is to be evaluated (AND, CASE, COALESCE). */
  readonly evaluateLazily?: (args: readonly (() => Value)[], call: Evaluation) => Value;
}

export interface ScalarDefinition {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly signature: string;
  readonly doc: string;
  readonly examples?: readonly (readonly [string, string])[];
  readonly deterministic?: boolean;
  readonly dynamic?: boolean;
  readonly strict?: boolean;
  readonly syntax?: 'function' | 'operator' | 'special';
  /** The number of arguments: exactly, or at least and at most. */
  readonly arity: number | readonly [number, number];
  readonly infer: (shape: CallShape) => Inference;
  readonly evaluate?: (args: readonly Value[], call: Evaluation) => Value;
  readonly evaluateLazily?: (args: readonly (() => Value)[], call: Evaluation) => Value;
}

export function defineScalar(definition: ScalarDefinition): ScalarFunction {
  const [minArgs, maxArgs] =
    typeof definition.arity === 'number' ? [definition.arity, definition.arity] : definition.arity;
  const lazily = definition.evaluateLazily;
  return {
    name: definition.name,
    aliases: definition.aliases ?? [],
    signature: definition.signature,
    doc: definition.doc,
    examples: definition.examples ?? [],
    deterministic: definition.deterministic ?? true,
    dynamic: definition.dynamic ?? false,
    strict: definition.strict ?? lazily === undefined,
    syntax: definition.syntax ?? 'function',
    minArgs,
    maxArgs,
    infer: definition.infer,
    evaluate:
      definition.evaluate ??
      ((args, call) =>
        lazily!(
          args.map((value) => () => value),
          call,
        )),
    ...(lazily === undefined ? {} : { evaluateLazily: lazily }),
  };
}

/** What an aggregate function sees of its call. */
export interface AggregateShape extends CallShape {
  /** Never evaluated over an empty group: there is a GROUP BY key and no FILTER. */
  readonly neverEmpty: boolean;
  readonly distinct: boolean;
}

/** One aggregate call, as the accumulator functions see it. */
export interface Aggregation {
  readonly type: DataType;
  readonly argTypes: readonly DataType[];
  readonly literals: readonly Value[];
}

/**
 * An aggregate function. `accumulate`, `retract` and `merge` change the accumulator in place and are the reference
 * for the compiled ones. Rows whose FILTER is not true and repeated rows of DISTINCT never reach them.
 */
export interface AggregateFunction<Accumulator = unknown> {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly signature: string;
  readonly doc: string;
  readonly minArgs: number;
  readonly maxArgs: number;
  readonly deterministic: boolean;
  /** Has `retract`: may be used over input that updates. */
  readonly retractable: boolean;
  /** Has `merge`: may be split into local and global. */
  readonly mergeable: boolean;
  /** The result depends on the order of the rows. */
  readonly orderSensitive: boolean;
  /** DISTINCT changes nothing (MIN, MAX). */
  readonly ignoresDistinct: boolean;
  /** Arguments from this position on are literals and go to `AggregateCall.literals`. */
  readonly literalArgsFrom: number;
  readonly infer: (shape: AggregateShape) => Inference;
  readonly create: (call: Aggregation) => Accumulator;
  readonly accumulate: (accumulator: Accumulator, args: readonly Value[], call: Aggregation) => void;
  readonly retract: ((accumulator: Accumulator, args: readonly Value[], call: Aggregation) => void) | null;
  readonly merge: ((accumulator: Accumulator, other: Accumulator, call: Aggregation) => void) | null;
  readonly result: (accumulator: Accumulator, call: Aggregation) => Value;
}

export interface AggregateDefinition<Accumulator> {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly signature: string;
  readonly doc: string;
  readonly arity: number | readonly [number, number];
  readonly orderSensitive?: boolean;
  readonly ignoresDistinct?: boolean;
  readonly literalArgsFrom?: number;
  readonly infer: (shape: AggregateShape) => Inference;
  readonly create: (call: Aggregation) => Accumulator;
  readonly accumulate: (accumulator: Accumulator, args: readonly Value[], call: Aggregation) => void;
  readonly retract?: (accumulator: Accumulator, args: readonly Value[], call: Aggregation) => void;
  readonly merge?: (accumulator: Accumulator, other: Accumulator, call: Aggregation) => void;
  readonly result: (accumulator: Accumulator, call: Aggregation) => Value;
}

export function defineAggregate<Accumulator>(
  definition: AggregateDefinition<Accumulator>,
): AggregateFunction<Accumulator> {
  const [minArgs, maxArgs] =
    typeof definition.arity === 'number' ? [definition.arity, definition.arity] : definition.arity;
  return {
    name: definition.name,
    aliases: definition.aliases ?? [],
    signature: definition.signature,
    doc: definition.doc,
    minArgs,
    maxArgs,
    deterministic: true,
    retractable: definition.retract !== undefined,
    mergeable: definition.merge !== undefined,
    orderSensitive: definition.orderSensitive ?? false,
    ignoresDistinct: definition.ignoresDistinct ?? false,
    literalArgsFrom: definition.literalArgsFrom ?? Number.POSITIVE_INFINITY,
    infer: definition.infer,
    create: definition.create,
    accumulate: definition.accumulate,
    retract: definition.retract ?? null,
    merge: definition.merge ?? null,
    result: definition.result,
  };
}
