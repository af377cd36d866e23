/** Calls of the JSON functions: their clauses, bound, and the aggregate that a clause about NULLs chooses. */
import type { Expr } from '../../expr/expr.ts';
import { resolveJson } from '../../expr/json-clauses.ts';
import type * as ast from '../../sql/ast.ts';
import { bindType } from './type.ts';

/** @param name in capitals, of a function with clauses of its own */
export function bindJsonCall(node: ast.CallExpr, name: string, bind: (node: ast.Expr) => Expr): Expr {
  const { returning, wrapper, onEmpty, onError, onNull } = node.json ?? {};
  const clauses = {
    returning: returning === undefined ? undefined : bindType(returning),
    wrapper,
    onEmpty: onEmpty?.behaviour,
    onEmptyDefault: onEmpty?.value === undefined ? undefined : bind(onEmpty.value),
    onError: onError?.behaviour,
    onErrorDefault: onError?.value === undefined ? undefined : bind(onError.value),
    onNull,
  };
  return resolveJson(name, node.args.map(bind), clauses, node.span);
}

/** JSON_OBJECTAGG and JSON_ARRAYAGG are two aggregates each; without a clause the name alone says which. */
export function jsonAggregateName(node: ast.CallExpr, name: string): string {
  return node.json?.onNull === undefined ? name : `${name}_${node.json.onNull}_ON_NULL`;
}
