/** A case's query as SQL. What a column reference means is settled here: see cases.ts. */
import type { FuzzCase, FuzzCondition, FuzzExpr, FuzzRelation, FuzzTable, FuzzType } from './cases.ts';
import { columnName } from './tables.ts';

interface Printed {
  readonly sql: string;
  readonly types: readonly FuzzType[];
}

interface Column {
  readonly text: string;
  readonly type: FuzzType;
}

export function printQuery({ tables, query }: FuzzCase): string {
  return new QueryPrinter(tables).relation(query).sql;
}

const CASTS: Readonly<Record<FuzzType, string>> = {
  INT: 'INT',
  BIGINT: 'BIGINT',
  STRING: 'STRING',
  DECIMAL: 'DECIMAL(10, 2)',
  DOUBLE: 'DOUBLE',
  BOOLEAN: 'BOOLEAN',
  DATE: 'DATE',
};

class QueryPrinter {
  readonly #tables: readonly FuzzTable[];
  #aliases = 0;

  constructor(tables: readonly FuzzTable[]) {
    this.#tables = tables;
  }

  relation(relation: FuzzRelation): Printed {
    switch (relation.r) {
      case 'table': {
        const { name, types } = this.#tables[relation.n % this.#tables.length]!;
        return { sql: `SELECT ${names(types.length).join(', ')} FROM ${name}`, types };
      }
      case 'filter': {
        const [from, columns] = this.#from(relation.input);
        return select(columns, `FROM ${from} WHERE ${expr(relation.where, columns)}`);
      }
      case 'project': {
        const [from, columns] = this.#from(relation.input);
        return select(
          relation.items.map((item) => ({ text: expr(item, columns), type: item.type })),
          `FROM ${from}`,
        );
      }
      case 'distinct': {
        const [from, columns] = this.#from(relation.input);
        return select(columns, `FROM ${from}`, 'SELECT DISTINCT');
      }
      case 'join': {
        const [left, leftColumns] = this.#from(relation.left);
        const [right, rightColumns] = this.#from(relation.right);
        const on = condition(relation.on, leftColumns, rightColumns);
        return select([...leftColumns, ...rightColumns], `FROM ${left} ${relation.type} JOIN ${right} ON ${on}`);
      }
      case 'exists': {
        const [left, leftColumns] = this.#from(relation.left);
        const [right, rightColumns] = this.#from(relation.right);
        const on = condition(relation.on, leftColumns, rightColumns);
        const not = relation.negated ? 'NOT ' : '';
        return select(leftColumns, `FROM ${left} WHERE ${not}EXISTS (SELECT 1 FROM ${right} WHERE ${on})`);
      }
      case 'in': {
        const [left, leftColumns] = this.#from(relation.left);
        const [right, rightColumns] = this.#from(relation.right);
        const operand = expr(relation.operand, leftColumns);
        const item = columnOf(relation.operand.type, 0, rightColumns);
        const not = relation.negated ? 'NOT ' : '';
        return select(leftColumns, `FROM ${left} WHERE ${operand} ${not}IN (SELECT ${item} FROM ${right})`);
      }
      case 'scalar': {
        const [left, leftColumns] = this.#from(relation.left);
        const [right, rightColumns] = this.#from(relation.right);
        const correlated = isCorrelated(relation.on, leftColumns, rightColumns);
        // Not correlated, the count of nothing is no row in STREAMING.
        const fn = relation.fn === 'COUNT' && !correlated ? 'MAX' : relation.fn;
        const value = `${fn}(${columnOf('INT', 0, rightColumns)})`;
        const where =
          relation.on.equal.length === 0 ? '' : ` WHERE ${condition(relation.on, leftColumns, rightColumns)}`;
        const operand = expr(relation.operand, leftColumns);
        return select(
          leftColumns,
          `FROM ${left} WHERE ${operand} ${relation.op} (SELECT ${value} FROM ${right}${where})`,
        );
      }
      case 'chain': {
        const [left, leftColumns] = this.#from(relation.left);
        const [right, rightColumns] = this.#from(relation.right);
        const [third, thirdColumns] = this.#from(relation.third);
        const columns = [...leftColumns, ...rightColumns, ...thirdColumns];
        const parts = [
          condition(relation.on, leftColumns, rightColumns),
          condition(relation.thirdOn, rightColumns, thirdColumns),
        ];
        if (relation.where !== null) parts.push(expr(relation.where, columns));
        return select(columns, `FROM ${left}, ${right}, ${third} WHERE ${parts.join(' AND ')}`);
      }
      case 'self': {
        const { sql, types } = this.relation(relation.input);
        const [name, left, right] = [this.#alias(), this.#alias(), this.#alias()];
        const columnsOf = (alias: string): readonly Column[] =>
          types.map((type, i) => ({ text: `${alias}.${columnName(i)}`, type }));
        const head = `WITH ${name} AS (${sql}) SELECT`;
        if (relation.type === 'UNION ALL') {
          const other = select(columnsOf(right), `FROM ${name} AS ${right}`).sql;
          return select(columnsOf(left), `FROM ${name} AS ${left} UNION ALL ${other}`, head);
        }
        const on = condition(relation.on, columnsOf(left), columnsOf(right));
        const from = `FROM ${name} AS ${left} ${relation.type} JOIN ${name} AS ${right} ON ${on}`;
        return select([...columnsOf(left), ...columnsOf(right)], from, head);
      }
      case 'value': {
        const [left, leftColumns] = this.#from(relation.left);
        const [right, rightColumns] = this.#from(relation.right);
        const on = condition(relation.on, leftColumns, rightColumns);
        const operand = expr(relation.operand, leftColumns);
        const item = columnOf(relation.operand.type, 0, rightColumns);
        const correlated = isCorrelated(relation.on, leftColumns, rightColumns);
        const added = subqueryColumn(relation.fn === 'COUNT' && !correlated ? 'MAX' : relation.fn, {
          from: `FROM ${right} WHERE ${on}`,
          operand,
          item,
          type: relation.operand.type,
        });
        return select([...leftColumns, added], `FROM ${left}`);
      }
      case 'or': {
        const [left, leftColumns] = this.#from(relation.left);
        const [right, rightColumns] = this.#from(relation.right);
        const on = condition(relation.on, leftColumns, rightColumns);
        const not = relation.negated ? 'NOT ' : '';
        const { operand } = relation;
        const subquery =
          operand === null
            ? `${not}EXISTS (SELECT 1 FROM ${right} WHERE ${on})`
            : `${expr(operand, leftColumns)} ${not}IN (SELECT ${columnOf(operand.type, 0, rightColumns)} FROM ${right})`;
        return select(leftColumns, `FROM ${left} WHERE ${expr(relation.where, leftColumns)} OR ${subquery}`);
      }
      case 'aggregate':
        return this.#aggregate(relation);
      case 'set': {
        const { types } = relation;
        const [left, leftColumns] = this.#from(relation.left);
        const [right, rightColumns] = this.#from(relation.right);
        const side = (from: string, columns: readonly Column[]): string => {
          const items = types.map((type, i) => ({ text: columnOf(type, i, columns), type }));
          return select(items, `FROM ${from}`).sql;
        };
        const op = `${relation.op}${relation.all ? ' ALL' : ''}`;
        return { sql: `${side(left, leftColumns)} ${op} ${side(right, rightColumns)}`, types };
      }
      case 'top': {
        const [from, columns] = this.#from(relation.input);
        const partition = relation.partition.map((key) => expr(key, columns));
        const by = partition.length === 0 ? '' : `PARTITION BY ${partition.join(', ')} `;
        const number = `ROW_NUMBER() OVER (${by}ORDER BY ${order(columns, relation.descending)})`;
        const inner = select([...columns, { text: number, type: 'BIGINT' }], `FROM ${from}`);
        const alias = this.#alias();
        const rank = columnName(columns.length);
        const kept = columns.map(({ type }, i) => ({ text: `${alias}.${columnName(i)}`, type }));
        if (relation.rank) kept.push({ text: `${alias}.${rank}`, type: 'BIGINT' });
        const { from: low, to: high } = relation;
        const range = low === 1 ? `${alias}.${rank} <= ${high}` : `${alias}.${rank} BETWEEN ${low} AND ${high}`;
        return select(kept, `FROM (${inner.sql}) AS ${alias} WHERE ${range}`);
      }
      case 'limit': {
        const [from, columns] = this.#from(relation.input);
        const offset = relation.offset === 0 ? '' : ` OFFSET ${relation.offset}`;
        const tail = `ORDER BY ${order(columns, relation.descending)} LIMIT ${relation.limit}${offset}`;
        return select(columns, `FROM ${from} ${tail}`);
      }
    }
  }

  #aggregate(relation: FuzzRelation & { readonly r: 'aggregate' }): Printed {
    const [from, columns] = this.#from(relation.input);
    const keys = relation.keys.map((key) => ({ text: expr(key, columns), type: key.type }));
    const calls = relation.aggregates.map(({ fn, distinct, arg, filter }): Column => {
      const when = filter === null ? '' : ` FILTER (WHERE ${expr(filter, columns)})`;
      if (fn === 'COUNT(*)') return { text: `COUNT(*)${when}`, type: 'BIGINT' };
      const text = `${fn}(${distinct ? 'DISTINCT ' : ''}${expr(arg, columns)})${when}`;
      if (fn === 'COUNT') return { text, type: 'BIGINT' };
      // The sum of DECIMALs is wider than what other places of the query expect.
      return { text: arg.type === 'DECIMAL' ? `CAST(${text} AS ${CASTS.DECIMAL})` : text, type: arg.type };
    });
    // An alias in GROUP BY could be taken for a column: keys are computed below.
    const alias = this.#alias();
    const named = keys.map((key, i) => ({ text: `${alias}.k${i}`, type: key.type }));
    const inputs = [...columns.map(({ text }) => text), ...keys.map(({ text }, i) => `${text} AS k${i}`)];
    const inner = `(SELECT ${inputs.join(', ')} FROM ${from})`;
    const own = [...new Set(columns.map(({ text }) => text.split('.')[0]!))];
    const renamed = (text: string): string =>
      own.reduce((result, name) => result.replaceAll(`${name}.`, `${alias}.`), text);
    const list = named.map(({ text }) => text).join(', ');
    const groups = relation.sets === 'plain' ? list : `${relation.sets} (${list})`;
    const by = named.length === 0 ? '' : ` GROUP BY ${groups}`;
    // Of nothing ROLLUP and CUBE give no row in Flink, and a row of NULLs in DuckDB.
    const least = relation.having ? ' HAVING COUNT(*) > 1' : ' HAVING COUNT(*) > 0';
    const having = relation.having || relation.sets !== 'plain' ? least : '';
    const outputs = [...named, ...calls.map(({ text, type }) => ({ text: renamed(text), type }))];
    if (outputs.length === 0) outputs.push({ text: 'COUNT(*)', type: 'BIGINT' });
    return select(outputs, `FROM ${inner} AS ${alias}${by}${having}`);
  }

  #alias(): string {
    return `q${this.#aliases++}`;
  }

  /** The relation under an alias, and its columns behind it. */
  #from(relation: FuzzRelation): readonly [from: string, columns: readonly Column[]] {
    const alias = this.#alias();
    const { sql, types } = this.relation(relation);
    const from = relation.r === 'table' ? this.#tables[relation.n % this.#tables.length]!.name : `(${sql})`;
    return [`${from} AS ${alias}`, types.map((type, i) => ({ text: `${alias}.${columnName(i)}`, type }))];
  }
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, i) => columnName(i));
}

/** Names the columns c0, c1, … */
function select(columns: readonly Column[], tail: string, head = 'SELECT'): Printed {
  const items = columns.map(({ text }, i) => `${text} AS ${columnName(i)}`);
  return { sql: `${head} ${items.join(', ')} ${tail}`, types: columns.map(({ type }) => type) };
}

function order(columns: readonly Column[], descending: number): string {
  return columns.map(({ text }, i) => `${text}${(descending >> i) & 1 ? ' DESC' : ''}`).join(', ');
}

function columnOf(type: FuzzType, n: number, columns: readonly Column[]): string {
  const fitting = columns.filter((column) => column.type === type);
  return fitting.length === 0 ? `CAST(NULL AS ${CASTS[type]})` : fitting[n % fitting.length]!.text;
}

function condition({ equal, rest }: FuzzCondition, left: readonly Column[], right: readonly Column[]): string {
  const parts = equal.map(([type, l, r]) => `${columnOf(type, l, left)} = ${columnOf(type, r, right)}`);
  if (rest !== null) parts.push(expr(rest, [...left, ...right]));
  return parts.length === 0 ? 'TRUE' : parts.join(' AND ');
}

/** Do both sides of every equality name a column? */
function isCorrelated({ equal }: FuzzCondition, left: readonly Column[], right: readonly Column[]): boolean {
  const has = (columns: readonly Column[], type: FuzzType): boolean => columns.some((column) => column.type === type);
  return equal.length > 0 && equal.every(([type]) => has(left, type) && has(right, type));
}

function subqueryColumn(
  fn: 'MAX' | 'COUNT' | 'IN' | 'EXISTS' | 'NOT EXISTS',
  parts: { readonly from: string; readonly operand: string; readonly item: string; readonly type: FuzzType },
): Column {
  const { from, operand, item, type } = parts;
  switch (fn) {
    case 'MAX':
      return { text: `(SELECT MAX(${item}) ${from})`, type };
    case 'COUNT':
      return { text: `(SELECT COUNT(${item}) ${from})`, type: 'BIGINT' };
    case 'IN':
      return { text: `${operand} IN (SELECT ${item} ${from})`, type: 'BOOLEAN' };
    case 'EXISTS':
    case 'NOT EXISTS':
      return { text: `${fn} (SELECT 1 ${from})`, type: 'BOOLEAN' };
  }
}

function expr(node: FuzzExpr, columns: readonly Column[]): string {
  switch (node.e) {
    case 'column':
      return columnOf(node.type, node.n, columns);
    case 'literal':
      return literalText(node.type, node.value);
    case 'call':
      return callText(
        node.fn,
        node.args.map((arg) => expr(arg, columns)),
      );
  }
}

function literalText(type: FuzzType, value: unknown): string {
  if (value === null) return `CAST(NULL AS ${CASTS[type]})`;
  switch (type) {
    case 'STRING':
      return `'${String(value).replaceAll("'", "''")}'`;
    case 'BOOLEAN':
      return value === true ? 'TRUE' : 'FALSE';
    case 'DATE':
      return `DATE '${value}'`;
    case 'BIGINT':
    case 'DOUBLE':
      return `CAST(${value} AS ${type})`;
    default:
      return String(value).startsWith('-') ? `(${value})` : String(value);
  }
}

function callText(fn: string, args: readonly string[]): string {
  const [a, b, c] = args;
  switch (fn) {
    case 'CASE':
      return `CASE WHEN ${a} THEN ${b} ELSE ${c} END`;
    case 'COALESCE':
    case 'NULLIF':
      return `${fn}(${a}, ${b})`;
    case 'POSITION':
      return `POSITION(${a} IN ${b})`;
    case 'MOD':
      return `MOD(${a}, 3)`;
    case 'YEAR':
    case 'MONTH':
    case 'DAY':
      return `EXTRACT(${fn} FROM ${a})`;
    case 'TO STRING':
    case 'TO DOUBLE':
      return `CAST(${a} AS ${fn.slice(3)})`;
    case 'TO DECIMAL':
      return `CAST(${a} AS ${CASTS.DECIMAL})`;
    case 'REPLACE':
      return `REPLACE(${a}, ${b}, ${c})`;
    case 'ABS':
    case 'UPPER':
    case 'LOWER':
    case 'REVERSE':
    case 'TRIM':
    case 'FLOOR':
    case 'CEIL':
    case 'CHAR_LENGTH':
      return `${fn}(${a})`;
    case 'FIRST':
      return `SUBSTRING(${a} FROM 1 FOR 1)`;
    case 'NEXT DAY':
      return `CAST(${a} + INTERVAL '1' DAY AS DATE)`;
    case 'IS NULL':
    case 'IS NOT NULL':
      return `(${a} ${fn})`;
    case 'NOT':
      return `(NOT ${a})`;
    case 'IN':
    case 'NOT IN':
      return `(${a} ${fn} (${b}, ${c}))`;
    case 'BETWEEN':
      return `(${a} BETWEEN ${b} AND ${c})`;
    default:
      return `(${a} ${fn} ${b})`;
  }
}
