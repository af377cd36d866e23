/** Prints queries, table references and types; expressions are in print-expr.ts, statements in print-statement.ts. */
import type {
  AfterMatchSkip,
  AstNode,
  GroupingElement,
  Hint,
  Identifier,
  Join,
  MatchRecognize,
  Pattern,
  Pivot,
  QualifiedName,
  Query,
  QueryBody,
  RowTypeField,
  Select,
  SetOperation,
  Statement,
  TableAlias,
  TableRef,
  TypeNode,
  Unpivot,
  WindowFrame,
  WindowSpec,
} from './ast.ts';
import { ADDITIVE_LEVEL } from './precedence.ts';
import { type ExprHost, printExpr } from './print-expr.ts';

interface PrintDialect {
  identifier(name: string, quoted: boolean): string;
  string(value: string): string;
  override?(node: AstNode, print: (child: AstNode) => string): string | undefined;
}

export type StatementPrinter = (statement: Statement, printer: Printer) => string;

export class Printer implements ExprHost {
  readonly #dialect: PrintDialect;
  readonly #statement: StatementPrinter;

  constructor(dialect: PrintDialect, statement: StatementPrinter) {
    this.#dialect = dialect;
    this.#statement = statement;
  }

  node(node: AstNode): string {
    return this.override(node) ?? this.#print(node);
  }

  /** The dialect's own text, if it has one. */
  override(node: AstNode): string | undefined {
    return this.#dialect.override?.(node, (child) => this.node(child));
  }

  string(value: string): string {
    return this.#dialect.string(value);
  }

  list(nodes: readonly AstNode[]): string {
    return nodes.map((node) => this.node(node)).join(', ');
  }

  /** `(a, b)` */
  columns(names: readonly (Identifier | QualifiedName)[]): string {
    return `(${this.list(names)})`;
  }

  hints(hints: readonly Hint[]): string | undefined {
    return hints.length === 0 ? undefined : `/*+ ${this.list(hints)} */`;
  }

  /** A function's name is never quoted unless it was: reserved words may name functions. */
  functionName(name: QualifiedName): string {
    const [only] = name.parts;
    return name.parts.length === 1 && only !== undefined && !only.quoted ? only.name : this.node(name);
  }

  #print(node: AstNode): string {
    switch (node.kind) {
      case 'identifier':
        return this.#dialect.identifier(node.name, node.quoted);
      case 'qualified-name':
        return node.parts.map((part) => this.node(part)).join('.');
      case 'query':
        return this.#query(node);
      case 'select':
        return this.#select(node);
      case 'set-operation':
        return this.#setOperation(node);
      case 'values':
        return `VALUES ${node.rows.map((row) => `(${this.list(row)})`).join(', ')}`;
      case 'table-query':
        return `TABLE ${this.node(node.name)}`;
      case 'select-item':
        return words(this.node(node.expr), node.alias && `AS ${this.node(node.alias)}`);
      case 'with-item':
        return words(this.node(node.name), node.columns && this.columns(node.columns), `AS (${this.node(node.query)})`);
      case 'order-item':
        return words(this.node(node.expr), node.descending && 'DESC', node.nulls && `NULLS ${node.nulls}`);
      case 'window-name':
        return this.node(node.name);
      case 'window-spec':
        return this.#windowSpec(node);
      case 'grouping-set':
      case 'grouping-sets':
      case 'rollup':
      case 'cube':
        return this.#grouping(node);
      case 'hint':
        return this.#hint(node);
      case 'named-table':
      case 'path-table':
      case 'derived-table':
      case 'function-table':
      case 'unnest':
      case 'join':
      case 'match-recognize':
      case 'pivot':
      case 'unpivot':
        return this.#table(node);
      case 'pattern-variable':
      case 'pattern-sequence':
      case 'pattern-alternatives':
      case 'pattern-permute':
      case 'pattern-exclude':
      case 'pattern-anchor':
      case 'pattern-repeat':
        return this.#pattern(node);
      case 'simple-type':
      case 'collection-type':
      case 'map-type':
      case 'row-type':
      case 'structured-type':
      case 'raw-type':
      case 'named-type':
        return words(this.#type(node), nullability(node.nullable));
      default:
        return this.#printOther(node);
    }
  }

  #printOther(node: Exclude<AstNode, { kind: 'query' }>): string {
    const text = printExpr(node, this);
    return text ?? this.#statement(node as Statement, this);
  }

  // ── queries ──

  #query(query: Query): string {
    const { with: ctes, body, orderBy, limit, offset } = query;
    return words(
      ctes && `WITH ${ctes.recursive ? 'RECURSIVE ' : ''}${this.list(ctes.items)}`,
      body.kind === 'query' ? `(${this.node(body)})` : this.node(body),
      orderBy && `ORDER BY ${this.list(orderBy)}`,
      limit && `LIMIT ${this.node(limit)}`,
      offset && `OFFSET ${this.node(offset)}`,
    );
  }

  /** Goes down the left side in a loop: it may be thousands of UNIONs deep. */
  #setOperation(operation: SetOperation): string {
    const parts: string[] = [];
    let node: SetOperation = operation;
    for (;;) {
      const tight = node.op === 'INTERSECT';
      const { right } = node;
      const rightAlone = right.kind !== 'set-operation' || (!tight && right.op === 'INTERSECT');
      parts.push(this.#operand(right, rightAlone), `${node.op}${node.all ? ' ALL' : ''}`);
      const { left } = node;
      const bare = left.kind === 'set-operation' && (!tight || left.op === 'INTERSECT');
      const overridden = bare ? this.override(left) : undefined;
      if (!bare || overridden !== undefined) {
        parts.push(overridden ?? this.#operand(left, left.kind !== 'set-operation'));
        return parts.reverse().join(' ');
      }
      node = left;
    }
  }

  #operand(body: QueryBody, alone: boolean): string {
    return alone && body.kind !== 'query' ? this.node(body) : `(${this.node(body)})`;
  }

  #select(select: Select): string {
    const { groupBy } = select;
    return words(
      'SELECT',
      this.hints(select.hints),
      select.distinct && 'DISTINCT',
      this.list(select.items),
      select.from && `FROM ${this.node(select.from)}`,
      select.where && `WHERE ${this.node(select.where)}`,
      groupBy && `GROUP BY ${groupBy.distinct ? 'DISTINCT ' : ''}${this.list(groupBy.items)}`,
      select.having && `HAVING ${this.node(select.having)}`,
      select.windows.length > 0 &&
        `WINDOW ${select.windows.map((each) => `${this.node(each.name)} AS ${this.node(each.spec)}`).join(', ')}`,
      select.qualify && `QUALIFY ${this.node(select.qualify)}`,
    );
  }

  #grouping(element: GroupingElement): string {
    if (element.kind === 'grouping-set') {
      const text = this.list(element.exprs);
      return element.exprs.length === 1 ? text : `(${text})`;
    }
    const elements = `(${this.list(element.elements)})`;
    return element.kind === 'grouping-sets' ? `GROUPING SETS ${elements}` : `${element.kind.toUpperCase()} ${elements}`;
  }

  #windowSpec({ base, partitionBy, orderBy, frame }: WindowSpec): string {
    const text = words(
      base && this.node(base),
      partitionBy.length > 0 && `PARTITION BY ${this.list(partitionBy)}`,
      orderBy.length > 0 && `ORDER BY ${this.list(orderBy)}`,
      frame && this.#frame(frame),
    );
    return `(${text})`;
  }

  #frame({ unit, start, end }: WindowFrame): string {
    const bound = (at: WindowFrame['start']): string => {
      const text = at.kind.replaceAll('-', ' ').toUpperCase();
      return 'offset' in at ? `${printExpr(at.offset, this, ADDITIVE_LEVEL)} ${text}` : text;
    };
    return end === undefined ? `${unit} ${bound(start)}` : `${unit} BETWEEN ${bound(start)} AND ${bound(end)}`;
  }

  #hint({ name, args }: Hint): string {
    const texts = args.map(({ key, value, type }) => {
      if (key !== undefined) return `${this.string(key)} = ${this.string(value)}`;
      if (type === 'string') return this.string(value);
      if (type === 'number') return value;
      return value
        .split('.')
        .map((part) => this.#dialect.identifier(part, false))
        .join('.');
    });
    return `${this.#dialect.identifier(name, false)}${texts.length === 0 ? '' : `(${texts.join(', ')})`}`;
  }

  // ── tables ──

  #table(table: TableRef): string {
    if (table.kind === 'join') return this.#join(table);
    return words(this.#tableAlone(table), table.alias && this.#alias(table.alias));
  }

  #tableAlone(table: Exclude<TableRef, Join>): string {
    switch (table.kind) {
      case 'named-table': {
        const { name, hints, systemTime, sample } = table;
        const time = systemTime && `FOR SYSTEM_TIME AS OF ${printExpr(systemTime, this, ADDITIVE_LEVEL)}`;
        const part = sample && `TABLESAMPLE ${sample.method}(${this.node(sample.percent)})`;
        const seed = sample?.seed && `REPEATABLE(${this.node(sample.seed)})`;
        return words(this.node(name), this.hints(hints), time, part, seed);
      }
      case 'path-table':
        return words(this.string(table.path), this.hints(table.hints));
      case 'derived-table':
        return words(table.lateral && 'LATERAL', `(${this.node(table.query)})`);
      case 'function-table':
        return words(table.lateral && 'LATERAL', `TABLE(${this.node(table.call)})`);
      case 'unnest':
        return words(`UNNEST(${this.list(table.exprs)})`, table.ordinality && 'WITH ORDINALITY');
      case 'match-recognize':
        return this.#matchRecognize(table);
      case 'pivot':
        return this.#pivot(table);
      case 'unpivot':
        return this.#unpivot(table);
    }
  }

  #alias({ name, columns }: TableAlias): string {
    return words('AS', this.node(name), columns && this.columns(columns));
  }

  #input(table: TableRef): string {
    return table.kind === 'join' ? `(${this.node(table)})` : this.node(table);
  }

  /** Goes down the left side in a loop, as chains of joins are. */
  #join(join: Join): string {
    const parts: string[] = [];
    let node: Join = join;
    for (;;) {
      parts.push(this.#joinTail(node));
      const { left } = node;
      const overridden = this.override(left);
      if (left.kind !== 'join' || overridden !== undefined) {
        return (overridden ?? this.node(left)) + parts.reverse().join('');
      }
      node = left;
    }
  }

  #joinTail({ type, natural, comma, right, on, using }: Join): string {
    if (comma) return `, ${this.node(right)}`;
    const condition = on ? `ON ${this.node(on)}` : using && `USING ${this.columns(using)}`;
    return ` ${words(natural && 'NATURAL', type, 'JOIN', this.#input(right), condition)}`;
  }

  #matchRecognize(match: MatchRecognize): string {
    const { partitionBy, orderBy, measures, rowsPerMatch, skip, pattern, within, subsets, define } = match;
    const inner = words(
      partitionBy.length > 0 && `PARTITION BY ${this.list(partitionBy)}`,
      orderBy.length > 0 && `ORDER BY ${this.list(orderBy)}`,
      measures.length > 0 &&
        `MEASURES ${measures.map((each) => `${this.node(each.expr)} AS ${this.node(each.alias)}`).join(', ')}`,
      rowsPerMatch && `${rowsPerMatch === 'ONE' ? 'ONE ROW' : 'ALL ROWS'} PER MATCH`,
      skip && `AFTER MATCH SKIP ${this.#skip(skip)}`,
      `PATTERN (${this.node(pattern)})`,
      within && `WITHIN ${this.node(within)}`,
      subsets.length > 0 &&
        `SUBSET ${subsets.map((each) => `${this.node(each.name)} = ${this.columns(each.variables)}`).join(', ')}`,
      `DEFINE ${define.map((each) => `${this.node(each.variable)} AS ${this.node(each.condition)}`).join(', ')}`,
    );
    return `${this.#input(match.input)} MATCH_RECOGNIZE (${inner})`;
  }

  #skip(skip: AfterMatchSkip): string {
    if (skip.to === 'PAST LAST ROW') return skip.to;
    return 'variable' in skip ? `TO ${skip.to} ${this.node(skip.variable)}` : `TO ${skip.to}`;
  }

  #pattern(pattern: Pattern): string {
    switch (pattern.kind) {
      case 'pattern-variable':
        return this.node(pattern.name);
      case 'pattern-alternatives':
        return pattern.items.map((item) => this.#patternItem(item, ['pattern-alternatives'])).join(' | ');
      case 'pattern-sequence':
        return pattern.items
          .map((item) => this.#patternItem(item, ['pattern-alternatives', 'pattern-sequence']))
          .join(' ');
      case 'pattern-permute':
        return `PERMUTE(${this.list(pattern.items)})`;
      case 'pattern-exclude':
        return `{- ${this.node(pattern.item)} -}`;
      case 'pattern-anchor':
        return pattern.at === 'start' ? '^' : '$';
      case 'pattern-repeat': {
        const { item, min, max, reluctant } = pattern;
        const inner = ['pattern-alternatives', 'pattern-sequence', 'pattern-repeat'];
        const count = max === undefined ? `{${min},}` : `{${min},${max}}`;
        return `${this.#patternItem(item, inner)}${count}${reluctant ? '?' : ''}`;
      }
    }
  }

  #patternItem(item: Pattern, parenthesised: readonly string[]): string {
    return parenthesised.includes(item.kind) ? `(${this.node(item)})` : this.node(item);
  }

  #pivot({ input, aggregates, axes, values }: Pivot): string {
    const named = (text: string, alias: Identifier | undefined) => words(text, alias && `AS ${this.node(alias)}`);
    const calls = aggregates.map((each) => named(this.node(each.call), each.alias)).join(', ');
    const rows = values.map((each) => named(`(${this.list(each.values)})`, each.alias)).join(', ');
    return `${this.#input(input)} PIVOT (${calls} FOR ${this.columns(axes)} IN (${rows}))`;
  }

  #unpivot({ input, includeNulls, measures, axes, items }: Unpivot): string {
    const texts = items.map(({ columns, labels }) =>
      words(this.columns(columns), labels && `AS (${this.list(labels)})`),
    );
    const inner = `${this.columns(measures)} FOR ${this.columns(axes)} IN (${texts.join(', ')})`;
    return words(this.#input(input), 'UNPIVOT', includeNulls && 'INCLUDE NULLS', `(${inner})`);
  }

  // ── types ──

  #type(type: TypeNode): string {
    switch (type.kind) {
      case 'simple-type': {
        const parameters = type.parameters.length === 0 ? '' : `(${type.parameters.join(', ')})`;
        return `${type.name}${parameters}`;
      }
      case 'collection-type':
        return `${type.name}<${this.node(type.element)}>`;
      case 'map-type':
        return `MAP<${this.node(type.key)}, ${this.node(type.value)}>`;
      case 'row-type':
        return `ROW<${this.#fields(type.fields)}>`;
      case 'structured-type': {
        const fields = type.fields.length === 0 ? '' : `, ${this.#fields(type.fields)}`;
        return `STRUCTURED<${this.string(type.className)}${fields}>`;
      }
      case 'raw-type':
        return `RAW(${this.string(type.className)}, ${this.string(type.serializer)})`;
      case 'named-type':
        return this.node(type.name);
    }
  }

  #fields(fields: readonly RowTypeField[]): string {
    return fields
      .map(({ name, type, comment }) => words(this.node(name), this.node(type), comment && this.string(comment)))
      .join(', ');
  }
}

/** The texts that are there, with spaces between. */
export function words(...texts: readonly (string | false | undefined)[]): string {
  return texts.filter((text) => text !== undefined && text !== false && text !== '').join(' ');
}

function nullability(nullable: boolean | undefined): string | undefined {
  if (nullable === undefined) return undefined;
  return nullable ? 'NULL' : 'NOT NULL';
}
