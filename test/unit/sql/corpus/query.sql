-- Queries, one for each clause or function syntax.

-- tumble tvf
SELECT window_start, window_end, SUM(price) AS total_price
FROM TABLE(TUMBLE(TABLE Bid, DESCRIPTOR(bidtime), INTERVAL '10' MINUTES))
GROUP BY window_start, window_end;

-- hop tvf
SELECT window_start, window_end, COUNT(*) FROM TABLE(HOP(TABLE Bid, DESCRIPTOR(bidtime), INTERVAL '5' MINUTES, INTERVAL '10' MINUTES)) GROUP BY window_start, window_end;

-- session tvf partition
SELECT window_start, window_end, item, SUM(price) FROM TABLE(SESSION(TABLE Bid PARTITION BY item, DESCRIPTOR(bidtime), INTERVAL '5' MINUTES)) GROUP BY item, window_start, window_end;

-- legacy group window
SELECT `user`, TUMBLE_START(order_time, INTERVAL '1' DAY) AS wStart, SUM(amount)
FROM Orders GROUP BY TUMBLE(order_time, INTERVAL '1' DAY), `user`;

-- over range
SELECT order_id, order_time, amount,
  SUM(amount) OVER (PARTITION BY product ORDER BY order_time RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW) AS s
FROM Orders;

-- topn
SELECT product_id, category, product_name, sales, row_num FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY category ORDER BY sales DESC) AS row_num FROM ShopSales)
WHERE row_num <= 5;

-- dedup
SELECT order_id, `user`, product FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY order_id ORDER BY proctime ASC) AS row_num FROM Orders) AS t
WHERE t.row_num = 1;

-- match recognize within
SELECT T.aid, T.bid, T.cid FROM MyTable MATCH_RECOGNIZE (
  PARTITION BY userid ORDER BY proctime
  MEASURES A.id AS aid, B.id AS bid, C.id AS cid
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (A B{1,2}? C*) WITHIN INTERVAL '1' HOUR
  DEFINE A AS A.name = 'a', B AS B.name = 'b', C AS C.name = 'c') AS T;

-- lookup join proctime
SELECT o.order_id, o.total, c.country, c.zip
FROM Orders AS o JOIN Customers FOR SYSTEM_TIME AS OF o.proc_time AS c ON o.customer_id = c.id;

-- lateral tf
SELECT order_id, res FROM Orders LEFT OUTER JOIN LATERAL TABLE(table_func(order_id)) AS t(res) ON TRUE;

-- unnest
SELECT order_id, t.id FROM Orders CROSS JOIN UNNEST(product_names) AS t (id);

-- grouping sets
SELECT supplier_id, rating, COUNT(*) AS total, GROUPING(supplier_id) FROM (VALUES ('supplier1', 'product1', 4), ('supplier1', 'product2', 3)) AS Products(supplier_id, product_id, rating) GROUP BY GROUPING SETS ((supplier_id, rating), (supplier_id), ());

-- cube
SELECT supplier_id, rating, product_id, COUNT(*) FROM P GROUP BY CUBE (supplier_id, rating, product_id);

-- hint join
SELECT /*+ BROADCAST(t1), SHUFFLE_HASH(t3) */ * FROM t1 JOIN t2 ON t1.id = t2.id JOIN t3 ON t1.id = t3.id;

-- set ops
(SELECT s FROM t1) UNION ALL (SELECT s FROM t2) EXCEPT (SELECT s FROM t3) INTERSECT ALL SELECT s FROM t4;

-- cast try cast
SELECT CAST(a AS DECIMAL(10, 2)), TRY_CAST(b AS INT), CAST(c AS TIMESTAMP_LTZ(3)), CAST(d AS ROW<x INT, y STRING>), CAST(e AS ARRAY<STRING>), TRY_CAST(f AS MAP<STRING, INT>) FROM t;

-- interval literals
SELECT INTERVAL '1 02:03:04.567' DAY TO SECOND, INTERVAL '2-3' YEAR TO MONTH, INTERVAL '10' SECOND(3), ts + INTERVAL '1' MONTH, INTERVAL -'1' DAY FROM t;

-- datetime functions
SELECT EXTRACT(DAY FROM ts), FLOOR(ts TO HOUR), CEIL(ts TO DAY), TIMESTAMPADD(WEEK, 1, ts), TIMESTAMPDIFF(MINUTE, a, b), CURRENT_TIMESTAMP, LOCALTIME, DATE '2020-01-01', TIME '10:00:00', TIMESTAMP '2020-01-01 00:00:00.000', CURRENT_WATERMARK(ts), (a, b) OVERLAPS (c, d) FROM t;

-- predicates
SELECT * FROM t WHERE a BETWEEN SYMMETRIC 5 AND 1 AND b IS NOT DISTINCT FROM c AND d NOT IN (1, 2) AND e IS NOT UNKNOWN AND f IS TRUE AND g <> ALL (SELECT x FROM s) AND h >= ANY (SELECT y FROM s) AND (i, j) IN (SELECT x, y FROM s);

-- exists correlated
SELECT `user`, amount FROM Orders WHERE EXISTS (SELECT product FROM NewProducts WHERE NewProducts.p = Orders.product) AND NOT EXISTS (SELECT 1 FROM Bad);

-- order limit offset fetch
SELECT * FROM Orders ORDER BY orderTime DESC NULLS LAST, 2 OFFSET 5 ROWS FETCH NEXT 10 ROWS ONLY;

-- joins misc
SELECT * FROM a NATURAL JOIN b INNER JOIN c USING (id, k) FULL OUTER JOIN d ON a.x = d.x CROSS JOIN e;

-- case funcs
SELECT CASE a WHEN 1 THEN 'x' ELSE 'y' END, CASE WHEN b > 1 THEN 1 END, NULLIF(a, b), COALESCE(a, b, 0), IF(a > 1, 'y', 'n'), GREATEST(a, b), MOD(a, 2), a % 2, -a, +b, POWER(2, 3) FROM t;

-- select no from
SELECT 1 + 1 AS two;

-- ml predict
SELECT id, label FROM ML_PREDICT(TABLE comments, MODEL sentiment, DESCRIPTOR(txt));

-- in subquery having
SELECT a, SUM(b) s FROM t WHERE a IN (SELECT x FROM u) GROUP BY a HAVING SUM(b) > 100 AND COUNT(*) > (SELECT AVG(n) FROM z);

-- insert cte
INSERT INTO sink WITH x AS (SELECT a FROM t) SELECT a FROM x;
