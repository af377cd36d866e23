/**
 * Aggregation by strings of dictionaries that make few groups: the rows of a batch are first listed by group, then each
 * group takes its rows in with its accumulators in locals, so that no row searches a group or stores a sum.
 */
import type { CompileContext } from '../../expr/compile/context.ts';
import { type I32, i32, type Variable } from '../../kernel/build.ts';
import { fn } from '../../kernel/function-builder.ts';
import type { KernelFunction } from '../../kernel/ir.ts';
import { ALL_ROWS, type ColumnFacts } from '../codegen/batch-input.ts';
import type { KernelHost } from '../codegen/kernel-host.ts';
import { LocalFields } from '../codegen/local-fields.ts';
import type { RowInput } from '../codegen/row-input.ts';
import type { FieldAccess, RowLayout } from '../codegen/row-layout.ts';
import { appendRow, LIST_BYTES } from '../codegen/row-selection.ts';

const MOST_GROUPS = 16;

export interface CodedAggregation {
  readonly input: RowInput;
  readonly facts: ColumnFacts;
  readonly host: KernelHost;
  readonly keys: readonly number[];
  /** Columns that are read. */
  readonly columns: readonly number[];
  readonly layout: RowLayout;
  /** Emits the finding, or making, of the group of a row; `stop` where there is no memory. */
  readonly group: (context: CompileContext, stop: () => void) => Variable<'i32'>;
  /** Emits the taking in of a row. */
  readonly update: (fields: FieldAccess, row: I32, context: CompileContext, index: I32) => void;
}

/** Whether the keys of batches of which this is known make so few groups. */
export function haveFewCodes(input: RowInput, keys: readonly number[], facts: ColumnFacts): boolean {
  const groups = keys.reduce((product, key) => product * (input.entriesOf(key, facts) ?? Number.POSITIVE_INFINITY), 1);
  return keys.length > 0 && groups <= MOST_GROUPS;
}

/**
 * `aggregate(header, from)`: takes the rows of a batch in, at most MOST_ROWS (row-selection.ts); gives `from` where
 * memory ran short, before any was, or ALL_ROWS.
 */
export function codedAggregateKernel(aggregation: CodedAggregation): KernelFunction {
  const { input, facts, host, keys, columns, layout, group, update } = aggregation;
  const f = fn('aggregate', { params: { header: i32, from: i32 }, result: i32 });
  const entries = keys.map((key) => input.entriesOf(key, facts)!);
  const groups = entries.reduce((product, count) => product * count, 1);
  const lists = host.allocate(groups * LIST_BYTES);
  /** By group: its row, 0 where it has none yet. */
  const rows = host.allocate(groups * 4);
  const listOf = (number: I32): I32 => i32.add(i32.address(lists), i32.mul(number, i32.const(LIST_BYTES)));
  const rowOf = (number: I32): I32 => i32.add(i32.address(rows), i32.shl(number, i32.const(2)));

  for (let i = 0; i < groups; i++) f.do(i32.store(i32.address(lists + i * LIST_BYTES), i32.const(0)));
  const append = (context: CompileContext, index: I32): void => {
    const codes = keys.map((key) => context.column(key).code!);
    const number = codes.reduce((sum, code, i) => i32.add(i32.mul(sum, i32.const(entries[i]!)), code));
    appendRow(f, f.let('list', listOf(number)), index);
  };
  input.forEachRow(f, f.param.header, host, keys, facts, append, f.param.from);

  const forEachGroup = (body: (list: Variable<'i32'>, cell: Variable<'i32'>) => void): void => {
    f.for('group', i32.const(0), i32.const(groups), (number) => {
      const list = f.let('list', listOf(number));
      f.if(i32.load(list), () => body(list, f.let('cell', rowOf(number))));
    });
  };
  const ofFirst = (list: I32, body: (context: CompileContext) => void): void =>
    input.forEachRow(f, f.param.header, host, keys, { ...facts, selection: list }, (context) => {
      body(context);
      f.break();
    });
  forEachGroup((list, cell) => {
    f.if(i32.eqz(i32.load(cell)), () => {
      ofFirst(list, (context) =>
        f.do(
          i32.store(
            cell,
            group(context, () => f.return(f.param.from)),
          ),
        ),
      );
    });
  });
  const accumulators = new LocalFields(f, layout, accumulatorsIn(layout, keys.length));
  forEachGroup((list, cell) => {
    const row = f.let('row', i32.load(cell));
    accumulators.read(row);
    const each = (context: CompileContext, index: I32): void => update(accumulators, row, context, index);
    input.forEachRow(f, f.param.header, host, columns, { ...facts, selection: list }, each);
    accumulators.write(row);
  });
  f.return(i32.const(ALL_ROWS));
  return f.finish();
}

/** Fields behind those of the keys. */
export function accumulatorsIn(layout: RowLayout, keys: number): readonly number[] {
  return layout.fields.map((_, i) => i).slice(keys);
}

/** Whether all accumulators can be kept in locals: strings are owned by their row. */
export function fitLocals(layout: RowLayout, keys: number): boolean {
  return accumulatorsIn(layout, keys).every((i) => layout.fields[i]!.physical !== 'view');
}
