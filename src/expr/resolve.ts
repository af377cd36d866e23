/**
 * Turns a name and typed arguments into a typed call: finds the function, checks the arguments, writes the implicit
 * casts out and chooses the result type. The binder calls nothing else for scalar functions; special syntax (CASE,
 * IN, BETWEEN, EXTRACT, …) has its own entry points in operators.ts.
 */
import { EngineError, type Span } from '../base/errors.ts';
import { nearestName } from '../base/nearest.ts';
import { type DataType, isCharacter, nullable, sameType } from '../types/data-type.ts';
import { printType } from '../types/print.ts';
import type { Value } from '../types/value.ts';
import { call, type Expr } from './expr.ts';
import type { CallShape, Inferred, ScalarFunction } from './functions/define.ts';
import { functions } from './functions/index.ts';
import { REWRITES } from './rewrite.ts';

/**
 * @throws EngineError SQL-FUNCTION-UNKNOWN if there is no such function, SQL-ARGUMENT-TYPE if it does not take these
 * arguments
 */
export function resolveCall(name: string, args: readonly Expr[], span?: Span): Expr {
  const rewrite = REWRITES.get(name.toUpperCase());
  if (rewrite !== undefined && (rewrite.args === args.length || functions.scalar(name) === undefined)) {
    checkArity({ name, signature: '', minArgs: rewrite.args, maxArgs: rewrite.args }, args.length, span);
    return rewrite.rewrite(args, (inner, innerArgs) => resolveCall(inner, innerArgs, span));
  }
  const fn = functions.scalar(name);
  if (fn === undefined) throw unknownFunction(name, span);
  return resolveFunction(fn, args, span);
}

/**
 * `NAME(…)` as written in a query: operators and special syntax cannot be called so.
 *
 * @throws EngineError as resolveCall
 */
export function resolveNamed(name: string, args: readonly Expr[], span?: Span): Expr {
  const fn = functions.scalar(name);
  if (fn !== undefined && fn.syntax !== 'function') throw unknownFunction(name, span);
  return resolveCall(name, args, span);
}

/** As resolveCall, for a function already found. */
function resolveFunction(fn: ScalarFunction, args: readonly Expr[], span?: Span): Expr {
  checkArity(fn, args.length, span);
  const shape = shapeOf(args);
  const inferred = accepted(fn, fn.infer(shape), shape.types, span);
  return call(fn.name, castArgs(args, inferred), inferred.type);
}

/** An aggregate call before its arguments are made columns. */
export interface ResolvedAggregate {
  readonly fn: string;
  /** With implicit casts; the binder projects them and makes them columns. */
  readonly args: readonly Expr[];
  /** The values of arguments that must be literals (the separator of LISTAGG). */
  readonly literals: readonly Value[];
  readonly type: DataType;
}

/**
 * @param options.neverEmpty there is a GROUP BY key and no FILTER, so no group is empty
 * @throws EngineError SQL-FUNCTION-UNKNOWN, SQL-ARGUMENT-TYPE
 */
export function resolveAggregate(
  name: string,
  args: readonly Expr[],
  options: { readonly distinct: boolean; readonly neverEmpty: boolean },
  span?: Span,
): ResolvedAggregate {
  const fn = functions.aggregate(name);
  if (fn === undefined) throw unknownFunction(name, span);
  checkArity(fn, args.length, span);
  const shape = shapeOf(args);
  const inferred = accepted(fn, fn.infer({ ...shape, ...options }), shape.types, span);
  const cast = castArgs(args, inferred);
  const literals = cast.slice(fn.literalArgsFrom).map((arg): Value => {
    if (arg.kind === 'literal') return arg.value;
    throw new EngineError('SQL-ARGUMENT-TYPE', `${fn.name}: the separator must be a literal`, { span });
  });
  return { fn: fn.name, args: cast.slice(0, fn.literalArgsFrom), literals, type: inferred.type };
}

/** An implicit cast: none if only nullability differs, folded if the argument is an untyped NULL. */
export function castTo(expr: Expr, type: DataType): Expr {
  if (sameType(expr.type, type)) return expr;
  const target: DataType = { ...type, nullable: expr.type.nullable };
  if (expr.kind === 'literal' && expr.value === null) return { ...expr, type: { ...type, nullable: true } };
  return call('CAST', [expr], target);
}

function unknownFunction(name: string, span?: Span): EngineError {
  const names = [...functions.scalars, ...functions.aggregates]
    .filter((fn) => /^[A-Z]/.test(fn.name))
    .flatMap((fn) => [fn.name, ...fn.aliases]);
  const similar = nearestName(name, names);
  return new EngineError('SQL-FUNCTION-UNKNOWN', `unknown function ${name}`, {
    span,
    hint: similar === null ? 'SHOW FUNCTIONS lists what there is' : `did you mean ${similar}?`,
  });
}

function shapeOf(args: readonly Expr[]): CallShape {
  return {
    types: args.map((arg) => arg.type),
    literals: args.map((arg) => (arg.kind === 'literal' ? arg.value : undefined)),
  };
}

interface Named {
  readonly name: string;
  readonly signature: string;
  readonly minArgs: number;
  readonly maxArgs: number;
}

function checkArity(fn: Named, count: number, span: Span | undefined): void {
  if (count >= fn.minArgs && count <= fn.maxArgs) return;
  const wanted =
    fn.minArgs === fn.maxArgs
      ? String(fn.minArgs)
      : fn.maxArgs === Number.POSITIVE_INFINITY
        ? `at least ${fn.minArgs}`
        : `${fn.minArgs} to ${fn.maxArgs}`;
  throw new EngineError('SQL-ARGUMENT-TYPE', `${fn.name} takes ${wanted} arguments, not ${count}`, {
    span,
    hint: fn.signature === '' ? undefined : signatureHint(fn),
  });
}

function accepted(
  fn: Named,
  inference: ReturnType<ScalarFunction['infer']>,
  types: readonly DataType[],
  span: Span | undefined,
): Inferred {
  if (!('error' in inference)) return inference;
  const given = types.map(printType).join(', ');
  throw new EngineError('SQL-ARGUMENT-TYPE', `cannot apply ${fn.name} to (${given}): ${inference.error}`, {
    span,
    hint: signatureHint(fn),
  });
}

function signatureHint(fn: Named): string {
  return `it is ${fn.signature
    .split('\n')
    .map((line) => `${fn.name}${line.trim()}`)
    .join(' or ')}`;
}

function castArgs(args: readonly Expr[], inferred: Inferred): readonly Expr[] {
  if (inferred.args === undefined) return args;
  return args.map((arg, i) => {
    const wanted = inferred.args![i];
    if (wanted === undefined) return arg;
    const tries = inferred.lenient === true && isCharacter(arg.type) && !isCharacter(wanted);
    return tries ? call('TRY_CAST', [arg], nullable(wanted)) : castTo(arg, wanted);
  });
}
