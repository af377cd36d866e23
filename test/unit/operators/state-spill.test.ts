/** State beyond the budget: the same changes as with all the memory there is. */
import { describe, expect, test } from 'vitest';
import { type Change, type HarnessOptions, OperatorHarness } from './harness.ts';
import { history, STATE_CASES, type StateCase, type Step } from './state-cases.ts';

const KEYS = 1000;

function run(state: StateCase, steps: readonly Step[], options: HarnessOptions) {
  const harness = new OperatorHarness(state.make(0), options);
  const before = harness.memory.statistics.used;
  const changes: Change[] = [];
  let peak = 0;
  for (let from = 0; from < steps.length; ) {
    // Batches of one input.
    let to = from;
    while (to < steps.length && to - from < 500 && steps[to]!.input === steps[from]!.input) to++;
    harness.process(
      steps.slice(from, to).map(({ change }) => change),
      steps[from]!.input,
    );
    changes.push(...harness.take());
    peak = Math.max(
      peak,
      harness.budget.consumers().reduce((sum, { used }) => sum + used, 0),
    );
    from = to;
  }
  for (let input = 0; input < state.inputs; input++) harness.end(input);
  changes.push(...harness.take());
  const { spilledBytes } = harness.spill;
  harness.close();
  expect(harness.budget.used).toBe(0);
  expect(harness.memory.statistics.used).toBeLessThanOrEqual(before);
  return { changes, spilledBytes, peak };
}

describe('state beyond the budget', () => {
  for (const state of STATE_CASES) {
    test(`${state.name}: the same changes`, () => {
      const steps = history(state, 7, 3000, KEYS);
      const all = run(state, steps, {});
      const managed = Math.floor(all.peak / 10);
      const little = run(state, steps, { managed });
      expect(little.spilledBytes).toBeGreaterThan(0);
      expect(little.changes).toEqual(all.changes);
      expect(all.spilledBytes).toBe(0);
    });
  }
});
