-- What a changelog is. The rows of this table are written into its definition, updates and a deletion among them.
CREATE TEMPORARY TABLE account (
  id INT NOT NULL,
  owner STRING,
  balance INT,
  PRIMARY KEY (id) NOT ENFORCED
) WITH (
  'connector' = 'values',
  'changelog-mode' = 'I,UB,UA,D',
  'rows' = '[
    ["+I", {"id": 1, "owner": "ann", "balance": 100}],
    ["+I", {"id": 2, "owner": "bob", "balance": 50}],
    ["-U", {"id": 1, "owner": "ann", "balance": 100}],
    ["+U", {"id": 1, "owner": "ann", "balance": 70}],
    ["+I", {"id": 3, "owner": "ann", "balance": 30}],
    ["-D", {"id": 2, "owner": "bob", "balance": 50}],
    ["+I", {"id": 4, "owner": "cid", "balance": 10}]
  ]'
);

-- The table itself: its changes pass through.
SELECT * FROM account;

-- What is built on it follows each change. Bob's row goes when his only account does.
SELECT owner, SUM(balance) AS total FROM account GROUP BY owner;

-- Changes of changes: how many owners have so much? Only what differs is sent on.
SELECT total, COUNT(*) AS owners
FROM (SELECT owner, SUM(balance) AS total FROM account GROUP BY owner)
GROUP BY total;

-- Mini-batches fold the changes of a short while into one per key: fewer lines, the same table in the end.
SET 'table.exec.mini-batch.enabled' = 'true';
SET 'table.exec.mini-batch.allow-latency' = '1 s';
SET 'table.exec.mini-batch.size' = '1000';

SELECT owner, SUM(balance) AS total FROM account GROUP BY owner;
