/** `table.exec.source.idle-timeout`: a source that is silent holds back the others' watermarks only for so long. */
import { expect, test } from 'vitest';
import { create } from '../../../src/index.ts';

const COLUMNS = 'id INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts';

/** Rows that come until the test is over; then the iterable ends. */
async function* rowsUntil(rows: readonly unknown[], over: Promise<void>): AsyncGenerator<unknown> {
  yield* rows;
  await over;
}

test.each(['1', '3'])(
  'rows are sorted by time while another source says nothing, at parallelism %s',
  async (parallelism) => {
    const weir = create({
      configuration: {
        'execution.runtime-mode': 'streaming',
        'parallelism.default': parallelism,
        'table.exec.source.idle-timeout': '50 ms',
      },
    });
    let finish = (): void => undefined;
    const over = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const events = [3, 1, 2, 9].map((second) => [second, `2024-01-01 00:00:0${second}`]);
    await weir.createTemporaryView(
      'busy',
      rowsUntil(events, over),
      COLUMNS.replace('AS ts', "AS ts - INTERVAL '4' SECOND"),
      {
        bounded: false,
      },
    );
    await weir.createTemporaryView('silent', rowsUntil([], over), COLUMNS, { bounded: false });
    const sql = 'SELECT id FROM (SELECT * FROM busy UNION ALL SELECT * FROM silent) ORDER BY ts';
    const result = await weir.executeSql(sql);
    const seen: unknown[] = [];
    for await (const { row } of result) {
      seen.push(row.id);
      // The watermark is at 5 s: three rows are due, without the end of any input.
      if (seen.length === 3) finish();
    }
    expect(seen).toEqual([1, 2, 3, 9]);
  },
);
