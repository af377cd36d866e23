-- EM-01: two modes. STREAMING keeps a result up to date row by row; BATCH reads a bounded input to its end and gives one
-- result.
CREATE TEMPORARY TABLE clicks (visitor STRING, page STRING) WITH (
  'connector' = 'values',
  'bounded' = 'true',
  'rows' = '[["+I", {"visitor": "ada", "page": "home"}], ["+I", {"visitor": "bob", "page": "home"}],
             ["+I", {"visitor": "ada", "page": "cart"}], ["+I", {"visitor": "ada", "page": "home"}]]'
);

SET 'execution.runtime-mode' = 'streaming';

SELECT page, COUNT(*) AS clicks FROM clicks GROUP BY page;

SET 'execution.runtime-mode' = 'batch';

SELECT page, COUNT(*) AS clicks FROM clicks GROUP BY page;
