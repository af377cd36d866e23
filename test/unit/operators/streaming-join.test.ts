import { expect, test } from 'vitest';
import { type Random, seededRandom } from '../../../src/base/random.ts';
import { call, inputRef } from '../../../src/expr/expr.ts';
import { operatorSpec } from '../../../src/operators/define.ts';
import type { JoinInputSide, JoinType, StreamingJoinParams } from '../../../src/operators/specs.ts';
import { BIGINT, BOOLEAN, INT, nullable, STRING } from '../../../src/types/data-type.ts';
import { type Change, type HarnessOptions, OperatorHarness, schemaOfTypes, sortedText } from './harness.ts';
import { modelJoin, type Row } from './join-model.ts';
import { memoryState } from './memory-state.ts';

const TYPES: readonly JoinType[] = ['INNER', 'LEFT', 'RIGHT', 'FULL', 'SEMI', 'ANTI'];
const columns = [nullable(INT), nullable(STRING), BIGINT];
const noKey: JoinInputSide = { kind: 'NoUniqueKey', uniqueKey: null, stateTtl: 0 };

function make(type: JoinType, withCondition: boolean, options: HarnessOptions = {}): OperatorHarness {
  const params: StreamingJoinParams = {
    type,
    leftKeys: [1],
    rightKeys: [1],
    nullSafe: [false],
    condition: withCondition ? call('<', [inputRef(2, BIGINT), inputRef(5, BIGINT)], BOOLEAN) : null,
    left: noKey,
    right: noKey,
    nullAware: false,
    miniBatch: false,
  };
  const output =
    type === 'SEMI' || type === 'ANTI' ? columns : [...columns, ...columns].map((column) => nullable(column));
  const spec = operatorSpec(
    'streaming-join',
    'Join',
    params,
    [schemaOfTypes(columns), schemaOfTypes(columns)],
    schemaOfTypes(output),
  );
  return new OperatorHarness(spec, options);
}

interface Step {
  readonly input: 0 | 1;
  readonly change: Change;
}

/** Inserts and deletes of rows that are there; the tables that remain. */
function history(random: Random, length: number): { steps: Step[]; tables: [Row[], Row[]] } {
  const tables: [Row[], Row[]] = [[], []];
  const steps: Step[] = [];
  for (let i = 0; i < length; i++) {
    const input = random.below(2) as 0 | 1;
    const table = tables[input];
    if (table.length > 0 && random.below(3) === 0) {
      const [row] = table.splice(random.below(table.length), 1);
      steps.push({ input, change: { kind: random.below(2) === 0 ? '-D' : '-U', row: row! } });
      continue;
    }
    const text = random.below(5) === 0 ? null : `k${random.below(4)}`;
    const row: Row = [random.below(3) === 0 ? null : random.below(3), text, BigInt(random.below(4))];
    table.push(row);
    steps.push({ input, change: { kind: random.below(4) === 0 ? '+U' : '+I', row } });
  }
  return { steps, tables };
}

function fold(changes: readonly Change[]): Row[] {
  const rows: Row[] = [];
  for (const { kind, row } of changes) {
    if (kind === '+I' || kind === '+U') rows.push(row);
    else {
      const [text] = sortedText([row]);
      const at = rows.findIndex((other) => sortedText([other])[0] === text);
      expect(at, `${kind} of a row that is not there`).toBeGreaterThanOrEqual(0);
      rows.splice(at, 1);
    }
  }
  return rows;
}

for (const type of TYPES) {
  test(`${type} join: the folded changelog is the join of what is left`, () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = seededRandom(seed);
      const { steps, tables } = history(random, 60);
      const withCondition = seed % 2 === 0;
      const harness = make(type, withCondition, { backend: seed % 5 === 0 ? 'interpreter' : 'wasm' });
      for (const { input, change } of steps) harness.process([change], input);
      const expected = modelJoin(
        {
          type,
          leftKeys: [1],
          rightKeys: [1],
          nullSafe: [false],
          condition: withCondition ? (l, r) => (l[2] as bigint) < (r[2] as bigint) : null,
          nullAware: false,
        },
        tables[0],
        tables[1],
        3,
        3,
      );
      expect(sortedText(fold(harness.take())), `seed ${seed}`).toEqual(sortedText(expected));
      harness.close();
      expect(harness.budget.used).toBe(0);
    }
  });

  test(`${type} join restored between any two rows goes on with the same changes`, () => {
    const { steps } = history(seededRandom(7), 24);
    const whole = make(type, false);
    for (const { input, change } of steps) whole.process([change], input);
    const expected = whole.take();
    whole.close();
    for (let cut = 0; cut <= steps.length; cut++) {
      const before = make(type, false);
      for (const { input, change } of steps.slice(0, cut)) before.process([change], input);
      const state = memoryState();
      before.operator.snapshotState(state.writer);
      const first = before.take();
      before.close();
      const after = make(type, false, { restored: state.reader });
      for (const { input, change } of steps.slice(cut)) after.process([change], input);
      expect([...first, ...after.take()], `cut ${cut}`).toEqual(expected);
      after.close();
    }
  });
}
