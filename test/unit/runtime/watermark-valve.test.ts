/** As Flink's StatusWatermarkValve has it. */
import { expect, test } from 'vitest';
import { MAX_WATERMARK } from '../../../src/dataflow/traits.ts';
import { WatermarkValve } from '../../../src/runtime/watermark-valve.ts';

test('idle channels are not waited for', () => {
  const valve = new WatermarkValve(2);
  expect(valve.advance(0, 10)).toBe(null);
  expect(valve.setIdle(1, true)).toBe(10);
  expect(valve.advance(0, 20)).toBe(20);
  expect(valve.end(1)).toBe(null);
  expect(valve.advance(0, 30)).toBe(30);
  expect(valve.end(0)).toBe(MAX_WATERMARK);
});

test('a channel that has been idle holds nothing back until it has caught up', () => {
  const valve = new WatermarkValve(2);
  valve.advance(0, 10);
  valve.setIdle(1, true);
  expect(valve.setIdle(1, false)).toBe(null);
  expect(valve.advance(1, 5)).toBe(null);
  expect(valve.advance(0, 20)).toBe(20);
  expect(valve.advance(1, 20)).toBe(null);
  expect(valve.advance(0, 30)).toBe(null);
  expect(valve.advance(1, 25)).toBe(25);
});

test('when all are idle, what any of them has seen counts, unless the last one did not hold the others back', () => {
  const valve = new WatermarkValve(3);
  valve.advance(0, 10);
  valve.advance(1, 7);
  expect(valve.setIdle(0, true)).toBe(null);
  expect(valve.setIdle(1, true)).toBe(null);
  expect([valve.idle, valve.setIdle(2, true), valve.idle]).toEqual([false, 10, true]);

  const behind = new WatermarkValve(2);
  behind.advance(0, 10);
  behind.advance(1, 20);
  behind.setIdle(1, true);
  behind.setIdle(1, false);
  expect(behind.setIdle(0, true)).toBe(20);
  expect([behind.setIdle(1, true), behind.idle]).toEqual([null, true]);
});

test('a channel that has ended says nothing about idle ones', () => {
  const valve = new WatermarkValve(3);
  valve.advance(0, 5);
  expect(valve.end(1)).toBe(null);
  expect(valve.setIdle(0, true)).toBe(null);
  expect([valve.setIdle(2, true), valve.idle]).toEqual([5, true]);
  expect([valve.end(2), valve.idle]).toEqual([null, true]);
  expect([valve.end(0), valve.idle]).toEqual([MAX_WATERMARK, false]);

  const last = new WatermarkValve(2);
  last.advance(0, 5);
  expect(last.setIdle(0, true)).toBe(null);
  expect([last.end(1), last.idle]).toEqual([5, true]);
});

test('a watermark of an idle channel counts when the channel is active again', () => {
  const valve = new WatermarkValve(1);
  valve.advance(0, 1);
  valve.setIdle(0, true);
  expect(valve.advance(0, 5)).toBe(null);
  expect(valve.setIdle(0, false)).toBe(null);
  expect(valve.advance(0, 6)).toBe(6);
});
