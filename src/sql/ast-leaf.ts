/** The nodes that hold no expression: literals, column references, operators, hints, row patterns. */
import type { Span } from '../base/errors.ts';
import type { TimeUnit as DurationUnit } from '../types/interval.ts';
import type { Identifier, QualifiedName, TypeNode } from './ast-type.ts';

// ── literals ──

/** `text` is exactly what was written, without sign: `1`, `2.50`, `1E-3`. */
export interface NumberLiteral {
  readonly kind: 'number';
  readonly span: Span;
  readonly text: string;
}

/**
 * `value` has quotes and escapes undone; `charset` is the prefix of `_UTF8'…'`. U& literals arrive as plain strings.
 */
export interface StringLiteral {
  readonly kind: 'string';
  readonly span: Span;
  readonly value: string;
  readonly charset?: string | undefined;
}

/** `X'0AFF'`: an even number of hexadecimal digits, upper case. */
export interface BinaryLiteral {
  readonly kind: 'binary-string';
  readonly span: Span;
  readonly hex: string;
}

export interface BooleanLiteral {
  readonly kind: 'boolean';
  readonly span: Span;
  readonly value: boolean;
}

export interface NullLiteral {
  readonly kind: 'null';
  readonly span: Span;
}

/** `DATE '…'`, `TIME '…'`, `TIMESTAMP '…'`, `TIMESTAMP WITH LOCAL TIME ZONE '…'`. The text is not checked here. */
export interface DateTimeLiteral {
  readonly kind: 'datetime';
  readonly span: Span;
  readonly type: 'DATE' | 'TIME' | 'TIMESTAMP' | 'TIMESTAMP_LTZ';
  readonly text: string;
}

/** Units of durations, and of EXTRACT what is no duration. */
export type TimeUnit = DurationUnit | 'DOW' | 'DOY' | 'ISODOW' | 'ISOYEAR' | 'EPOCH';

/** `DAY(3) TO SECOND(6)`. Plurals are folded (MINUTES → MINUTE). */
export interface IntervalQualifier {
  readonly from: TimeUnit;
  readonly to?: TimeUnit | undefined;
  readonly leadingPrecision?: number | undefined;
  readonly fractionalPrecision?: number | undefined;
}

/** `INTERVAL -'1 02' DAY TO HOUR`: `sign` is that before the quote; a sign inside stays in `text`. */
export interface IntervalLiteral {
  readonly kind: 'interval';
  readonly span: Span;
  readonly sign: 1 | -1;
  readonly text: string;
  readonly qualifier: IntervalQualifier;
}

// ── other leaves ──

/** A column, perhaps behind table qualifiers and with row fields after it: which part is which, the binder decides. */
export interface ColumnRef {
  readonly kind: 'column-ref';
  readonly span: Span;
  readonly name: QualifiedName;
}

/** `*` or `t.*`: a select item, or the argument of COUNT. */
export interface StarExpr {
  readonly kind: 'star';
  readonly span: Span;
  readonly qualifier?: QualifiedName | undefined;
}

/** A keyword used as an argument: the DAY of EXTRACT, the BOTH of TRIM, `NULL ON EMPTY` of JSON_VALUE. Upper case. */
export interface SymbolExpr {
  readonly kind: 'symbol';
  readonly span: Span;
  readonly value: string;
}

/** `DEFAULT` as an argument or as an inserted value. */
export interface DefaultExpr {
  readonly kind: 'default';
  readonly span: Span;
}

/** `?`; `index` counts from 0 within the statement. */
export interface DynamicParameter {
  readonly kind: 'parameter';
  readonly span: Span;
  readonly index: number;
}

/** `DESCRIPTOR(ts, k)`; a column may carry a type. */
export interface DescriptorArgument {
  readonly kind: 'descriptor';
  readonly span: Span;
  readonly columns: readonly DescriptorColumn[];
}

export interface DescriptorColumn {
  readonly name: Identifier;
  readonly type?: TypeNode | undefined;
}

// ── operators ──

export type ComparisonOp = '=' | '<>' | '<' | '<=' | '>' | '>=';

export type BinaryOp =
  | ComparisonOp
  | 'AND'
  | 'OR'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '||'
  | 'OVERLAPS'
  | 'CONTAINS'
  | 'EQUALS'
  | 'PRECEDES'
  | 'SUCCEEDS'
  | 'IMMEDIATELY PRECEDES'
  | 'IMMEDIATELY SUCCEEDS'
  | 'MEMBER OF'
  | 'SUBMULTISET OF'
  | 'MULTISET UNION'
  | 'MULTISET UNION ALL'
  | 'MULTISET INTERSECT'
  | 'MULTISET INTERSECT ALL'
  | 'MULTISET EXCEPT'
  | 'MULTISET EXCEPT ALL';

export type IsTest =
  | 'NULL'
  | 'TRUE'
  | 'FALSE'
  | 'UNKNOWN'
  | 'DISTINCT FROM'
  | 'A SET'
  | 'EMPTY'
  | 'JSON VALUE'
  | 'JSON OBJECT'
  | 'JSON ARRAY'
  | 'JSON SCALAR';

// ── hints ──

/** `NAME(a, b)`, `NAME('k' = 'v')`. `name` is upper case. */
export interface Hint {
  readonly kind: 'hint';
  readonly span: Span;
  readonly name: string;
  readonly args: readonly HintArgument[];
}

/** `key` only for pairs. `type` says how the value was written. */
export interface HintArgument {
  readonly key?: string | undefined;
  readonly value: string;
  readonly type: 'identifier' | 'string' | 'number';
}

// ── row patterns ──

export type Pattern =
  | { readonly kind: 'pattern-variable'; readonly span: Span; readonly name: Identifier }
  | {
      readonly kind: 'pattern-sequence' | 'pattern-alternatives' | 'pattern-permute';
      readonly span: Span;
      readonly items: readonly Pattern[];
    }
  | { readonly kind: 'pattern-exclude'; readonly span: Span; readonly item: Pattern }
  | { readonly kind: 'pattern-anchor'; readonly span: Span; readonly at: 'start' | 'end' }
  | {
      readonly kind: 'pattern-repeat';
      readonly span: Span;
      readonly item: Pattern;
      readonly min: number;
      /** Absent: no upper bound. */
      readonly max?: number | undefined;
      readonly reluctant: boolean;
    };

export type AfterMatchSkip =
  | { readonly to: 'PAST LAST ROW' | 'NEXT ROW' }
  | { readonly to: 'FIRST' | 'LAST'; readonly variable: Identifier };

export interface PatternSubset {
  readonly name: Identifier;
  readonly variables: readonly Identifier[];
}
