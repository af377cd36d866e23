/** The clauses of the JSON functions as arguments. */
import type { DataType } from '../types/data-type.ts';
import type { Expr } from './expr.ts';
import { resolveCall } from './resolve.ts';

export interface JsonClauses {
  readonly returning?: DataType | undefined;
  readonly wrapper?: string | undefined;
  readonly onEmpty?: string | undefined;
  readonly onEmptyDefault?: Expr | undefined;
  readonly onError?: string | undefined;
  readonly onErrorDefault?: Expr | undefined;
  readonly onNull?: string | undefined;
}

/** @throws EngineError SQL-FUNCTION-UNKNOWN, SQL-ARGUMENT-TYPE */
export function jsonArguments(name: string, args: readonly Expr[], _clauses: JsonClauses): Expr {
  return resolveCall(name, args);
}
