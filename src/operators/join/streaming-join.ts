/**
 * STREAMING join of every type over inputs that may change: both sides are state, each row that comes meets the rows of
 * the other side that are there. Flink: StreamingJoinOperator, StreamingSemiAntiJoinOperator, whose changes it emits
 * row for row: an inner join passes the input's own kinds on; a side that is padded where it finds nothing turns
 * changes into -D and +I.
 */
import type { Batch } from '../../columnar/batch.ts';
import type { Operator, OperatorContext } from '../../dataflow/operator.ts';
import { compilePredicate } from '../../expr/compile/compile.ts';
import { CompileContext } from '../../expr/compile/context.ts';
import { nullOperand, type Operand } from '../../expr/compile/operand.ts';
import { type I32, i32, type Variable } from '../../kernel/build.ts';
import { type FunctionBuilder, fn } from '../../kernel/function-builder.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import type { PagedState, PageWriter, StateWriter } from '../../state/snapshot.ts';
import type { DataType } from '../../types/data-type.ts';
import { RowKind } from '../../types/row-kind.ts';
import { ALL_ROWS, BatchInput, isRetraction } from '../codegen/batch-input.ts';
import { FAIL, KernelHost, RESERVE } from '../codegen/kernel-host.ts';
import { OperatorState } from '../codegen/operator-state.ts';
import { OutputBuffer } from '../codegen/output-buffer.ts';
import { defineOperator } from '../define.ts';
import type { StreamingJoinParams } from '../specs.ts';
import { joinable } from './build-table.ts';
import { StreamingSide } from './streaming-side.ts';

export const streamingJoin = defineOperator('streaming-join', (params, spec) => {
  const [left, right] = spec.inputs.map((schema) => schema.fields.map((field) => field.type));
  return new StreamingJoin(
    params,
    left!,
    right!,
    spec.output.fields.map((field) => field.type),
  );
});

const { INSERT, DELETE } = RowKind;
const constant = (kind: RowKind): I32 => i32.const(kind);

/** One input row while a kernel works on it. */
interface Arrival {
  readonly f: FunctionBuilder;
  readonly context: CompileContext;
  readonly fromLeft: boolean;
  readonly kind: I32;
  readonly row: (column: number) => Operand;
}

class StreamingJoin implements Operator, PagedState {
  readonly #params: StreamingJoinParams;
  readonly #leftTypes: readonly DataType[];
  readonly #rightTypes: readonly DataType[];
  readonly #outputTypes: readonly DataType[];
  #context!: OperatorContext;
  #host!: KernelHost;
  #header = 0;
  #state!: OperatorState;
  #left!: StreamingSide;
  #right!: StreamingSide;
  #output!: OutputBuffer;
  #kernels: readonly CompiledKernel[] = [];

  constructor(
    params: StreamingJoinParams,
    leftTypes: readonly DataType[],
    rightTypes: readonly DataType[],
    outputTypes: readonly DataType[],
  ) {
    this.#params = params;
    this.#leftTypes = leftTypes;
    this.#rightTypes = rightTypes;
    this.#outputTypes = outputTypes;
  }

  open(context: OperatorContext): void {
    const { leftKeys, rightKeys, left, right } = this.#params;
    const { memory } = context;
    this.#context = context;
    this.#host = new KernelHost(context);
    this.#header = this.#host.header(Math.max(this.#leftTypes.length, this.#rightTypes.length));
    this.#state = new OperatorState(context, this.#host, 'Join');
    this.#left = new StreamingSide(this.#state, 'left', this.#leftTypes, leftKeys, left);
    this.#right = new StreamingSide(this.#state, 'right', this.#rightTypes, rightKeys, right);
    this.#output = new OutputBuffer(memory, context.output, this.#outputTypes, {
      capacity: 2048,
      withKinds: true,
      copyStrings: true,
    });
    this.#host.strings = () => this.#output.strings();
    const compiled = this.#host.compile(
      [this.#kernel('left'), this.#kernel('right')],
      { ...this.#state.externs, ...this.#output.externs },
      this.#output.functions,
    );
    this.#kernels = [compiled['left']!, compiled['right']!];
    if (context.restored !== null) this.#state.restore(context.restored);
  }

  processBatch(batch: Batch, input: number): void {
    this.#host.writeHeader(this.#header, batch);
    this.#output.begin();
    this.#state.run(this.#kernels[input]!, this.#header, batch);
    this.#output.flush();
  }

  processWatermark(timestamp: number): void {
    this.#context.output.emitWatermark(timestamp);
  }

  endInput(): void {}

  snapshotState(writer: StateWriter): void {
    this.#state.snapshot(writer);
  }

  snapshotPages(writer: PageWriter): void {
    this.#state.snapshotPages(writer);
  }

  close(): void {
    this.#output?.close();
    this.#state?.close();
    this.#host?.close();
  }

  /** `left(header, from)`, `right(header, from)`: works off the rows of one input. */
  #kernel(side: 'left' | 'right') {
    const fromLeft = side === 'left';
    const types = fromLeft ? this.#leftTypes : this.#rightTypes;
    const f = fn(side, { params: { header: i32, from: i32 }, result: i32 });
    const input = new BatchInput(
      f,
      f.param.header,
      types,
      types.map((_, i) => i),
      true,
    );
    const { type } = this.#params;
    f.for('i', f.param.from, input.rowCount, (i) => {
      this.#state.stopIfShort(f, i);
      const context = new CompileContext(f, (column) => input.column(column, i), this.#host, FAIL, RESERVE);
      const kind = f.let('kind', input.kind(i));
      const arrival: Arrival = { f, context, fromLeft, kind, row: (column) => context.column(column) };
      const retraction = isRetraction(kind);
      if (type === 'SEMI' || type === 'ANTI') {
        if (fromLeft) this.#semiLeft(arrival, retraction);
        else this.#semiRight(arrival, retraction);
        return;
      }
      context.branch(
        retraction,
        () => this.#retract(arrival),
        () => this.#accumulate(arrival),
      );
    });
    f.return(i32.const(ALL_ROWS));
    return f.finish();
  }

  #sides(fromLeft: boolean): { readonly mine: StreamingSide; readonly other: StreamingSide } {
    return fromLeft ? { mine: this.#left, other: this.#right } : { mine: this.#right, other: this.#left };
  }

  #isOuter(left: boolean): boolean {
    const { type } = this.#params;
    return type === 'FULL' || type === (left ? 'LEFT' : 'RIGHT');
  }

  /** Whether a row changes the records of the other side that it is joined to. */
  #changesOther(fromLeft: boolean): boolean {
    const { type } = this.#params;
    return type === 'SEMI' || type === 'ANTI' ? !fromLeft : this.#isOuter(!fromLeft);
  }

  /** Emits a loop over the other side's records that the row is joined to. */
  #eachMatch(arrival: Arrival, body: (record: Variable<'i32'>) => void): void {
    const { f, context, fromLeft } = arrival;
    const { leftKeys, rightKeys, nullSafe, condition } = this.#params;
    const { other } = this.#sides(fromLeft);
    const keys = (fromLeft ? leftKeys : rightKeys).map(arrival.row);
    const entry = f.let('entry', i32.const(0));
    const can = joinable(keys, nullSafe);
    const search = (): void => f.set(entry, other.find(context, keys, this.#changesOther(fromLeft)));
    if (can === null) context.scoped(search);
    else context.branch(can, search);
    other.each(f, entry, (record) => {
      context.scoped(() => {
        if (condition === null) {
          body(record);
          return;
        }
        const leftCount = this.#leftTypes.length;
        const field = (index: number): Operand => other.field(record, index);
        const pair = context.over((column) => {
          const isLeft = column < leftCount;
          const index = isLeft ? column : column - leftCount;
          return isLeft === fromLeft ? arrival.row(index) : field(index);
        });
        f.if(compilePredicate(condition, pair), () => context.scoped(() => body(record)));
      });
    });
  }

  #emitPair(arrival: Arrival, record: I32, kind: I32): void {
    const { fromLeft, f } = arrival;
    const { other } = this.#sides(fromLeft);
    const mine = (fromLeft ? this.#leftTypes : this.#rightTypes).map((_, i) => arrival.row(i));
    const theirs = other.types.map((_, i) => other.field(record, i));
    this.#output.append(f, fromLeft ? [...mine, ...theirs] : [...theirs, ...mine], kind);
  }

  /** The row alone, the other side's fields NULL. */
  #emitPadded(arrival: Arrival, kind: I32): void {
    const { fromLeft, f } = arrival;
    const { mine, other } = this.#sides(fromLeft);
    const fields = mine.types.map((_, i) => arrival.row(i));
    this.#output.append(f, this.#withNulls(fields, other.types, fromLeft), kind);
  }

  /** A record of the other side alone. */
  #emitPaddedRecord(arrival: Arrival, record: I32, kind: I32): void {
    const { fromLeft, f } = arrival;
    const { mine, other } = this.#sides(fromLeft);
    const fields = other.types.map((_, i) => other.field(record, i));
    this.#output.append(f, this.#withNulls(fields, mine.types, !fromLeft), kind);
  }

  #withNulls(fields: readonly Operand[], missing: readonly DataType[], fieldsAreLeft: boolean): readonly Operand[] {
    const nulls = missing.map((type) => nullOperand({ ...type, nullable: true }));
    return fieldsAreLeft ? [...fields, ...nulls] : [...nulls, ...fields];
  }

  #accumulate(arrival: Arrival): void {
    const { f, context, fromLeft } = arrival;
    const { mine, other } = this.#sides(fromLeft);
    const inputIsOuter = this.#isOuter(fromLeft);
    const otherIsOuter = this.#isOuter(!fromLeft);
    const matches = f.let('matches', i32.const(0));
    if (otherIsOuter) {
      this.#eachMatch(arrival, (record) => {
        f.if(i32.eqz(other.associations(record)), () => this.#emitPaddedRecord(arrival, record, constant(DELETE)));
        other.addAssociation(f, record, 1);
      });
    }
    const kind = inputIsOuter || otherIsOuter ? constant(INSERT) : arrival.kind;
    this.#eachMatch(arrival, (record) => {
      f.set(matches, i32.add(matches, i32.const(1)));
      this.#emitPair(arrival, record, kind);
    });
    if (inputIsOuter) context.branch(i32.eqz(matches), () => this.#emitPadded(arrival, constant(INSERT)));
    context.scoped(() => mine.add(context, arrival.row, matches));
  }

  #retract(arrival: Arrival): void {
    const { f, context, fromLeft } = arrival;
    const { mine, other } = this.#sides(fromLeft);
    const inputIsOuter = this.#isOuter(fromLeft);
    context.scoped(() => mine.retract(context, arrival.row));
    const matches = f.let('matches', i32.const(0));
    const kind = inputIsOuter ? constant(DELETE) : arrival.kind;
    this.#eachMatch(arrival, (record) => {
      f.set(matches, i32.const(1));
      this.#emitPair(arrival, record, kind);
    });
    if (inputIsOuter) context.branch(i32.eqz(matches), () => this.#emitPadded(arrival, constant(DELETE)));
    if (!this.#isOuter(!fromLeft)) return;
    this.#eachMatch(arrival, (record) => {
      f.if(i32.eq(other.associations(record), i32.const(1)), () =>
        this.#emitPaddedRecord(arrival, record, constant(INSERT)),
      );
      other.addAssociation(f, record, -1);
    });
  }

  /** A left row of SEMI or ANTI: passed on as it is where it has (no) match. */
  #semiLeft(arrival: Arrival, retraction: I32): void {
    const { f, context } = arrival;
    const matches = f.let('matches', i32.const(0));
    this.#eachMatch(arrival, () => f.set(matches, i32.add(matches, i32.const(1))));
    const passes = this.#params.type === 'SEMI' ? matches : i32.eqz(matches);
    const fields = this.#leftTypes.map((_, i) => arrival.row(i));
    f.if(passes, () => this.#output.append(f, fields, arrival.kind));
    context.branch(
      retraction,
      () => this.#left.retract(context, arrival.row),
      () => this.#left.add(context, arrival.row, matches),
    );
  }

  /** A right row: the first match of a left row lets it in (or out), the last one to go the other way round. */
  #semiRight(arrival: Arrival, retraction: I32): void {
    const { f, context } = arrival;
    const semi = this.#params.type === 'SEMI';
    const emit = (record: I32, kind: I32): void => {
      const fields = this.#leftTypes.map((_, i) => this.#left.field(record, i));
      this.#output.append(f, fields, kind);
    };
    context.branch(
      retraction,
      () => {
        this.#right.retract(context, arrival.row);
        this.#eachMatch(arrival, (record) => {
          f.if(i32.eq(this.#left.associations(record), i32.const(1)), () =>
            emit(record, semi ? arrival.kind : constant(INSERT)),
          );
          this.#left.addAssociation(f, record, -1);
        });
      },
      () => {
        this.#right.add(context, arrival.row, i32.const(0));
        this.#eachMatch(arrival, (record) => {
          f.if(i32.eqz(this.#left.associations(record)), () => emit(record, semi ? arrival.kind : constant(DELETE)));
          this.#left.addAssociation(f, record, 1);
        });
      },
    );
  }
}
