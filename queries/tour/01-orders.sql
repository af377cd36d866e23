-- One query, two modes. Sales of kettles and grinders by city, from two files of a small shop.
-- Try also: weir compare queries/tour/01-orders.sql
CREATE TEMPORARY TABLE orders (
  order_id INT,
  customer_id INT,
  order_time TIMESTAMP(3),
  product STRING,
  quantity INT,
  price DECIMAL(10, 2),
  status STRING
) WITH ('connector' = 'filesystem', 'path' = 'queries/tour/data/orders.json', 'format' = 'json');

CREATE TEMPORARY TABLE customers (
  customer_id INT,
  name STRING,
  city STRING,
  since DATE,
  credit DECIMAL(10, 2)
) WITH ('connector' = 'filesystem', 'path' = 'queries/tour/data/customers.csv', 'format' = 'csv');

CREATE TEMPORARY VIEW sales AS
SELECT c.city, COUNT(*) AS orders, SUM(o.quantity * o.price) AS revenue
FROM orders AS o
JOIN customers AS c ON o.customer_id = c.customer_id
WHERE o.product IN ('kettle', 'grinder') AND o.quantity * o.price > 320
GROUP BY c.city;

-- BATCH: the whole input first, then one final result.
SET 'execution.runtime-mode' = 'batch';

SELECT * FROM sales;

-- STREAMING: a changelog that keeps the result right after every row. +I adds a row, -U takes the old one back and +U
-- puts the new one in its place; what is left at the end is the table above.
SET 'execution.runtime-mode' = 'streaming';

SELECT * FROM sales;
