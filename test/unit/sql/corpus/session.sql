-- SET, EXPLAIN, SHOW and the like.

-- set quoted
SET 'execution.runtime-mode' = 'batch';

-- set list
SET;

-- reset key
RESET 'execution.runtime-mode';

-- reset all
RESET;

-- explain
EXPLAIN SELECT count(*) FROM t;

-- explain plan for
EXPLAIN PLAN FOR SELECT a, count(*) FROM t GROUP BY a;

-- explain details
EXPLAIN ESTIMATED_COST, CHANGELOG_MODE, JSON_EXECUTION_PLAN SELECT a, count(*) FROM t GROUP BY a;

-- explain advice
EXPLAIN PLAN_ADVICE INSERT INTO s SELECT * FROM t;

-- explain statement set
EXPLAIN STATEMENT SET BEGIN INSERT INTO s1 SELECT * FROM t; INSERT INTO s2 SELECT * FROM t; END;

-- describe
DESCRIBE EXTENDED my_catalog.db.t;

-- show tables
SHOW TABLES FROM db1 NOT LIKE '%n';

-- show create
SHOW CREATE TABLE t;

-- use catalog
USE CATALOG cat1;

-- use modules
USE MODULES hive, core;

-- compile plan
COMPILE PLAN './p.json' IF NOT EXISTS FOR INSERT INTO s SELECT * FROM t;

-- execute plan
EXECUTE PLAN './p.json';

-- stop job
STOP JOB '228d70913eab60dda85c5e7f78b5782c' WITH SAVEPOINT;

-- analyze
ANALYZE TABLE t PARTITION (ds) COMPUTE STATISTICS FOR COLUMNS a, b;

-- add jar
ADD JAR '/path/hello.jar';

-- call
CALL sys.compact('db.t', options => MAP['a', 'b']);
