/** Windows and how records are assigned to them: plain data. All lengths in milliseconds. */
import { EngineError } from '../../base/errors.ts';

/** Timestamps t with start <= t < end. */
export interface TimeWindow {
  readonly start: number;
  readonly end: number;
}

export type WindowAssigner =
  | { readonly kind: 'tumbling'; readonly time: WindowTime; readonly size: number; readonly offset: number }
  | {
      readonly kind: 'sliding';
      readonly time: WindowTime;
      readonly size: number;
      readonly slide: number;
      readonly offset: number;
    }
  /** Windows that touch or overlap are one. */
  | { readonly kind: 'session'; readonly time: WindowTime; readonly gap: number };
export type WindowTime = 'EVENT_TIME' | 'PROCESSING_TIME';

export const TumblingEventTimeWindows = {
  of: (size: number, offset = 0): WindowAssigner => tumbling('EVENT_TIME', size, offset),
};
export const TumblingProcessingTimeWindows = {
  of: (size: number, offset = 0): WindowAssigner => tumbling('PROCESSING_TIME', size, offset),
};
export const SlidingEventTimeWindows = {
  of: (size: number, slide: number, offset = 0): WindowAssigner => sliding('EVENT_TIME', size, slide, offset),
};
export const SlidingProcessingTimeWindows = {
  of: (size: number, slide: number, offset = 0): WindowAssigner => sliding('PROCESSING_TIME', size, slide, offset),
};
export const EventTimeSessionWindows = {
  withGap: (gap: number): WindowAssigner => session('EVENT_TIME', gap),
};
export const ProcessingTimeSessionWindows = {
  withGap: (gap: number): WindowAssigner => session('PROCESSING_TIME', gap),
};

function tumbling(time: WindowTime, size: number, offset: number): WindowAssigner {
  checkLength('size', size);
  checkOffset(offset, size);
  return { kind: 'tumbling', time, size, offset };
}

function sliding(time: WindowTime, size: number, slide: number, offset: number): WindowAssigner {
  checkLength('size', size);
  checkLength('slide', slide);
  checkOffset(offset, slide);
  return { kind: 'sliding', time, size, slide, offset };
}

function session(time: WindowTime, gap: number): WindowAssigner {
  checkLength('gap', gap);
  return { kind: 'session', time, gap };
}

function checkLength(name: string, length: number): void {
  if (Number.isSafeInteger(length) && length > 0) return;
  throw new EngineError('STREAM-WINDOW', `the ${name} of a window is ${length}, not a positive number of milliseconds`);
}

function checkOffset(offset: number, period: number): void {
  if (Number.isSafeInteger(offset) && Math.abs(offset) < period) return;
  throw new EngineError('STREAM-WINDOW', `the offset of a window is ${offset}, which is not smaller than ${period}`);
}
