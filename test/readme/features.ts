/**
 * What the README says about Flink SQL, as statements that show it. A feature works in a mode, or is refused there:
 * with an error that names it, before anything runs. When more works, the README must say so: status.test.ts compares.
 */

export type Verdict = 'yes' | 'no';

export interface Feature {
  /** As in the first column of the README's table. */
  readonly name: string;
  readonly batch: Verdict;
  readonly streaming: Verdict;
  readonly statements: readonly string[];
}

/** Tables that the statements below use. */
export const TABLES = `
CREATE TEMPORARY TABLE orders (
  id INT, customer INT, product STRING, quantity INT, price DECIMAL(10, 2), ts TIMESTAMP(3), pt AS PROCTIME(),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'values', 'rows' = '[
  ["+I", {"id": 1, "customer": 1, "product": "tea", "quantity": 1, "price": "1.00", "ts": "2024-01-01 00:00:01"}],
  ["+I", {"id": 2, "customer": 2, "product": "cup", "quantity": 2, "price": "2.00", "ts": "2024-01-01 00:00:07"}],
  ["+I", {"id": 3, "customer": 1, "product": "tea", "quantity": 3, "price": "2.50", "ts": "2024-01-01 00:01:07"}]]');
CREATE TEMPORARY TABLE customers (customer INT, name STRING, PRIMARY KEY (customer) NOT ENFORCED)
WITH ('connector' = 'values', 'rows' = '[
  ["+I", {"customer": 1, "name": "ann"}], ["+I", {"customer": 2, "name": "bob"}]]');
CREATE TEMPORARY TABLE rates (
  customer INT, rate INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts, PRIMARY KEY (customer) NOT ENFORCED
) WITH ('connector' = 'values', 'rows' = '[["+I", {"customer": 1, "rate": 10, "ts": "2024-01-01 00:00:00"}]]');
CREATE TEMPORARY TABLE account (id INT, balance INT, PRIMARY KEY (id) NOT ENFORCED)
WITH ('connector' = 'values', 'changelog-mode' = 'I,UA,D', 'rows' = '[
  ["+I", {"id": 1, "balance": 5}], ["+U", {"id": 1, "balance": 7}]]');
CREATE TEMPORARY TABLE printed WITH ('connector' = 'print') LIKE customers (EXCLUDING ALL);
`;

function both(name: string, verdict: Verdict, ...statements: readonly string[]): Feature {
  return { name, batch: verdict, streaming: verdict, statements };
}

export const FEATURES: readonly Feature[] = [
  both(
    'SELECT, WHERE, expressions, CASE, CAST, about 165 functions',
    'yes',
    "SELECT id, UPPER(product), CASE WHEN quantity > 1 THEN price * 2 END FROM orders WHERE product LIKE 't%'",
    'SHOW FUNCTIONS',
  ),
  both(
    'ARRAY, MAP, ROW; UNNEST; JSON functions',
    'yes',
    'SELECT id, x FROM orders CROSS JOIN UNNEST(ARRAY[quantity, 7]) AS t (x)',
    "SELECT MAP['a', 1], ROW(1, 'x'), JSON_VALUE('{\"a\": 1}', '$.a' RETURNING INT) FROM customers",
  ),
  both(
    'GROUP BY, HAVING, FILTER, DISTINCT, GROUPING SETS, ROLLUP, CUBE',
    'yes',
    'SELECT customer, COUNT(DISTINCT product), SUM(price) FILTER (WHERE quantity > 1) FROM orders GROUP BY customer',
    'SELECT customer, product, SUM(quantity) FROM orders GROUP BY CUBE (customer, product)',
    'SELECT product FROM orders GROUP BY product HAVING COUNT(*) > 1',
  ),
  both(
    'joins: inner, outer, semi, anti, cross; USING, NATURAL',
    'yes',
    'SELECT o.id, c.name FROM orders AS o JOIN customers AS c ON o.customer = c.customer',
    'SELECT o.id, c.name FROM orders AS o FULL JOIN customers AS c ON o.customer = c.customer',
    'SELECT id, name FROM orders CROSS JOIN customers',
    'SELECT id, name FROM orders JOIN customers USING (customer)',
  ),
  both(
    'joins bounded by time attributes (without cleaning up what can no longer match)',
    'yes',
    "SELECT a.id FROM orders AS a JOIN orders AS b ON a.id = b.id AND a.ts BETWEEN b.ts - INTERVAL '1' MINUTE AND b.ts",
  ),
  both(
    'subqueries: IN, EXISTS, ANY, scalar, correlated, LATERAL; WITH',
    'yes',
    'SELECT id FROM orders WHERE customer IN (SELECT customer FROM customers)',
    'SELECT id FROM orders AS o WHERE NOT EXISTS (SELECT 1 FROM customers AS c WHERE c.customer = o.customer)',
    'WITH t AS (SELECT MAX(customer) AS m FROM customers) SELECT id, (SELECT m FROM t) FROM orders',
  ),
  both(
    'UNION, INTERSECT, EXCEPT, each with ALL; VALUES',
    'yes',
    'SELECT customer FROM orders INTERSECT SELECT customer FROM customers',
    'SELECT customer FROM orders EXCEPT ALL SELECT customer FROM customers',
    "SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS t (n, s)",
  ),
  both(
    'ORDER BY with LIMIT; ORDER BY time; LIMIT, OFFSET',
    'yes',
    'SELECT id FROM orders ORDER BY quantity DESC LIMIT 2',
    'SELECT id FROM orders ORDER BY ts',
  ),
  {
    name: 'ORDER BY anything else',
    batch: 'yes',
    streaming: 'no',
    statements: ['SELECT id FROM orders ORDER BY price'],
  },
  both(
    'top-N and deduplication by ROW_NUMBER; QUALIFY',
    'yes',
    'SELECT id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY customer ORDER BY price) AS n FROM orders) WHERE n <= 2',
    'SELECT id FROM orders QUALIFY ROW_NUMBER() OVER (PARTITION BY customer ORDER BY ts) = 1',
  ),
  {
    name: 'top-N by RANK',
    batch: 'yes',
    streaming: 'no',
    statements: ['SELECT id FROM (SELECT id, RANK() OVER (ORDER BY price) AS n FROM orders) WHERE n <= 2'],
  },
  {
    name: 'sources of updates: changelogs with -U, +U, -D; upserts by primary key',
    batch: 'no',
    streaming: 'yes',
    statements: ['SELECT COUNT(*), SUM(balance) FROM account', 'SELECT id FROM account WHERE balance > 5'],
  },
  both(
    'INSERT INTO, CREATE TABLE AS, statement sets; views; ALTER, DROP, SHOW, DESCRIBE, USE, SET',
    'yes',
    'INSERT INTO printed SELECT customer, name FROM customers',
    "CREATE TABLE copied WITH ('connector' = 'blackhole') AS SELECT id FROM orders",
    'EXECUTE STATEMENT SET BEGIN INSERT INTO printed SELECT * FROM customers; END',
    'CREATE TEMPORARY VIEW v AS SELECT id FROM orders',
    'DESCRIBE orders',
  ),
  both(
    'EXPLAIN, EXPLAIN RULES; hints OPTIONS, BROADCAST, SHUFFLE_HASH, STATE_TTL and the like',
    'yes',
    'EXPLAIN SELECT id FROM orders',
    'EXPLAIN RULES SELECT id FROM orders WHERE quantity > 1',
    'SELECT /*+ BROADCAST(c) */ o.id FROM orders AS o JOIN customers AS c ON o.customer = c.customer',
  ),
  both(
    'windows: TUMBLE, HOP, CUMULATE, SESSION; group windows',
    'no',
    "SELECT * FROM TABLE(TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '10' SECOND))",
    "SELECT * FROM TABLE(HOP(TABLE orders, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '10' SECOND))",
    "SELECT SUM(quantity) FROM orders GROUP BY TUMBLE(ts, INTERVAL '10' SECOND)",
  ),
  both(
    'aggregates OVER windows; LAG, LEAD, NTILE',
    'no',
    'SELECT SUM(quantity) OVER (PARTITION BY customer ORDER BY ts) FROM orders',
    'SELECT LAG(quantity) OVER (PARTITION BY customer ORDER BY ts) FROM orders',
  ),
  both(
    'temporal joins and lookup joins (FOR SYSTEM_TIME AS OF)',
    'no',
    'SELECT r.rate FROM orders AS o JOIN rates FOR SYSTEM_TIME AS OF o.ts AS r ON o.customer = r.customer',
    'SELECT c.name FROM orders AS o JOIN customers FOR SYSTEM_TIME AS OF o.pt AS c ON o.customer = c.customer',
  ),
  both(
    'MATCH_RECOGNIZE, PIVOT, TABLESAMPLE, WITH RECURSIVE',
    'no',
    `SELECT * FROM orders MATCH_RECOGNIZE (
       ORDER BY ts MEASURES A.id AS a PATTERN (A) DEFINE A AS A.quantity > 1)`,
    `SELECT * FROM (SELECT customer, product, quantity FROM orders)
     PIVOT (SUM(quantity) FOR product IN ('tea', 'cup'))`,
    'SELECT * FROM orders TABLESAMPLE BERNOULLI (50)',
    'WITH RECURSIVE t (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT * FROM t',
  ),
  both(
    'user-defined functions, process table functions, models',
    'no',
    "CREATE FUNCTION f AS 'com.example.F'",
    "CREATE MODEL m INPUT (a INT) OUTPUT (b INT) WITH ('provider' = 'x')",
  ),
  both(
    'UPDATE, DELETE, TRUNCATE, MERGE; materialized tables; ANALYZE; compiled plans',
    'no',
    "UPDATE printed SET name = 'x' WHERE customer = 1",
    'DELETE FROM printed WHERE customer = 1',
    'TRUNCATE TABLE printed',
    "CREATE MATERIALIZED TABLE m FRESHNESS = INTERVAL '1' MINUTE AS SELECT customer FROM customers",
    'ANALYZE TABLE customers COMPUTE STATISTICS',
    "COMPILE PLAN 'plan.json' FOR INSERT INTO printed SELECT * FROM customers",
  ),
];
