/** Which windows a timestamp falls into. */
import type { TimeWindow, WindowAssigner } from '../../../dataflow/functions/windows.ts';

/** Calls `visit` with the start of each window, last window first; the size is the assigner's. */
export function forEachWindowStart(
  { size, offset, slide }: { readonly size: number; readonly offset: number; readonly slide: number },
  timestamp: number,
  visit: (start: number) => void,
): void {
  for (let start = windowStart(timestamp, offset, slide); start > timestamp - size; start -= slide) visit(start);
}

/** The start of the last window that begins up to the timestamp. */
function windowStart(timestamp: number, offset: number, period: number): number {
  const remainder = (timestamp - offset) % period;
  return timestamp - (remainder < 0 ? remainder + period : remainder);
}

/** Of windows of a fixed length: a tumbling window slides by its size. */
export function fixedWindows(assigner: Exclude<WindowAssigner, { readonly kind: 'session' }>) {
  const { size, offset } = assigner;
  return { size, offset, slide: assigner.kind === 'sliding' ? assigner.slide : size };
}

/** Sessions merge if they touch. */
export function touches(a: TimeWindow, b: TimeWindow): boolean {
  return a.start <= b.end && b.start <= a.end;
}
