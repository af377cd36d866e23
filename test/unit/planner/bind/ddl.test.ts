/** CREATE, ALTER, DROP and INSERT: what they resolve to, and what they refuse. */
import { describe, expect, test } from 'vitest';
import type { CatalogTable } from '../../../../src/catalog/catalog-table.ts';
import { printType } from '../../../../src/types/print.ts';
import { Fixture, table, tree } from '../support.ts';

const WITH = "WITH ('connector' = 'values', 'bounded' = 'true')";

function created(fixture: Fixture, name: string): CatalogTable {
  const found = fixture.catalogs.get(fixture.catalogs.qualify([name])).table;
  if (found.kind !== 'table') throw new Error(`${name} is a view`);
  return found;
}

const columnsOf = (found: CatalogTable) => found.columns.map((column) => `${column.name} ${printType(column.type)}`);

describe('CREATE TABLE', () => {
  test('computed columns, watermark and key', () => {
    const fixture = new Fixture([
      `CREATE TABLE t (
        id INT, cost AS price * n, price DECIMAL(10, 2), n INT, ts TIMESTAMP(3), p AS PROCTIME(),
        WATERMARK FOR ts AS ts - INTERVAL '5' SECOND, PRIMARY KEY (id) NOT ENFORCED
      ) ${WITH}`,
    ]);
    const found = created(fixture, 't');
    expect(columnsOf(found)).toEqual([
      'id INT NOT NULL',
      'cost DECIMAL(21, 2)',
      'price DECIMAL(10, 2)',
      'n INT',
      'ts TIMESTAMP(3)',
      'p TIMESTAMP_LTZ(3) NOT NULL *PROCTIME*',
    ]);
    expect(found.primaryKey).toEqual({ name: 'PK_id', columns: ['id'] });
    expect(found.watermark).toMatchObject({ rowtime: ['ts'], expression: { text: "ts - INTERVAL '5' SECOND" } });
    expect(fixture.bound('SELECT ts, cost FROM t')).toBe(
      tree(`
        LogicalProject(ts=[$4], cost=[$1])
        +- LogicalWatermarkAssigner(rowtime=[ts], watermark=[-($4, 5000:INTERVAL SECOND)])
           +- LogicalProject(id=[$0], cost=[*($1, CAST($2):DECIMAL(10, 0))], price=[$1], n=[$2], ts=[$3], p=[PROCTIME()])
              +- LogicalTableScan(table=[[default_catalog, default_database, t]])
      `),
    );
    const [field] = fixture.plans("SELECT ts, ts + INTERVAL '1' SECOND FROM t")[0]!.schema.fields;
    expect(printType(field!.type)).toBe('TIMESTAMP(3) *ROWTIME*');
  });

  test('connectors that know their columns need none', () => {
    const fixture = new Fixture(["CREATE TABLE region WITH ('connector' = 'tpch', 'table' = 'region')"]);
    expect(created(fixture, 'region').columns.map((column) => column.name)).toEqual([
      'r_regionkey',
      'r_name',
      'r_comment',
    ]);
    expect(fixture.error(`CREATE TABLE x ${WITH}`)).toMatchObject({ code: 'SQL-DDL', at: 'x' });
  });

  test.each([
    [`CREATE TABLE x (a INT, a INT) ${WITH}`, "a regular column named 'a' already exists in the table"],
    [
      `CREATE TABLE x (a INT, PRIMARY KEY (b) NOT ENFORCED) ${WITH}`,
      "primary key column 'b' is not defined in the schema",
    ],
    [
      `CREATE TABLE x (a INT, WATERMARK FOR ts AS ts) ${WITH}`,
      "the rowtime attribute field 'ts' is not defined in the table schema",
    ],
    [`CREATE TABLE x (a INT) PARTITIONED BY (b) ${WITH}`, "partition column 'b' not defined in the table schema"],
    [
      `CREATE TABLE x (a DECIMAL(0, 0)) ${WITH}`,
      'the precision of DECIMAL must be between 1 and 38 (both inclusive), not 0',
    ],
    [`CREATE TABLE x (a INT, b AS c + 1) ${WITH}`, "column 'c' not found in any table"],
  ])('%s', (sql, message) => {
    expect(new Fixture().error(sql).message).toBe(message);
  });

  test('LIKE takes over what is not excluded, and overwrites options', () => {
    const fixture = new Fixture([
      `CREATE TABLE base (a INT, b AS a + 1, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) ${WITH}`,
      "CREATE TABLE first_copy (c STRING) WITH ('bounded' = 'false') LIKE base",
      'CREATE TABLE second_copy (WATERMARK FOR ts AS ts) LIKE base (EXCLUDING GENERATED EXCLUDING WATERMARKS)',
    ]);
    expect(columnsOf(created(fixture, 'first_copy'))).toEqual(['a INT', 'b INT', 'ts TIMESTAMP(3)', 'c STRING']);
    expect(created(fixture, 'first_copy').options).toEqual({ connector: 'values', bounded: 'false' });
    expect(columnsOf(created(fixture, 'second_copy'))).toEqual(['a INT', 'ts TIMESTAMP(3)']);
    const twice = "CREATE TABLE x WITH ('bounded' = 'false') LIKE base (INCLUDING OPTIONS)";
    expect(fixture.error(twice)).toMatchObject({ code: 'SQL-DDL', hint: 'use OVERWRITING OPTIONS' });
  });

  test('AS SELECT: columns of the query, with a key and other types in front', () => {
    const fixture = new Fixture([table('src', 'k INT NOT NULL, v INT')]);
    const [bound] = fixture.bindAll(
      `CREATE TABLE t (v BIGINT, PRIMARY KEY (k) NOT ENFORCED) WITH ('connector' = 'print') AS SELECT k, v, v * 2 AS w FROM src`,
    );
    expect(bound).toMatchObject({ kind: 'operation', insert: { sinks: [{ kind: 'sink' }] } });
    expect(columnsOf(created(fixture, 't'))).toEqual(['k INT NOT NULL', 'v BIGINT', 'w INT']);
  });
});

describe('views', () => {
  test('are expanded once, and seen from where they were made', () => {
    const fixture = new Fixture([table('t', 'a INT, b INT'), 'CREATE VIEW v (x) AS SELECT SUM(a) FROM t GROUP BY b']);
    const [plan] = fixture.plans('SELECT * FROM v AS l JOIN v AS r ON l.x = r.x');
    const join = plan!.kind === 'project' ? plan.input : plan!;
    expect(join.kind === 'join' && join.left === join.right).toBe(true);
    expect(fixture.columns('SELECT x FROM v')).toEqual(['x']);
  });

  test('errors inside a view name it', () => {
    const fixture = new Fixture([
      table('t', 'a INT, b INT'),
      'CREATE VIEW v AS SELECT a FROM t',
      'ALTER TABLE t DROP a',
    ]);
    expect(fixture.error('SELECT * FROM v')).toMatchObject({
      message: "in view `default_catalog`.`default_database`.`v`: column 'a' not found in any table",
      at: 'v',
    });
  });
});

describe('ALTER TABLE', () => {
  const fixture = () =>
    new Fixture([`CREATE TABLE t (a INT, b INT, c AS a + 1, PRIMARY KEY (a) NOT ENFORCED) ${WITH}`]);
  const altered = (sql: string) => {
    const changed = fixture();
    changed.run(sql);
    return created(changed, 't');
  };

  test('columns are added where they are told, modified and dropped', () => {
    expect(columnsOf(altered('ALTER TABLE t ADD (d STRING FIRST, e INT AFTER a)'))).toEqual([
      'd STRING',
      'a INT NOT NULL',
      'e INT',
      'b INT',
      'c INT NOT NULL',
    ]);
    expect(columnsOf(altered('ALTER TABLE t MODIFY b BIGINT'))[1]).toBe('b BIGINT');
    expect(columnsOf(altered('ALTER TABLE t DROP b'))).toEqual(['a INT NOT NULL', 'c INT NOT NULL']);
    expect(columnsOf(altered('ALTER TABLE t RENAME b TO bb'))[1]).toBe('bb INT');
  });

  test('options are set and reset', () => {
    expect(altered("ALTER TABLE t SET ('bounded' = 'false')").options.bounded).toBe('false');
    expect(altered("ALTER TABLE t RESET ('bounded')").options.bounded).toBeUndefined();
    expect(fixture().error("ALTER TABLE t RESET ('connector')").message).toBe("option 'connector' cannot be reset");
  });

  test.each([
    ['ALTER TABLE t DROP a', "column 'a' is used by the primary key"],
    ['ALTER TABLE t DROP zz', "column 'zz' does not exist in the table"],
    ['ALTER TABLE t RENAME a TO x', "column 'a' is used by a computed column or the watermark"],
    ['ALTER TABLE t DROP WATERMARK', '`default_catalog`.`default_database`.`t` has no watermark'],
  ])('%s', (sql, message) => {
    expect(fixture().error(sql).message).toBe(message);
  });
});

describe('INSERT', () => {
  const fixture = new Fixture([
    table('src', 'a INT, b STRING'),
    "CREATE TABLE snk (x BIGINT, y STRING, z INT, PRIMARY KEY (x) NOT ENFORCED) WITH ('connector' = 'values')",
    "CREATE TABLE part (v INT, ds STRING) PARTITIONED BY (ds) WITH ('connector' = 'print')",
  ]);

  test('a column list reorders, casts, and leaves the rest NULL', () => {
    expect(fixture.bound('INSERT INTO snk (y, x) SELECT b, a FROM src')).toBe(
      tree(`
        LogicalSink(table=[default_catalog.default_database.snk], fields=[x, y, z])
        +- LogicalProject(x=[CAST($0):BIGINT], y=[$1], z=[$2])
           +- LogicalProject(x=[$1], y=[$0], z=[null:INTEGER])
              +- LogicalProject(b=[$1], a=[$0])
                 +- LogicalTableScan(table=[[default_catalog, default_database, src]])
      `),
    );
  });

  test('a static partition gives its column', () => {
    expect(fixture.bound("INSERT INTO part PARTITION (ds = 'x') SELECT a FROM src")).toContain("ds=[_UTF-16LE'x'");
    expect(fixture.error('INSERT INTO part PARTITION (v = 1) SELECT b FROM src')).toMatchObject({ at: 'v' });
  });

  test.each([
    ['INSERT INTO snk SELECT a, b FROM src', 'different number of columns, the query has 2, the sink takes 3'],
    ['INSERT INTO snk SELECT a, a, a FROM src', "incompatible types for sink column 'y' at position 1"],
    ['INSERT INTO snk (y) SELECT b FROM src', "column 'x' has no default value and does not allow NULLs"],
    ['INSERT INTO snk (q) SELECT b FROM src', "unknown target column 'q'"],
  ])('%s', (sql, message) => {
    expect(fixture.error(sql).message).toContain(message);
  });

  test('what is not built is refused by name', () => {
    for (const [sql, what] of [
      ['DELETE FROM snk WHERE x = 1', 'DELETE'],
      ["SELECT * FROM TABLE(TUMBLE(TABLE src, DESCRIPTOR(a), INTERVAL '1' SECOND))", 'the table function TUMBLE'],
      ['SELECT * FROM src TABLESAMPLE BERNOULLI (10)', 'TABLESAMPLE'],
      ["SELECT * FROM src FOR SYSTEM_TIME AS OF TIMESTAMP '2024-01-01 00:00:00'", 'FOR SYSTEM_TIME AS OF'],
    ] as const) {
      expect(fixture.error(sql)).toMatchObject({ code: 'NOT-SUPPORTED', message: `${what} is not supported yet` });
    }
  });
});

describe('hints', () => {
  const fixture = new Fixture([table('a', 'x INT'), table('b', 'y INT')]);

  test('tables of join hints become sides', () => {
    const [plan] = fixture.plans(
      "SELECT /*+ BROADCAST(b), STATE_TTL('a' = '1d', 'b' = '2h') */ * FROM a JOIN b ON x = y",
    );
    expect(plan).toMatchObject({
      input: {
        hints: [
          { name: 'BROADCAST', args: ['RIGHT'] },
          { name: 'STATE_TTL', options: { LEFT: '1d', RIGHT: '2h' } },
        ],
      },
    });
  });

  test.each([
    ['SELECT /*+ FOO(a) */ * FROM a', 'hint: FOO should be registered in the HintStrategyTable'],
    [
      'SELECT /*+ BROADCAST(c) */ * FROM a JOIN b ON x = y',
      'cannot match the name of input tables or views: `c` in `BROADCAST`',
    ],
    ["SELECT /*+ STATE_TTL('a' = 'soon') */ x FROM a", "invalid STATE_TTL hint value: 'soon' is no duration"],
    ["SELECT * FROM a /*+ OPTIONS('nope' = '1') */", "connector 'values' has no option 'nope'"],
  ])('%s', (sql, message) => {
    expect(fixture.error(sql).message).toContain(message);
  });
});
