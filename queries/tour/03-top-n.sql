-- The two largest orders of each product, kept up to date; and the latest order of some customers.
CREATE TEMPORARY TABLE orders (
  order_id INT,
  customer_id INT,
  order_time TIMESTAMP(3),
  product STRING,
  quantity INT,
  price DECIMAL(10, 2),
  status STRING
) WITH ('connector' = 'filesystem', 'path' = 'queries/tour/data/orders.json', 'format' = 'json');

CREATE TEMPORARY VIEW largest AS
SELECT product, place, order_id, worth
FROM (
  SELECT
    product,
    order_id,
    quantity * price AS worth,
    ROW_NUMBER() OVER (PARTITION BY product ORDER BY quantity * price DESC, order_id) AS place
  FROM orders
  WHERE product IN ('kettle', 'tea')
)
WHERE place <= 2;

SET 'execution.runtime-mode' = 'batch';

SELECT * FROM largest ORDER BY product, place;

-- As a stream: a larger order pushes the others down, and the third one out.
SET 'execution.runtime-mode' = 'streaming';

SELECT * FROM largest;

-- The latest order of each customer: one row is kept per key.
SELECT customer_id, order_id, order_time
FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY order_time DESC, order_id DESC) AS row_num
  FROM orders
  WHERE customer_id <= 3
)
WHERE row_num = 1;
