import { describe, expect, it } from 'vitest';
import { BatchBuilder } from '../../../../src/columnar/builder.ts';
import { blackholeConnector } from '../../../../src/connectors/blackhole/blackhole.ts';
import { formatRow } from '../../../../src/connectors/print/format-row.ts';
import { printConnector } from '../../../../src/connectors/print/print.ts';
import {
  array,
  BIGINT,
  BOOLEAN,
  BYTES,
  char,
  DATE,
  type DataType,
  DOUBLE,
  decimal,
  FLOAT,
  INT,
  INTERVAL_DAY_TIME,
  INTERVAL_YEAR_MONTH,
  map,
  multiset,
  nullable,
  row,
  STRING,
  time,
  timestamp,
  timestampLtz,
} from '../../../../src/types/data-type.ts';
import { valueFromJson } from '../../../../src/types/json.ts';
import { RowKind } from '../../../../src/types/row-kind.ts';
import { schemaOf } from '../../../../src/types/schema.ts';
import { connectorContext, readerContext, spec } from '../harness.ts';

const SCHEMA = schemaOf([
  { name: 'a', type: INT },
  { name: 'b', type: nullable(STRING) },
]);

async function print(options: Readonly<Record<string, string>>, overrides = {}) {
  const connectorSpec = spec(printConnector, options, SCHEMA);
  const context = readerContext(overrides);
  const writer = printConnector.createSink!(connectorSpec, connectorContext()).createWriter(context);
  const builder = new BatchBuilder(
    context.memory,
    SCHEMA.fields.map(({ type }) => type),
    2,
    true,
  );
  builder.append([1, 'x']);
  builder.append([2, null], RowKind.UPDATE_BEFORE);
  const batch = builder.finish();
  await writer.write(batch);
  batch.release();
  await writer.finish();
  await writer.close();
  expect(context.memory.statistics.used).toBe(0);
  return context.delivered;
}

describe('print', () => {
  it('delivers a line for every change', async () => {
    expect(await print({})).toEqual([{ channel: 'stdout', rows: ['+I ["+I[1, x]"]', '+I ["-U[2, null]"]'] }]);
  });

  it('puts the identifier in front, and the subtask if there are several', async () => {
    expect((await print({ 'print-identifier': 'id' }))[0]!.rows[0]).toBe('+I ["id> +I[1, x]"]');
    const second = { subtaskIndex: 1, parallelism: 4 };
    expect((await print({ 'print-identifier': 'id' }, second))[0]!.rows[0]).toBe('+I ["id:2> +I[1, x]"]');
    expect((await print({}, second))[0]!.rows[0]).toBe('+I ["2> +I[1, x]"]');
  });

  it('prints to standard error if it is told so', async () => {
    expect((await print({ 'standard-error': 'true' }))[0]!.channel).toBe('stderr');
  });

  it('takes every kind of change', () => {
    const sink = printConnector.createSink!(spec(printConnector, {}, SCHEMA), connectorContext());
    const requested = new Set([RowKind.INSERT, RowKind.DELETE]);
    expect(sink.accepts(requested)).toBe(requested);
  });

  it('writes values as Flink 2.3 does', () => {
    const columns: readonly (readonly [DataType, Parameters<typeof valueFromJson>[0], string])[] = [
      [INT, 1, '1'],
      [BOOLEAN, true, 'true'],
      [DOUBLE, 1.5e10, '1.5E10'],
      [FLOAT, 0.1, '0.1'],
      [decimal(10, 2), '12.5', '12.50'],
      [STRING, 'a, b', 'a, b'],
      [BYTES, '00ff10', '[0, -1, 16]'],
      [DATE, '2024-05-01', '2024-05-01'],
      [time(3), '10:00:00', '10:00'],
      [timestamp(3), '2024-05-01 10:00:00', '2024-05-01T10:00'],
      [timestamp(6), '2024-05-01 10:00:05.12', '2024-05-01T10:00:05.120'],
      [timestampLtz(3), '2024-05-01 10:00:00', '2024-05-01T10:00:00Z'],
      [array(nullable(STRING)), ['x', null], '[x, null]'],
      [
        map(STRING, nullable(INT)),
        [
          ['k', 1],
          ['l', null],
        ],
        '{k=1, l=null}',
      ],
      [
        row([
          { name: 'a', type: INT },
          { name: 'b', type: STRING },
        ]),
        { a: 1, b: 'q' },
        '+I[1, q]',
      ],
      [BIGINT, 5, '5'],
      [array(DATE), ['2024-05-01'], '[2024-05-01]'],
      [char(4), 'ab  ', 'ab  '],
      [time(3), '10:00:07', '10:00:07'],
      [timestamp(3), '2024-05-01 10:00:07.1', '2024-05-01T10:00:07.100'],
      [timestamp(6), '2024-05-01 10:00:05.00012', '2024-05-01T10:00:05.000120'],
      [timestampLtz(3), '2024-05-01 10:00:07', '2024-05-01T10:00:07Z'],
      [
        multiset(STRING),
        [
          ['a', 2],
          ['b', 1],
        ],
        '{a=2, b=1}',
      ],
    ];
    for (const [type, json, text] of columns) {
      expect(formatRow(RowKind.INSERT, [valueFromJson(json, type)], [type])).toBe(`+I[${text}]`);
    }
  });

  it('writes intervals as Java does', () => {
    const period = (months: number) => formatRow(RowKind.INSERT, [months], [INTERVAL_YEAR_MONTH]).slice(3, -1);
    expect([14, 24, 3, 0, -14].map(period)).toEqual(['P1Y2M', 'P2Y', 'P3M', 'P0D', 'P-1Y-2M']);
    const duration = (millis: bigint) => formatRow(RowKind.INSERT, [millis], [INTERVAL_DAY_TIME]).slice(3, -1);
    expect([93_784_000n, 0n, 1_500n, -500n, -90_000n, 60_000n].map(duration)).toEqual([
      'PT26H3M4S',
      'PT0S',
      'PT1.5S',
      'PT-0.5S',
      'PT-1M-30S',
      'PT1M',
    ]);
  });
});

describe('blackhole', () => {
  it('takes everything and delivers nothing', () => {
    const sink = blackholeConnector.createSink!(spec(blackholeConnector, {}, SCHEMA), connectorContext());
    const requested = new Set([RowKind.DELETE]);
    expect(sink.accepts(requested)).toBe(requested);
    expect(sink.createWriter(readerContext()).finish()).toBeUndefined();
  });
});
