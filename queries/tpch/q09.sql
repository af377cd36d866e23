-- TPC-H Q9: Product type profit measure.
-- The tables are made as they are read; 'scale-factor' = '0.01' unless set.
CREATE TABLE part WITH ('connector' = 'tpch', 'table' = 'part');
CREATE TABLE supplier WITH ('connector' = 'tpch', 'table' = 'supplier');
CREATE TABLE lineitem WITH ('connector' = 'tpch', 'table' = 'lineitem');
CREATE TABLE partsupp WITH ('connector' = 'tpch', 'table' = 'partsupp');
CREATE TABLE orders WITH ('connector' = 'tpch', 'table' = 'orders');
CREATE TABLE nation WITH ('connector' = 'tpch', 'table' = 'nation');

SELECT nation, o_year, SUM(amount) AS sum_profit
FROM (
  SELECT
    n_name AS nation,
    EXTRACT(YEAR FROM o_orderdate) AS o_year,
    l_extendedprice * (1 - l_discount) - ps_supplycost * l_quantity AS amount
  FROM part, supplier, lineitem, partsupp, orders, nation
  WHERE s_suppkey = l_suppkey
    AND ps_suppkey = l_suppkey
    AND ps_partkey = l_partkey
    AND p_partkey = l_partkey
    AND o_orderkey = l_orderkey
    AND s_nationkey = n_nationkey
    AND p_name LIKE '%green%'
) AS profit
GROUP BY nation, o_year
ORDER BY nation, o_year DESC;
