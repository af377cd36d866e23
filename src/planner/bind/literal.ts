/** Nodes of literals → typed values (expr/literals.ts). */
import { unreachable } from '../../base/assert.ts';
import type { Expr } from '../../expr/expr.ts';
import {
  binaryLiteral,
  booleanLiteral,
  datetimeLiteral,
  intervalLiteral,
  NULL_LITERAL,
  numberLiteral,
  stringLiteral,
} from '../../expr/literals.ts';
import type {
  BinaryLiteral,
  BooleanLiteral,
  DateTimeLiteral,
  IntervalLiteral,
  NullLiteral,
  NumberLiteral,
  StringLiteral,
} from '../../sql/ast.ts';

type LiteralNode =
  | NumberLiteral
  | StringLiteral
  | BinaryLiteral
  | BooleanLiteral
  | NullLiteral
  | DateTimeLiteral
  | IntervalLiteral;

/** @throws EngineError SQL-LITERAL */
export function bindLiteral(node: LiteralNode): Expr {
  switch (node.kind) {
    case 'number':
      return numberLiteral(node.text, false, node.span);
    case 'string':
      return stringLiteral(node.value);
    case 'binary-string':
      return binaryLiteral(node.hex);
    case 'boolean':
      return booleanLiteral(node.value);
    case 'null':
      return NULL_LITERAL;
    case 'datetime':
      return datetimeLiteral(node.type, node.text, node.span);
    case 'interval':
      return intervalLiteral(node.sign, node.text, node.qualifier, node.span);
    default:
      return unreachable(node);
  }
}
