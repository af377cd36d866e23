-- INSERT and the other changes.

-- insert select
INSERT INTO RubberOrders SELECT product, amount FROM Orders WHERE product LIKE '%Rubber%';

-- insert columns partition
INSERT OVERWRITE country_page_view PARTITION (`date` = '2019-8-30', country = 'China') (`user`, cnt) SELECT `user`, cnt FROM page_view_source;

-- insert values
INSERT INTO students VALUES ('fred flintstone', 35, 1.28), ('barney rubble', 32, 2.32);

-- statement set
EXECUTE STATEMENT SET
BEGIN
  INSERT INTO pageviews SELECT page_id, count(1) FROM pageviews_src GROUP BY page_id;
  INSERT INTO uniqueviews SELECT page_id, count(distinct user_id) FROM pageviews_src GROUP BY page_id;
END;

-- begin statement set
BEGIN STATEMENT SET;

-- update
UPDATE users SET name = 'x', age = age + 1 WHERE id = 5;

-- delete
DELETE FROM users WHERE id = 5;

-- truncate
TRUNCATE TABLE users;

-- execute insert
EXECUTE INSERT INTO sink SELECT * FROM src;

-- insert on conflict target hint
INSERT INTO sink /*+ OPTIONS('sink.parallelism' = '4') */ SELECT a, b FROM src;
