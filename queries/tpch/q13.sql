-- TPC-H Q13: Customer distribution.
-- The tables are made as they are read; 'scale-factor' = '0.01' unless set.
CREATE TABLE customer WITH ('connector' = 'tpch', 'table' = 'customer');
CREATE TABLE orders WITH ('connector' = 'tpch', 'table' = 'orders');

SELECT c_count, COUNT(*) AS custdist
FROM (
  SELECT c_custkey, COUNT(o_orderkey) AS c_count
  FROM customer
  LEFT JOIN orders ON c_custkey = o_custkey AND o_comment NOT LIKE '%special%requests%'
  GROUP BY c_custkey
) AS c_orders
GROUP BY c_count
ORDER BY custdist DESC, c_count DESC;
