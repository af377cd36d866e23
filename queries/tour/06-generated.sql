-- Data without files: TPC-H and Nexmark are built in, at any size (-D tpch.scale-factor=1, -D nexmark.events.num=…).
CREATE TEMPORARY TABLE customer WITH ('connector' = 'tpch', 'table' = 'customer');
CREATE TEMPORARY TABLE orders WITH ('connector' = 'tpch', 'table' = 'orders');

SET 'nexmark.events.num' = '2000';
CREATE TEMPORARY TABLE nexmark WITH ('connector' = 'nexmark');

SET 'execution.runtime-mode' = 'batch';

-- Who bought most, by market segment.
SELECT c_mktsegment, COUNT(DISTINCT c_custkey) AS customers, SUM(o_totalprice) AS revenue
FROM orders
JOIN customer ON o_custkey = c_custkey
GROUP BY c_mktsegment
ORDER BY revenue DESC;

-- The five auctions with the most bids, first as a result, then as it comes about.
CREATE TEMPORARY VIEW popular AS
SELECT nexmark.bid.auction AS auction, COUNT(*) AS bids, MAX(nexmark.bid.price) AS highest
FROM nexmark
WHERE event_type = 2
GROUP BY nexmark.bid.auction;

SELECT * FROM popular ORDER BY bids DESC, auction LIMIT 5;

SET 'execution.runtime-mode' = 'streaming';
SET 'table.exec.mini-batch.enabled' = 'true';
SET 'table.exec.mini-batch.allow-latency' = '1 s';
SET 'table.exec.mini-batch.size' = '500';

SELECT * FROM popular ORDER BY bids DESC, auction LIMIT 5;
