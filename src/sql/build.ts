/**
 * What the actions of the grammar call: nodes with their spans, names and values out of tokens, and the shapes that
 * take thought — operators arranged by precedence, parentheses told apart from rows and queries, keyword calls
 * normalised.
 */
import { EngineError, type Span } from '../base/errors.ts';
import type {
  Expr,
  Identifier,
  IntervalQualifier,
  JsonOnClause,
  QualifiedName,
  Query,
  QueryBody,
  SimpleTypeName,
  TableAlias,
  TableRef,
  TimeUnit,
  TypeNode,
} from './ast.ts';
import { keywordOf, type Token } from './lexer.ts';
import { foldOperators, type OperatorTail, type PrefixedOperand, type PrefixOperator } from './precedence.ts';

type Parts = Readonly<Record<string, unknown>>;

interface SetTail {
  readonly op: 'UNION' | 'INTERSECT' | 'EXCEPT';
  readonly all: boolean;
  readonly right: QueryBody;
}

interface QueryTail {
  readonly sets: readonly SetTail[];
  readonly parts: Parts;
}

/** What stood between parentheses: a query or expressions. */
type ParenBody =
  | { readonly query: Query; readonly list?: undefined }
  | { readonly query?: undefined; readonly list: readonly Expr[] };

const TYPE_SYNONYMS: Readonly<Record<string, SimpleTypeName>> = { INTEGER: 'INT', CHARACTER: 'CHAR' };

/** Serves one statement of one token stream. */
export class AstBuilder {
  readonly #tokens: readonly Token[];
  readonly #parameters = new Map<number, number>();
  /** Rows that stood alone in another pair of parentheses. */
  readonly #wrapped = new WeakSet<Expr>();

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  /** From token `start` up to, not including, token `end`. */
  span(start: number, end: number): Span {
    const first = this.#tokens[start] ?? this.#tokens[this.#tokens.length - 1];
    if (first === undefined) return { offset: 0, length: 0, line: 1, column: 1 };
    const last = this.#tokens[end - 1];
    if (last === undefined || end <= start) return { ...first.span, length: 0 };
    const { offset, line, column } = first.span;
    return { offset, length: last.span.offset + last.span.length - offset, line, column };
  }

  /** Parts that are absent in the text (null or undefined) are absent in the node. */
  node(kind: string, start: number, end: number, parts: Parts): unknown {
    return withParts({ kind, span: this.span(start, end) }, parts);
  }

  parts(parts: Parts): unknown {
    return withParts({}, parts);
  }

  word(char: string): string {
    return keywordOf(char.charCodeAt(0)) ?? '';
  }

  value(token: number): string {
    return this.#tokens[token]!.value;
  }

  identifier(token: number): Identifier {
    const { span, value, quoted } = this.#tokens[token]!;
    return { kind: 'identifier', span, name: value, quoted };
  }

  dotted(name: QualifiedName): string {
    return name.parts.map((part) => part.name).join('.');
  }

  isInteger(token: number): boolean {
    return /^\d{1,9}$/.test(this.value(token));
  }

  /** A parameter's place among the parameters, however often the parser passes it. */
  parameter(token: number): number {
    const known = this.#parameters.get(token);
    if (known !== undefined) return known;
    const index = this.#parameters.size;
    this.#parameters.set(token, index);
    return index;
  }

  onNewLine(token: number): boolean {
    return this.#tokens[token]!.span.line > this.#tokens[token - 1]!.span.line;
  }

  string(start: number, end: number): Expr {
    const pieces = this.#tokens.slice(start, end);
    const value = pieces.map((piece) => piece.value).join('');
    const charset = pieces[0]?.charset;
    return this.node('string', start, end, { value, charset }) as Expr;
  }

  // ── types ──

  typeName(word: string, varying = false): SimpleTypeName {
    if (varying) return word === 'BINARY' ? 'VARBINARY' : 'VARCHAR';
    return TYPE_SYNONYMS[word] ?? (word as SimpleTypeName);
  }

  nullable(type: TypeNode, nullable: boolean | null, span: Span): TypeNode {
    return nullable === null ? type : { ...type, span, nullable };
  }

  qualifier(
    from: TimeUnit,
    leadingPrecision?: number | null,
    to?: TimeUnit | { unit: TimeUnit; precision?: number | null } | null,
    fractionalPrecision?: number | null,
  ): IntervalQualifier {
    const end = typeof to === 'string' ? { unit: to } : to;
    return withParts(
      { from },
      { to: end?.unit, leadingPrecision, fractionalPrecision: fractionalPrecision ?? end?.precision },
    ) as unknown as IntervalQualifier;
  }

  // ── queries ──

  setOperator(word: string): string {
    return word === 'MINUS' ? 'EXCEPT' : word;
  }

  /** Left to right, INTERSECT before the others. */
  sets(first: QueryBody, tails: readonly SetTail[]): QueryBody {
    let left: QueryBody | undefined;
    let pending: SetTail | undefined;
    let operand = first;
    const combine = (l: QueryBody, { op, all }: SetTail, right: QueryBody): QueryBody => ({
      kind: 'set-operation',
      span: join(l.span, right.span),
      op,
      all,
      left: l,
      right,
    });
    for (const tail of tails) {
      if (tail.op === 'INTERSECT') {
        operand = combine(operand, tail, tail.right);
        continue;
      }
      left = left === undefined || pending === undefined ? operand : combine(left, pending, operand);
      pending = tail;
      operand = tail.right;
    }
    return left === undefined || pending === undefined ? operand : combine(left, pending, operand);
  }

  /** A parenthesised query without clauses of its own is its body. */
  plainBody(query: Query): QueryBody {
    const plain = !query.with && !query.orderBy && !query.limit && !query.offset;
    return plain ? query.body : query;
  }

  #continueQuery(first: Query, tail: QueryTail, span: Span): Query {
    const body = this.sets(this.plainBody(first), tail.sets);
    return withParts({ kind: 'query', span }, { body, ...tail.parts }) as unknown as Query;
  }

  /** `(a, b)` and `ROW(a, b)` are the row; `(ROW(a, b))` is a row of one column. */
  valuesRow(expr: Expr): readonly Expr[] {
    return expr.kind === 'row' && !this.#wrapped.has(expr) ? expr.items : [expr];
  }

  /** `(a, b)` is two expressions, `a` and `(a)` are one. */
  groupingSet(expr: Expr): readonly Expr[] {
    return expr.kind === 'row' && !expr.explicit ? expr.items : [expr];
  }

  // ── tables ──

  tableByName(name: QualifiedName, rest: Parts & { call?: Parts }, span: Span): unknown {
    if (rest.call === undefined) return withParts({ kind: 'named-table', span }, { name, ...rest });
    const call = withParts({ kind: 'call', span }, { name, ...rest.call });
    return { kind: 'function-table', span, call, lateral: false };
  }

  aliased(table: TableRef, alias: TableAlias | null, span: Span): TableRef {
    if (alias === null) return table;
    if (table.kind === 'join' || table.alias !== undefined) {
      throw new EngineError('SQL-SYNTAX', 'only a single table or a query can have an alias', {
        span: alias.name.span,
        hint: 'name the tables inside the parentheses',
      });
    }
    return { ...table, span, alias };
  }

  /** `end` is where a condition ends, if there may be one. */
  joins(first: TableRef, tails: readonly { readonly right: TableRef; readonly end?: Span }[]): TableRef {
    let left = first;
    for (const { right, end, ...tail } of tails) {
      left = { kind: 'join', span: join(left.span, end ?? right.span), comma: false, ...tail, left, right } as TableRef;
    }
    return left;
  }

  commaJoins(first: TableRef, others: readonly TableRef[]): TableRef {
    return this.joins(
      first,
      others.map((right) => ({ type: 'CROSS', natural: false, comma: true, right })),
    );
  }

  isBareQuery(table: TableRef): boolean {
    return table.kind === 'derived-table' && !table.lateral && table.alias === undefined;
  }

  continueTable(table: TableRef & { query: Query }, tail: QueryTail, span: Span): TableRef {
    return { kind: 'derived-table', span, query: this.#continueQuery(table.query, tail, span), lateral: false };
  }

  // ── expressions ──

  fold(first: Expr | PrefixedOperand, tails: readonly OperatorTail[]): Expr {
    return foldOperators(first, tails);
  }

  prefix(token: number): PrefixOperator {
    const { span, value } = this.#tokens[token]!;
    return { op: value.toUpperCase() as PrefixOperator['op'], span };
  }

  prefixed(operators: readonly PrefixOperator[], operand: Expr): PrefixedOperand {
    return { kind: 'prefixed', operators, operand };
  }

  infix(op: string, right: Expr | PrefixedOperand | (Parts & { kind: 'quantified'; span: Span })): OperatorTail {
    if (right.kind === 'quantified' && 'quantifier' in right && !('operand' in right)) {
      return { type: 'postfix', span: right.span, parts: { ...right, op } };
    }
    return { type: 'infix', op, right: right as Expr | PrefixedOperand };
  }

  postfix(tail: Parts & { infix?: Expr | PrefixedOperand }, negated: boolean, end: number): OperatorTail {
    const { infix, ...parts } = tail;
    if (infix !== undefined) return { type: 'infix', op: 'IS DISTINCT FROM', right: infix, negated };
    return { type: 'postfix', span: this.span(end - 1, end), parts: { ...parts, negated } };
  }

  quantified(word: string, body: ParenBody, span: Span): unknown {
    const quantifier = word === 'ALL' ? 'ALL' : 'ANY';
    return withParts({ kind: 'quantified', span }, { quantifier, query: body.query, list: body.list });
  }

  parenBody(first: Expr, tail: QueryTail | null, others: readonly Expr[], span: Span): ParenBody {
    if (tail === null || first.kind !== 'subquery') return { list: [first, ...others] };
    const query = this.#continueQuery(first.query, tail, span);
    return others.length === 0 ? { query } : { list: [{ kind: 'subquery', span: query.span, query }, ...others] };
  }

  parenthesised(body: ParenBody, span: Span): Expr {
    if (body.query !== undefined) return { kind: 'subquery', span, query: body.query };
    const [only] = body.list;
    if (body.list.length === 1 && only !== undefined) {
      const wrapped = { ...only, span };
      if (only.kind === 'row') this.#wrapped.add(wrapped);
      return wrapped;
    }
    return { kind: 'row', span, explicit: false, items: body.list };
  }

  /** `(a - b)`, which a time unit may follow. */
  isDifference(body: ParenBody): boolean {
    const only = body.list?.length === 1 ? body.list[0] : undefined;
    return only?.kind === 'binary' && only.op === '-';
  }

  difference(body: ParenBody, qualifier: IntervalQualifier): Parts {
    const only = body.list?.[0];
    return only?.kind === 'binary' ? { left: only.left, right: only.right, qualifier } : {};
  }

  queryOrList(body: ParenBody): ParenBody {
    const only = body.list?.length === 1 ? body.list[0] : undefined;
    return only?.kind === 'subquery' ? { query: only.query } : body;
  }

  access(operand: Expr, steps: readonly { index?: Expr; field?: Identifier; end: number }[]): Expr {
    let result = operand;
    for (const { index, field, end } of steps) {
      const span = join(operand.span, this.span(end - 1, end));
      if (index !== undefined) result = { kind: 'element-access', span, operand: result, index };
      else if (field !== undefined) result = { kind: 'field-access', span, operand: result, field };
    }
    return result;
  }

  /** A call by keyword syntax: the name is the token `start`. */
  special(args: readonly (Expr | null)[], start: number, json?: Parts): Parts {
    const name = this.identifier(start);
    const clauses = json === undefined ? undefined : withParts({}, json);
    return {
      name: { kind: 'qualified-name', span: name.span, parts: [name] },
      args: args.filter((arg) => arg !== null),
      json: clauses !== undefined && Object.keys(clauses).length > 0 ? clauses : undefined,
    };
  }

  blank(span: Span): Expr {
    return { kind: 'string', span, value: ' ' };
  }

  /** `TRIM(x)` is `TRIM(BOTH ' ' FROM x)`, `TRIM(c FROM x)` is `TRIM(BOTH c FROM x)`. */
  trim(first: Expr, from: Expr | null): readonly Expr[] {
    const side: Expr = { kind: 'symbol', span: first.span, value: 'BOTH' };
    return from === null ? [side, this.blank(first.span), first] : [side, first, from];
  }

  jsonOn(clauses: readonly { on: 'EMPTY' | 'ERROR'; clause: JsonOnClause }[]): Parts {
    const last = (on: string) => clauses.findLast((each) => each.on === on)?.clause;
    return { onEmpty: last('EMPTY'), onError: last('ERROR') };
  }

  /** UNKNOWN is NULL of type BOOLEAN. */
  unknown(span: Span): Expr {
    const type: TypeNode = { kind: 'simple-type', span, name: 'BOOLEAN', parameters: [] };
    return { kind: 'cast', span, op: 'CAST', operand: { kind: 'null', span }, type };
  }
}

function withParts(node: Record<string, unknown>, parts: Parts): Record<string, unknown> {
  for (const key in parts) {
    const part = parts[key];
    if (part !== null && part !== undefined) node[key] = part;
  }
  return node;
}

function join(first: Span, last: Span): Span {
  const { offset, line, column } = first;
  return { offset, length: last.offset + last.length - offset, line, column };
}
