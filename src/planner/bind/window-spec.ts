/** OVER clauses: named windows, and frames as offsets from the current row. */
import { EngineError, type Span } from '../../base/errors.ts';
import { didYouMean } from '../../base/nearest.ts';
import { type Expr, literal } from '../../expr/expr.ts';
import type { FrameBound, NamedWindow, WindowFrame, WindowName, WindowSpec } from '../../sql/ast.ts';
import { INT, isInteger, isInterval, isNumeric } from '../../types/data-type.ts';
import { negateLiteral } from './negate-literal.ts';

/** `OVER w` and `OVER (w ORDER BY …)` with what `w` says written out. @throws EngineError SQL-WINDOW */
export function resolveWindowSpec(over: WindowSpec | WindowName, windows: readonly NamedWindow[]): WindowSpec {
  if (over.kind === 'window-name') return named(over.name.name, windows, over.span);
  if (over.base === undefined) return over;
  const base = named(over.base.name, windows, over.base.span);
  const { base: _resolved, ...own } = over;
  return {
    ...own,
    partitionBy: own.partitionBy.length > 0 ? own.partitionBy : base.partitionBy,
    orderBy: own.orderBy.length > 0 ? own.orderBy : base.orderBy,
    frame: own.frame ?? base.frame,
  };
}

function named(name: string, windows: readonly NamedWindow[], span: Span): WindowSpec {
  const at = windows.findIndex((window) => window.name.name === name);
  if (at >= 0) return resolveWindowSpec(windows[at]!.spec, windows.slice(0, at));
  const names = windows.map((window) => window.name.name);
  throw new EngineError('SQL-WINDOW', `window '${name}' not found`, { span, hint: didYouMean(name, names) });
}

export interface Frame {
  readonly unit: 'ROWS' | 'RANGE';
  readonly start: Expr | null;
  readonly end: Expr | null;
}

/** @throws EngineError SQL-WINDOW for bounds in the wrong order, or offsets of the wrong type */
export function bindFrame(frame: WindowFrame, bind: (expr: FrameOffset) => Expr, span: Span): Frame {
  const end: FrameBound = frame.end ?? { kind: 'current-row' };
  if (frame.start.kind === 'unbounded-following' || end.kind === 'unbounded-preceding') {
    throw new EngineError('SQL-WINDOW', 'a frame cannot start at its end', { span });
  }
  if (rank(frame.start) > rank(end)) {
    throw new EngineError('SQL-WINDOW', 'the frame starts after it ends', { span });
  }
  const bound = (side: FrameBound): Expr | null => bindBound(frame.unit, side, bind, span);
  return { unit: frame.unit, start: bound(frame.start), end: bound(end) };
}

type FrameOffset = Extract<FrameBound, { readonly offset: unknown }>['offset'];

function rank(bound: FrameBound): number {
  return ['unbounded-preceding', 'preceding', 'current-row', 'following', 'unbounded-following'].indexOf(bound.kind);
}

/** null: unbounded; 0: the current row; negative: before it. */
function bindBound(
  unit: 'ROWS' | 'RANGE',
  bound: FrameBound,
  bind: (expr: FrameOffset) => Expr,
  span: Span,
): Expr | null {
  if (bound.kind === 'current-row') return literal(0, INT);
  if (bound.kind !== 'preceding' && bound.kind !== 'following') return null;
  const offset = bind(bound.offset);
  const fits = unit === 'ROWS' ? isInteger(offset.type) : isInterval(offset.type) || isNumeric(offset.type);
  if (offset.kind !== 'literal' || offset.value === null || !fits) {
    const wanted = unit === 'ROWS' ? 'a whole number' : 'an interval or a number';
    throw new EngineError('SQL-WINDOW', `the offset of a ${unit} frame must be ${wanted}, written as a literal`, {
      span: bound.offset.span,
    });
  }
  if (Number(offset.value) < 0) {
    throw new EngineError('SQL-WINDOW', 'the offset of a frame must not be negative', { span });
  }
  return bound.kind === 'preceding' ? negateLiteral(offset) : offset;
}
