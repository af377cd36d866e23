-- CREATE, ALTER and DROP in the shapes of the Flink documentation.

-- basic types
CREATE TABLE t_types (
  a BOOLEAN, b TINYINT, c SMALLINT, d INT, e BIGINT, f FLOAT, g DOUBLE, h DECIMAL(38, 18),
  i CHAR(10), j VARCHAR(100), k STRING, l BINARY(4), m VARBINARY(16), n BYTES,
  o DATE, p TIME(0), q TIMESTAMP(3), r TIMESTAMP_LTZ(6), s TIMESTAMP(9) WITH LOCAL TIME ZONE
) WITH ('connector' = 'filesystem', 'path' = './t', 'format' = 'csv');

-- watermark
CREATE TABLE orders (
  `user` BIGINT,
  product STRING,
  order_time TIMESTAMP(3),
  WATERMARK FOR order_time AS order_time - INTERVAL '5' SECOND
) WITH ('connector' = 'kafka', 'topic' = 'orders');

-- pk not enforced
CREATE TABLE users (
  id BIGINT NOT NULL,
  name STRING,
  PRIMARY KEY (id) NOT ENFORCED
) WITH ('connector' = 'upsert-kafka');

-- pk inline
CREATE TABLE users2 (id BIGINT PRIMARY KEY NOT ENFORCED, name STRING) WITH ('connector' = 'jdbc');

-- computed column
CREATE TABLE o2 (
  price DOUBLE,
  quantity DOUBLE,
  cost AS price * quantity,
  proc AS PROCTIME()
) WITH ('connector' = 'datagen');

-- metadata column
CREATE TABLE km (
  `event_time` TIMESTAMP_LTZ(3) METADATA FROM 'timestamp',
  `partition` BIGINT METADATA VIRTUAL,
  `offset` BIGINT METADATA VIRTUAL,
  `headers` MAP<STRING, BYTES> METADATA,
  v STRING
) WITH ('connector' = 'kafka');

-- full kafka
CREATE TABLE IF NOT EXISTS my_catalog.my_db.clicks (
  user_id BIGINT COMMENT 'who',
  url STRING COMMENT 'where',
  ts_ms BIGINT,
  row_ts AS TO_TIMESTAMP_LTZ(ts_ms, 3),
  kafka_ts TIMESTAMP(3) METADATA FROM 'timestamp',
  proc AS PROCTIME(),
  WATERMARK FOR row_ts AS row_ts - INTERVAL '10' SECOND,
  CONSTRAINT pk PRIMARY KEY (user_id, url) NOT ENFORCED
) COMMENT 'click stream'
PARTITIONED BY (url)
WITH (
  'connector' = 'kafka',
  'topic' = 'clicks',
  'properties.bootstrap.servers' = 'localhost:9092',
  'scan.startup.mode' = 'earliest-offset',
  'format' = 'json'
);

-- like
CREATE TABLE Orders_with_watermark (
  WATERMARK FOR order_time AS order_time - INTERVAL '5' SECOND
) WITH ('scan.startup.mode' = 'latest-offset')
LIKE Orders_in_file (
  EXCLUDING PARTITIONS
  INCLUDING GENERATED
  OVERWRITING OPTIONS
);

-- ctas
CREATE TABLE my_ctas_table WITH ('connector' = 'kafka', 'format' = 'json')
AS SELECT id, name, age FROM source_table WHERE mod(id, 10) = 0;

-- ctas schema
CREATE TABLE my_ctas_table (
  `user` STRING,
  v AS 1 + 2,
  WATERMARK FOR ts AS ts - INTERVAL '1' SECOND,
  PRIMARY KEY (id) NOT ENFORCED
) WITH ('connector' = 'kafka')
AS SELECT id, ts FROM source_table;

-- rtas
CREATE OR REPLACE TABLE my_rtas_table WITH ('connector' = 'filesystem') AS SELECT id, name FROM source_table;

-- distributed
CREATE TABLE dist (uid BIGINT, name STRING) DISTRIBUTED BY HASH(uid) INTO 4 BUCKETS WITH ('connector' = 'kafka');

-- complex types
CREATE TABLE nested (
  a ARRAY<INT>,
  b MAP<STRING, ARRAY<BIGINT>>,
  c ROW<f1 INT, f2 STRING, f3 ROW<x DOUBLE, y DOUBLE>>,
  d MULTISET<STRING>,
  e ROW<f1 INT NOT NULL 'c', f2 ARRAY<ROW<k STRING, v INT>>>,
  g RAW('java.lang.Integer', 'AA=='),
  h INT ARRAY
) WITH ('connector' = 'datagen');

-- temporary table
CREATE TEMPORARY TABLE tmp_t (a INT) WITH ('connector' = 'print');

-- create view
CREATE TEMPORARY VIEW IF NOT EXISTS v1 (a, b) COMMENT 'a view' AS SELECT x, y FROM t;

-- create catalog
CREATE CATALOG pg WITH ('type' = 'jdbc', 'base-url' = 'jdbc:postgresql://localhost:5432');

-- create database
CREATE DATABASE IF NOT EXISTS db1 COMMENT 'x' WITH ('k' = 'v');

-- create function
CREATE TEMPORARY SYSTEM FUNCTION IF NOT EXISTS parse_ua AS 'com.acme.ParseUa' LANGUAGE JAVA USING JAR 'file://./a.jar';

-- alter add
ALTER TABLE MyTable ADD (log_ts STRING COMMENT 'log timestamp string' FIRST, ts AS TO_TIMESTAMP(log_ts) AFTER log_ts, PRIMARY KEY (id) NOT ENFORCED, WATERMARK FOR ts AS ts - INTERVAL '3' SECOND);

-- alter set
ALTER TABLE orders SET ('scan.startup.mode' = 'latest-offset');

-- alter rename drop
ALTER TABLE MyTable DROP (col1, col2, col3);

-- drop
DROP TEMPORARY TABLE IF EXISTS my_db.orders;

-- materialized table
CREATE MATERIALIZED TABLE mt (PRIMARY KEY (ds) NOT ENFORCED) PARTITIONED BY (ds) FRESHNESS = INTERVAL '1' HOUR REFRESH_MODE = CONTINUOUS AS SELECT ds, COUNT(*) AS c FROM t GROUP BY ds;

-- create model
CREATE MODEL sentiment INPUT (txt STRING) OUTPUT (label STRING) WITH ('provider' = 'openai', 'task' = 'classification');
