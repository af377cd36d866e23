/**
 * Small programs print on Weir what they print on Flink 2.3, line for line, in each mode (test/golden/datastream.jsonl).
 * Keys in BATCH come in the order of their sort.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { StreamExecutionEnvironment } from '../../src/index.ts';
import { PROGRAMS } from './programs.ts';

interface Golden {
  /** `EM-30` */
  readonly row: string;
  readonly program: string;
  readonly mode: string;
  readonly out?: readonly string[];
  readonly error?: string;
}

const golden = readFileSync(join(import.meta.dirname, '../golden/datastream.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Golden);

/** Where Weir says something else than Flink, and why. */
const DIFFERENCES: Readonly<Record<string, { readonly reason: string; readonly out?: readonly string[] }>> = {
  'page-example BATCH': {
    reason: 'Flink leaves the parallelism of a BATCH job open (-1) until it runs; Weir takes the one that was set',
    out: [
      'Source: source -> map1 -> map2 x2 -> BLOCKING ALL_TO_ALL (REBALANCE)',
      'map3 -> map4 x2 -> BLOCKING ALL_TO_ALL (HASH)',
      'map5 -> map6 -> sink: Writer x2',
    ],
  },
};

/** Those that print what they compute; the others print graphs. */
const computing = golden.filter(({ program }) => !/^(page-example|unbounded-in-batch|automatic-.*)$/.test(program));

function environment(mode: string, parallelism = 1, backend = 'hashmap'): StreamExecutionEnvironment {
  const configuration = {
    'execution.runtime-mode': mode,
    'pipeline.auto-watermark-interval': '0 ms',
    'parallelism.default': String(parallelism),
    'state.backend.type': backend,
  };
  return StreamExecutionEnvironment.getExecutionEnvironment({ configuration });
}

describe('DataStream programs print what they print on Flink 2.3', () => {
  test.each(golden)('$row: $program in $mode', async ({ program, mode, out, error }) => {
    const lines = PROGRAMS[program]!(() => environment(mode));
    if (error !== undefined) {
      const [before, after] = error.split(' source ') as [string, string];
      await expect(lines).rejects.toThrow(new RegExp(`^${before} source '\\w+' ${after}$`, 'i'));
      return;
    }
    expect(await lines).toEqual(DIFFERENCES[`${program} ${mode}`]?.out ?? out);
  });
});

describe.each([2, 3])('the same lines come from %i subtasks, in whatever order', (parallelism) => {
  test.each(computing)('$program in $mode', async ({ program, mode, out }) => {
    const lines = await PROGRAMS[program]!(() => environment(mode, parallelism));
    // Every subtask says what was broadcast to it.
    const once = lines.filter((line, i) => !line.startsWith('broadcast ') || lines.indexOf(line) === i);
    expect(once.sort()).toEqual([...out!].sort());
  });
});

describe('the same lines come from state in files', () => {
  test.each(computing.filter(({ mode }) => mode === 'STREAMING'))('$program', async ({ program, mode, out }) => {
    expect(await PROGRAMS[program]!(() => environment(mode, 1, 'lmdb'))).toEqual(out);
  });
});

test('subtasks of a thread do not share a function that opens', async () => {
  const env = environment('STREAMING', 2);
  const shared = env
    .fromElements('a', 'b')
    .keyBy((value) => value)
    .process<string>({ open: () => undefined, processElement: (value, _context, out) => out.collect(value) });
  await expect(shared.executeAndCollect().toArray()).rejects.toMatchObject({ code: 'STREAM-CLOSURE' });
});
