-- Files can be read in place: CSV, JSON lines and Parquet. Columns and types are taken from the file.
SET 'execution.runtime-mode' = 'batch';

SELECT * FROM 'queries/tour/data/products.csv';

SELECT status, COUNT(*) AS orders, SUM(quantity) AS pieces
FROM 'queries/tour/data/orders.parquet'
GROUP BY status
ORDER BY orders DESC;

-- All three in one query.
SELECT p.category, COUNT(DISTINCT c.city) AS cities, SUM(o.quantity) AS pieces
FROM 'queries/tour/data/orders.json' AS o
JOIN 'queries/tour/data/products.csv' AS p ON o.product = p.product
LEFT JOIN 'queries/tour/data/customers.csv' AS c ON o.customer_id = c.customer_id
GROUP BY p.category
ORDER BY pieces DESC;

-- Customers who ordered no tea in March.
SELECT name, city
FROM 'queries/tour/data/customers.csv' AS c
WHERE NOT EXISTS (
  SELECT 1
  FROM 'queries/tour/data/orders.json' AS o
  WHERE o.customer_id = c.customer_id AND o.product = 'tea'
)
ORDER BY name;
