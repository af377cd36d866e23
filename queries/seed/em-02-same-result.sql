-- EM-02: the same final result. An upsert sink with a primary key folds the changelog of STREAMING; what it holds at the
-- end is what BATCH gives. `weir compare queries/seed/em-02-same-result.sql` checks it.
CREATE TEMPORARY TABLE payments (account INT, amount DECIMAL(10, 2)) WITH (
  'connector' = 'values',
  'bounded' = 'true',
  'rows' = '[["+I", {"account": 1, "amount": 10.00}], ["+I", {"account": 2, "amount": 5.50}],
             ["+I", {"account": 1, "amount": -4.00}], ["+I", {"account": 3, "amount": 7.25}],
             ["+I", {"account": 2, "amount": 0.50}]]'
);

CREATE TEMPORARY TABLE balances (account INT, balance DECIMAL(38, 2), PRIMARY KEY (account) NOT ENFORCED) WITH (
  'connector' = 'values',
  'changelog-mode' = 'I,UA,D'
);

SET 'execution.runtime-mode' = 'streaming';

INSERT INTO balances SELECT account, SUM(amount) FROM payments GROUP BY account;

SET 'execution.runtime-mode' = 'batch';

INSERT INTO balances SELECT account, SUM(amount) FROM payments GROUP BY account;
