/**
 * Building blocks for the type inference of functions: families of accepted argument types, and how the nullability
 * of the result follows from the arguments. Most functions are one line: `infer([CHARACTER, INTEGER], () => STRING)`.
 */
import {
  type DataType,
  INT,
  isBinary,
  isCharacter,
  isDatetime,
  isExactNumeric,
  isInteger,
  isInterval,
  isNumeric,
  isTimestamp,
  nullable,
} from '../../types/data-type.ts';
import type { CallShape, Inference } from './define.ts';

/** A set of types that an argument may have, and what an accepted argument is cast to (undefined: left as it is). */
export interface Family {
  readonly name: string;
  readonly accepts: (type: DataType) => boolean;
  readonly wanted?: (type: DataType) => DataType | undefined;
  /** An untyped NULL is one of the accepted types. */
  readonly takesNull?: boolean;
}

export const ANY: Family = { name: 'any type', accepts: () => true };
export const NUMERIC: Family = { name: 'a number', accepts: isNumeric };
export const EXACT_NUMERIC: Family = { name: 'an exact number', accepts: isExactNumeric };
export const CHARACTER: Family = { name: 'a string', accepts: isCharacter };
export const BINARY: Family = { name: 'a binary string', accepts: isBinary };
export const BOOLEAN_FAMILY: Family = { name: 'BOOLEAN', accepts: (type) => type.kind === 'BOOLEAN' };
export const DATETIME: Family = { name: 'a date or time', accepts: isDatetime };
export const TIMESTAMPS: Family = { name: 'a timestamp', accepts: isTimestamp };
export const INTERVAL: Family = { name: 'an interval', accepts: isInterval };
export const INTEGER_NUMERIC: Family = { name: 'an integer', accepts: isInteger };
export const ARRAY_FAMILY: Family = { name: 'an array', accepts: (type) => type.kind === 'ARRAY' };
export const MAP_FAMILY: Family = { name: 'a map', accepts: (type) => type.kind === 'MAP' };

/** INT, and what widens to it. */
export const INTEGER: Family = {
  name: 'INT',
  accepts: (type) => isInteger(type) && type.kind !== 'BIGINT',
  wanted: (type) => nullable(INT, type.nullable),
};

/** A number of any kind, cast to the given type. */
export function numericAs(target: DataType): Family {
  return { ...NUMERIC, wanted: (type) => nullable(target, type.nullable) };
}

/** The family, or an untyped NULL, which becomes a NULL of the given type. */
export function orNull(family: Family, type: DataType): Family {
  return {
    name: family.name,
    accepts: (each) => each.kind === 'NULL' || family.accepts(each),
    wanted: (each) => (each.kind === 'NULL' ? nullable(type) : family.wanted?.(each)),
    takesNull: true,
  };
}

/** Any of the families. */
export function either(...families: readonly Family[]): Family {
  return {
    name: families.map((family) => family.name).join(' or '),
    accepts: (type) => families.some((family) => family.accepts(type)),
    wanted: (type) => families.find((family) => family.accepts(type))?.wanted?.(type),
  };
}

/** When the result is nullable: any argument is, the first is, all are, always, never, or as `returns` says. */
export type NullRule = 'any' | 'first' | 'all' | 'always' | 'never' | 'as-is';

export type Returns = (shape: CallShape, cast: readonly DataType[]) => DataType | string;

/** Arguments of these families, one after the other; trailing ones may be missing down to the function's arity. */
export function infer(families: readonly Family[], returns: Returns, nulls: NullRule = 'any'): Infer {
  return (shape) => inferWith((index) => families[index]!, shape, returns, nulls);
}

/** As `infer`, the last family repeated as often as there are arguments. */
export function inferVariadic(families: readonly Family[], returns: Returns, nulls: NullRule = 'any'): Infer {
  return (shape) => inferWith((index) => families[Math.min(index, families.length - 1)]!, shape, returns, nulls);
}

/** The first alternative that accepts the call; the error of the last one otherwise. */
export function firstOf(...alternatives: readonly Infer[]): Infer {
  return (shape) => {
    let inference: Inference = { error: 'no form of it fits' };
    for (const alternative of alternatives) {
      inference = alternative(shape);
      if (!('error' in inference)) return inference;
    }
    return inference;
  };
}

export type Infer = (shape: CallShape) => Inference;

function inferWith(family: (index: number) => Family, shape: CallShape, returns: Returns, nulls: NullRule): Inference {
  const args: (DataType | undefined)[] = [];
  for (const [i, type] of shape.types.entries()) {
    const accepted = family(i);
    if (type.kind === 'NULL' && accepted !== ANY && accepted.takesNull !== true) {
      return { error: `argument ${i + 1} is an untyped NULL; write CAST(NULL AS …)` };
    }
    if (!accepted.accepts(type)) return { error: `argument ${i + 1} must be ${accepted.name}` };
    args.push(accepted.wanted?.(type));
  }
  const cast = args.map((arg, i) => arg ?? shape.types[i]!);
  const type = returns(shape, cast);
  if (typeof type === 'string') return { error: type };
  return { type: nulls === 'as-is' ? type : nullable(type, isNullable(shape.types, nulls)), args };
}

export function isNullable(types: readonly DataType[], nulls: Exclude<NullRule, 'as-is'>): boolean {
  switch (nulls) {
    case 'any':
      return types.some((type) => type.nullable);
    case 'first':
      return types[0]!.nullable;
    case 'all':
      return types.every((type) => type.nullable);
    case 'always':
      return true;
    case 'never':
      return false;
  }
}

/** The type of the first argument. */
export const firstArgument: Returns = (_shape, cast) => cast[0]!;
