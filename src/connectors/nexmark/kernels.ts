/**
 * The loops that write Nexmark's columns, one kernel per column, built for the options of the table. Values are
 * functions of the seed, the column and the event's number alone: each has a hash of its own, so events can be made in
 * any order and any column can be left out.
 *
 * The distributions are those of nexmark-flink's generators.
 */
import { type I64, i32, i64, select } from '../../kernel/build.ts';
import { fn } from '../../kernel/function-builder.ts';
import type { KernelFunction } from '../../kernel/ir.ts';
import { COLUMNS } from './columns.ts';
import type { NexmarkConfig } from './options.ts';
import type { EventKind } from './schema.ts';
import { type ColumnBody, PARAMS } from './scope.ts';

export interface ColumnKernel {
  readonly kernel: KernelFunction;
  /** Bytes of a composed string, at most; 0 for numbers and views. */
  readonly longest: number;
}

/** The kernel of `bid.price`, … ; null if there is no such column. */
export function columnKernel(config: NexmarkConfig, kind: EventKind, field: string): ColumnKernel | null {
  const column = COLUMNS[kind][field];
  if (column === undefined) return null;
  const longest = column.longest ?? 0;
  return { kernel: buildLoop(config, kind, `${kind}_${field}`, column.body, longest), longest };
}

function buildLoop(
  config: NexmarkConfig,
  kind: EventKind,
  name: string,
  body: ColumnBody,
  longest: number,
): KernelFunction {
  const { cycle: length, proportions } = config;
  const lower = kind === 'person' ? 0 : kind === 'auction' ? proportions.person : length - proportions.bid;
  const upper = lower + proportions[kind];
  const f = fn(name, { params: PARAMS });
  const { from, count, mixed, out, data } = f.param;
  f.if(mixed, () => f.fill(out, i32.const(0), i32.shl(count, i32.const(3))));
  const event = f.let('event', from);
  const end = f.let('end', i64.add(event, i64.extend_i32_s(count)));
  const cycle = f.let('cycle', i64.div_u(event, i64.const(length)));
  const offset = f.let('offset', i64.rem_u(event, i64.const(length)));
  const at = f.let('at', out);
  const text = f.let('text_at', f.param.text);
  f.while(i64.lt_s(event, end), () => {
    const first = f.let('first', larger(offset, i64.const(lower)));
    const last = f.let('last', smaller(i64.const(upper), i64.add(offset, i64.sub(end, event))));
    f.if(mixed, () => {
      const row = i32.wrap_i64(i64.add(i64.sub(event, from), i64.sub(first, offset)));
      f.set(at, i32.add(out, i32.shl(row, i32.const(3))));
    });
    const index = f.let('index', i64.sub(first, i64.const(lower)));
    const number = f.let('number', i64.add(event, i64.sub(first, offset)));
    const value = body({ f, config, kind, cycle, data });
    f.loop({
      condition: i64.lt_s(index, i64.sub(last, i64.const(lower))),
      body: () => f.do(i64.store(at, value({ event: number, index, text }))),
      step: () => {
        f.set(index, i64.add(index, i64.const(1)));
        f.set(number, i64.add(number, i64.const(1)));
        f.set(at, i32.add(at, i32.const(8)));
        if (longest > 0) f.set(text, i32.add(text, i32.const(longest)));
      },
    });
    f.set(event, i64.add(event, i64.sub(i64.const(length), offset)));
    f.set(offset, i64.const(0));
    f.set(cycle, i64.add(cycle, i64.const(1)));
  });
  return f.finish();
}

function larger(a: I64, b: I64): I64 {
  return select(i64.gt_s(a, b), a, b);
}

function smaller(a: I64, b: I64): I64 {
  return select(i64.lt_s(a, b), a, b);
}
