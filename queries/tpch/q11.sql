-- TPC-H Q11: Important stock identification.
-- The tables are made as they are read; 'scale-factor' = '0.01' unless set.
CREATE TABLE partsupp WITH ('connector' = 'tpch', 'table' = 'partsupp');
CREATE TABLE supplier WITH ('connector' = 'tpch', 'table' = 'supplier');
CREATE TABLE nation WITH ('connector' = 'tpch', 'table' = 'nation');

SELECT ps_partkey, SUM(ps_supplycost * ps_availqty) AS `value`
FROM partsupp, supplier, nation
WHERE ps_suppkey = s_suppkey
  AND s_nationkey = n_nationkey
  AND n_name = 'GERMANY'
GROUP BY ps_partkey
HAVING SUM(ps_supplycost * ps_availqty) > (
  SELECT SUM(ps_supplycost * ps_availqty) * 0.0001
  FROM partsupp, supplier, nation
  WHERE ps_suppkey = s_suppkey
    AND s_nationkey = n_nationkey
    AND n_name = 'GERMANY'
)
ORDER BY `value` DESC;
