import { describe, expect, test } from 'vitest';
import { Configuration } from '../../../src/base/config.ts';
import { restartStrategy } from '../../../src/runtime/restart-strategy.ts';

/** Always in the middle: no jitter. */
const random = { next: () => 0.5, below: () => 0 };
const strategy = (options: Readonly<Record<string, string>>, checkpointing = false) =>
  restartStrategy(new Configuration({ ...options }), checkpointing, random);

// Flink, "Task Failure Recovery": what each strategy does, and its defaults.
describe('restart strategies', () => {
  test('without a choice: none, or with checkpoints exponential-delay', () => {
    expect(strategy({})).toBe(null);
    expect(strategy({}, true)?.onFailure(0)).toBe(1000);
    expect(strategy({ 'restart-strategy.type': 'none' }, true)).toBe(null);
  });

  test('fixed-delay: so many attempts', () => {
    const fixed = strategy({ 'restart-strategy.type': 'fixed-delay', 'restart-strategy.fixed-delay.attempts': '2' });
    expect([0, 1, 2].map((now) => fixed?.onFailure(now))).toEqual([1000, 1000, null]);
    expect(strategy({ 'restart-strategy.type': 'fixed-delay' })?.onFailure(0)).toBe(1000);
  });

  test('failure-rate: so many failures in an interval', () => {
    const rate = strategy({
      'restart-strategy.type': 'failure-rate',
      'restart-strategy.failure-rate.max-failures-per-interval': '2',
      'restart-strategy.failure-rate.failure-rate-interval': '10 s',
      'restart-strategy.failure-rate.delay': '5 ms',
    });
    expect([0, 1000, 20_000, 21_000, 22_000].map((now) => rate?.onFailure(now))).toEqual([5, 5, 5, 5, null]);
  });

  test('exponential-delay: longer each time, up to a bound, anew after a quiet time', () => {
    const exponential = strategy({ 'restart-strategy.type': 'exponential-delay' });
    let now = 0;
    const delays = Array.from({ length: 14 }, () => {
      const delay = exponential!.onFailure(now)!;
      now += delay + 1;
      return delay;
    });
    expect(delays.slice(0, 4)).toEqual([1000, 1500, 2250, 3375]);
    expect(delays.at(-1)).toBe(60_000);
    expect(exponential?.onFailure(now + 3_600_000)).toBe(1000);
  });

  test('exponential-delay: an end after so many attempts, if one is set', () => {
    const exponential = strategy({
      'restart-strategy.type': 'exponential-delay',
      'restart-strategy.exponential-delay.attempts-before-reset-backoff': '1',
    });
    expect([0, 1].map((now) => exponential?.onFailure(now))).toEqual([1000, null]);
  });

  test('what is no strategy is named', () => {
    expect(() => strategy({ 'restart-strategy.type': 'sometimes' })).toThrow("'sometimes'");
  });
});
