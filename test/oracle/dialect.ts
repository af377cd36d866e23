/**
 * Weir's syntax tree as SQL of DuckDB. Only what the corpus and the generated queries use, and only where the two
 * differ; what cannot be said in DuckDB is refused.
 */
import type { AstNode, CallExpr, Expr, Query, Select, TypeNode } from '../../src/sql/ast.ts';
import { type Dialect, print, quoteString } from '../../src/sql/print.ts';
import { quote } from './duckdb.ts';

/** The statement cannot be put to DuckDB. */
export class NotInDuckDb extends Error {}

export function toDuckDb(query: Query): string {
  return print(query, duckDialect);
}

const TYPES: Readonly<Record<string, string>> = {
  STRING: 'VARCHAR',
  BYTES: 'BLOB',
  INT: 'INTEGER',
  TIMESTAMP_LTZ: 'TIMESTAMPTZ',
  BINARY: 'BLOB',
  VARBINARY: 'BLOB',
};

/** Functions that are called otherwise and mean the same. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  CHAR_LENGTH: 'length',
  CHARACTER_LENGTH: 'length',
  LISTAGG: 'string_agg',
  GROUPING_ID: 'grouping',
  TRUNCATE: 'trunc',
  IFNULL: 'ifnull',
  CARDINALITY: 'len',
  ARRAY_AGG: 'list',
  STDDEV_POP: 'stddev_pop',
  STDDEV: 'stddev_samp',
  VARIANCE: 'var_samp',
  UPPER: 'upper',
  LOWER: 'lower',
};

/** What is known to mean the same under the same name. */
const SAME: ReadonlySet<string> = new Set([
  ...['COUNT', 'SUM', 'MIN', 'MAX', 'STDDEV_SAMP', 'VAR_POP', 'VAR_SAMP', 'GROUPING'],
  ...['COALESCE', 'NULLIF', 'ABS', 'MOD', 'FLOOR', 'CEIL', 'ROUND', 'SQRT', 'POWER', 'EXP', 'LN', 'SIGN'],
  ...['SUBSTRING', 'CONCAT', 'TRIM', 'LTRIM', 'RTRIM', 'REPLACE', 'POSITION', 'REVERSE', 'LPAD', 'RPAD', 'REPEAT'],
  ...['EXTRACT', 'YEAR', 'MONTH', 'QUARTER', 'GREATEST', 'LEAST'],
  ...['ROW_NUMBER', 'RANK', 'DENSE_RANK', 'NTILE', 'LAG', 'LEAD', 'CUME_DIST', 'PERCENT_RANK'],
  ...['FIRST_VALUE', 'LAST_VALUE', 'ASCII', 'LEFT', 'RIGHT'],
]);

const INTEGERS = "'TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT'";

export const duckDialect: Dialect = {
  name: 'duckdb',
  identifier: (name) => quote(name),
  string: quoteString,
  override(node: AstNode, printed: (child: AstNode) => string): string | undefined {
    switch (node.kind) {
      case 'order-item': {
        const nulls = node.nulls ?? (node.descending ? 'LAST' : 'FIRST');
        return `${printed(node.expr)} ${node.descending ? 'DESC' : 'ASC'} NULLS ${nulls}`;
      }
      case 'simple-type':
        return simpleType(node);
      case 'collection-type':
        if (node.name === 'MULTISET') throw new NotInDuckDb('MULTISET');
        return `${printed(node.element)}[]`;
      case 'row-type':
        return `STRUCT(${node.fields.map((field) => `${printed(field.name)} ${printed(field.type)}`).join(', ')})`;
      case 'map-type':
        return `MAP(${printed(node.key)}, ${printed(node.value)})`;
      case 'call':
        return call(node, printed);
      case 'collection':
        return collection(node.type, node.items.map(printed));
      case 'interval':
        return `INTERVAL ${quoteString(`${node.sign < 0 ? '-' : ''}${node.text}`)} ${node.qualifier.from}`;
      case 'cast':
        if (node.op !== 'CAST') return `TRY_CAST(${printed(node.operand)} AS ${printed(node.type!)})`;
        return undefined;
      case 'like':
        if (node.op !== 'LIKE' || node.escape !== undefined) throw new NotInDuckDb(node.op);
        return undefined;
      case 'datetime':
        return node.type === 'TIMESTAMP_LTZ' ? `TIMESTAMPTZ ${quoteString(`${node.text}+00`)}` : undefined;
      case 'hint':
      case 'path-table':
      case 'function-table':
      case 'match-recognize':
      case 'pivot':
      case 'unpivot':
      case 'parameter':
      case 'interval-of':
      case 'datetime-difference':
      case 'collection-query':
        throw new NotInDuckDb(node.kind);
      case 'unnest':
        return unnest(node, printed);
      case 'select':
        return select(node, printed);
      case 'exists':
        if (node.op !== 'EXISTS') throw new NotInDuckDb(node.op);
        return undefined;
      default:
        return undefined;
    }
  },
};

/** Hints are left out. DuckDB takes no GROUP BY of one empty set beside aggregates only. */
function select(node: Select, printed: (child: AstNode) => string): string | undefined {
  if (node.hints.length === 0) return undefined;
  return printed({ ...node, hints: [] });
}

function unnest(node: Extract<AstNode, { kind: 'unnest' }>, printed: (child: AstNode) => string): string {
  const [only, ...more] = node.exprs;
  if (node.ordinality || more.length > 0 || only === undefined) throw new NotInDuckDb('UNNEST WITH ORDINALITY');
  const alias = node.alias;
  const text = `UNNEST(${printed(only)})`;
  if (alias === undefined) return text;
  const columns = alias.columns === undefined ? '' : ` (${alias.columns.map(printed).join(', ')})`;
  return `${text} AS ${printed(alias.name)}${columns}`;
}

function simpleType(node: Extract<TypeNode, { kind: 'simple-type' }>): string {
  const name = TYPES[node.name] ?? node.name;
  if (name === 'DECIMAL' || name === 'NUMERIC' || name === 'DEC') {
    const [precision = 10, scale = 0] = node.parameters;
    return `DECIMAL(${precision}, ${scale})`;
  }
  if (node.name === 'CHAR' || node.name === 'VARCHAR') {
    // DuckDB does not cut: a cast that would cut must not come here.
    return 'VARCHAR';
  }
  return name;
}

function collection(type: string, items: readonly string[]): string {
  if (type === 'ARRAY') return `[${items.join(', ')}]`;
  if (type !== 'MAP') throw new NotInDuckDb(type);
  const pairs: string[] = [];
  for (let i = 0; i + 1 < items.length; i += 2) pairs.push(`${items[i]}: ${items[i + 1]}`);
  return `MAP {${pairs.join(', ')}}`;
}

function call(node: CallExpr, printed: (child: AstNode) => string): string | undefined {
  const [only] = node.name.parts;
  const name = only === undefined || node.name.parts.length > 1 ? '' : only.name.toUpperCase();
  const args = (): string => node.args.map(printed).join(', ');
  switch (name) {
    case 'AVG':
      return average(node, printed);
    case 'IF':
      return `CASE WHEN ${printed(node.args[0]!)} THEN ${printed(node.args[1]!)} ELSE ${printed(node.args[2]!)} END`;
    case 'TRIM': {
      const [side, characters, text] = node.args;
      if (side?.kind !== 'symbol') return undefined;
      const sides: Readonly<Record<string, string>> = { BOTH: 'trim', LEADING: 'ltrim', TRAILING: 'rtrim' };
      return `${sides[side.value]}(${printed(text!)}, ${printed(characters!)})`;
    }
    case 'LISTAGG': {
      const separator = node.args[1] === undefined ? "','" : printed(node.args[1]);
      return `string_agg(${printed(node.args[0]!)}, ${separator})${filterOf(node, printed)}`;
    }
    case 'DATE_FORMAT':
      return `strftime(${printed(node.args[0]!)}, ${dateFormat(node.args[1]!)})`;
    case 'TIMESTAMPADD':
      return `${printed(node.args[2]!)} + INTERVAL (${printed(node.args[1]!)}) ${printed(node.args[0]!)}`;
    default: {
      const other = FUNCTIONS[name];
      if (other !== undefined) {
        if (node.quantifier !== undefined || node.filter !== undefined || node.over !== undefined) {
          return print(renamed(node, other), duckDialect);
        }
        return `${other}(${args()})`;
      }
      if (!SAME.has(name)) {
        // A name that `renamed` gave.
        if (Object.values(FUNCTIONS).includes(only?.name ?? '')) return undefined;
        throw new NotInDuckDb(name);
      }
      return undefined;
    }
  }
}

function renamed(node: CallExpr, name: string): CallExpr {
  const [part] = node.name.parts;
  return { ...node, name: { ...node.name, parts: [{ ...part!, name }] } };
}

/** Of integers Flink's average is an integer. */
function average(node: CallExpr, printed: (child: AstNode) => string): string {
  const over = node.over === undefined ? '' : ` OVER ${printed(node.over)}`;
  const tail = `${filterOf(node, printed)}${over}`;
  const operand = printed(node.args[0]!);
  const distinct = node.quantifier === 'DISTINCT' ? 'DISTINCT ' : '';
  const plain = `avg(${distinct}${operand})${tail}`;
  return `(CASE WHEN typeof(min(${operand})${tail}) IN (${INTEGERS}) THEN trunc(${plain}) ELSE ${plain} END)`;
}

function filterOf(node: CallExpr, printed: (child: AstNode) => string): string {
  return node.filter === undefined ? '' : ` FILTER (WHERE ${printed(node.filter)})`;
}

function dateFormat(pattern: Expr): string {
  if (pattern.kind !== 'string') throw new NotInDuckDb('DATE_FORMAT with a computed pattern');
  const parts: Readonly<Record<string, string>> = {
    yyyy: '%Y',
    MM: '%m',
    dd: '%d',
    HH: '%H',
    mm: '%M',
    ss: '%S',
  };
  return quoteString(pattern.value.replaceAll(/yyyy|MM|dd|HH|mm|ss/g, (part) => parts[part]!));
}

/** Does the query divide DECIMALs or average them, which DuckDB does as DOUBLE? */
export function divides(tree: unknown): boolean {
  if (typeof tree !== 'object' || tree === null) return false;
  if (Array.isArray(tree)) return tree.some(divides);
  const node = tree as { readonly kind?: string; readonly op?: string; readonly name?: unknown };
  if (node.kind === 'binary' && node.op === '/') return true;
  if (node.kind === 'call') {
    const [part] = (node as CallExpr).name.parts;
    if (/^(AVG|STDDEV|VAR)/i.test(part?.name ?? '')) return true;
  }
  return Object.values(node).some(divides);
}
