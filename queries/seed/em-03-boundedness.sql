-- EM-03: boundedness is a property of a source, known before the job runs. A job is bounded if all its sources are;
-- AUTOMATIC shows what was found, source by source.
CREATE TEMPORARY TABLE known (id INT) WITH ('connector' = 'datagen', 'number-of-rows' = '3');

CREATE TEMPORARY TABLE endless (id INT) WITH ('connector' = 'datagen');

SET 'execution.runtime-mode' = 'automatic';

EXPLAIN SELECT id FROM known;

EXPLAIN SELECT id FROM known UNION ALL SELECT id FROM endless;
