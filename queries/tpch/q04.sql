-- TPC-H Q4: Order priority checking.
-- The tables are made as they are read; 'scale-factor' = '0.01' unless set.
CREATE TABLE orders WITH ('connector' = 'tpch', 'table' = 'orders');
CREATE TABLE lineitem WITH ('connector' = 'tpch', 'table' = 'lineitem');

SELECT o_orderpriority, COUNT(*) AS order_count
FROM orders
WHERE o_orderdate >= DATE '1993-07-01'
  AND o_orderdate < DATE '1993-07-01' + INTERVAL '3' MONTH
  AND EXISTS (
    SELECT *
    FROM lineitem
    WHERE l_orderkey = o_orderkey
      AND l_commitdate < l_receiptdate
  )
GROUP BY o_orderpriority
ORDER BY o_orderpriority;
