/**
 * The syntax tree of Weir SQL: what the parser yields, the printer prints and the binder reads. Only data, no methods.
 */
import type { EngineError, Span } from '../base/errors.ts';
import type { Distribution, LikeClause, Option, TableElement } from './ast-ddl.ts';
import type { Hint, Pattern } from './ast-leaf.ts';
import type {
  Expr,
  GroupingElement,
  OrderItem,
  Query,
  QueryBody,
  SelectItem,
  TableRef,
  WindowName,
  WindowSpec,
  WithItem,
} from './ast-query.ts';
import type { Statement } from './ast-statement.ts';
import type { Identifier, QualifiedName, TypeNode } from './ast-type.ts';

export type * from './ast-ddl.ts';
export type * from './ast-leaf.ts';
export type * from './ast-query.ts';
export type * from './ast-statement.ts';
export type * from './ast-type.ts';

/** `--` or block comment. `text` is without the comment marks, trimmed. */
export interface Comment {
  readonly text: string;
  readonly span: Span;
}

export interface Script {
  readonly file?: string | undefined;
  /** The text that all spans point into. */
  readonly text: string;
  readonly statements: readonly Statement[];
  readonly comments: readonly Comment[];
}

/** A script of which perhaps only the beginning could be read: `statements` are those before `error`. */
export interface PartialScript extends Script {
  readonly error?: EngineError | undefined;
}

/** Everything with a `kind`. */
export type AstNode =
  | Statement
  | Query
  | QueryBody
  | Expr
  | TableRef
  | TypeNode
  | Identifier
  | QualifiedName
  | OrderItem
  | SelectItem
  | WithItem
  | WindowSpec
  | WindowName
  | GroupingElement
  | Hint
  | Pattern
  | TableElement
  | Distribution
  | LikeClause
  | Option;
