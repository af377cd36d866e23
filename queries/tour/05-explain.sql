-- The same query, two plans. BATCH picks a join by size and sorts at the end; STREAMING keeps both sides of the join and
-- says for each operator which changes it sends on.
CREATE TEMPORARY TABLE orders (
  order_id INT,
  customer_id INT,
  product STRING,
  quantity INT,
  price DECIMAL(10, 2)
) WITH ('connector' = 'filesystem', 'path' = 'queries/tour/data/orders.json', 'format' = 'json');

CREATE TEMPORARY TABLE customers (
  customer_id INT,
  name STRING,
  city STRING
) WITH (
  'connector' = 'filesystem',
  'path' = 'queries/tour/data/customers.csv',
  'format' = 'csv'
);

SET 'execution.runtime-mode' = 'batch';

EXPLAIN SELECT c.city, SUM(o.quantity) AS pieces
FROM orders AS o
JOIN customers AS c ON o.customer_id = c.customer_id
WHERE o.product = 'tea'
GROUP BY c.city;

SET 'execution.runtime-mode' = 'streaming';

EXPLAIN CHANGELOG_MODE SELECT c.city, SUM(o.quantity) AS pieces
FROM orders AS o
JOIN customers AS c ON o.customer_id = c.customer_id
WHERE o.product = 'tea'
GROUP BY c.city;
