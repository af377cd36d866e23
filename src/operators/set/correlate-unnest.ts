/**
 * UNNEST: each row joined with the elements of a collection that it computes. The collections are decoded row by row; a
 * kernel then copies the input's columns beside the elements. Kinds are kept. Flink: Correlate with $UNNEST_ROWS.
 */

import { notSupported } from '../../base/errors.ts';
import type { Batch } from '../../columnar/batch.ts';
import { BatchBuilder } from '../../columnar/builder.ts';
import { RowReader } from '../../columnar/row-reader.ts';
import type { Operator, OperatorContext } from '../../dataflow/operator.ts';
import { compilePredicate } from '../../expr/compile/compile.ts';
import { CompileContext } from '../../expr/compile/context.ts';
import type { Operand } from '../../expr/compile/operand.ts';
import { evaluate } from '../../expr/evaluate.ts';
import { inputsOf } from '../../expr/expr.ts';
import type { EvaluationContext } from '../../expr/functions/define.ts';
import { i32 } from '../../kernel/build.ts';
import { fn } from '../../kernel/function-builder.ts';
import type { CompiledKernel } from '../../kernel/program.ts';
import type { DataType } from '../../types/data-type.ts';
import type { Entries, Value } from '../../types/value.ts';
import { BatchInput } from '../codegen/batch-input.ts';
import { evaluationContext } from '../codegen/evaluation.ts';
import { FAIL, KernelHost, RESERVE } from '../codegen/kernel-host.ts';
import { OutputBuffer } from '../codegen/output-buffer.ts';
import { defineOperator } from '../define.ts';
import type { CorrelateUnnestParams } from '../specs.ts';

export const correlateUnnest = defineOperator('correlate-unnest', (params, spec) => {
  const types = spec.inputs[0]!.fields.map((field) => field.type);
  const outputTypes = spec.output.fields.map((field) => field.type);
  return new CorrelateUnnest(params, types, outputTypes);
});

/** Elements that are copied beside their rows at once. */
const CHUNK = 2048;
/** In the list of row numbers: the row's elements are over, pad it if none passed. */
const PAD = 0x80000000;

class CorrelateUnnest implements Operator {
  readonly #params: CorrelateUnnestParams;
  readonly #types: readonly DataType[];
  readonly #outputTypes: readonly DataType[];
  /** Of the fields behind the input's; nullable where a row may be padded. */
  readonly #elementTypes: readonly DataType[];
  readonly #inputs: readonly number[];
  #context!: OperatorContext;
  #evaluation!: EvaluationContext;
  #host!: KernelHost;
  #header = 0;
  #elementHeader = 0;
  /** Per element the number of its row, or that with PAD. */
  #rowNumbers = 0;
  /** Address of a word: whether an element of the current row has passed. */
  #matched = 0;
  #reader!: RowReader;
  #builder!: BatchBuilder;
  #output!: OutputBuffer;
  #kernel!: CompiledKernel;

  constructor(params: CorrelateUnnestParams, types: readonly DataType[], outputTypes: readonly DataType[]) {
    this.#params = params;
    this.#types = types;
    this.#outputTypes = outputTypes;
    this.#elementTypes = outputTypes
      .slice(types.length)
      .map((type) => (params.outer ? { ...type, nullable: true } : type));
    this.#inputs = [...inputsOf(params.collection)];
  }

  open(context: OperatorContext): void {
    const { memory } = context;
    this.#context = context;
    this.#evaluation = evaluationContext(context);
    this.#host = new KernelHost(context);
    this.#header = this.#host.header(this.#types.length);
    this.#elementHeader = this.#host.header(this.#elementTypes.length);
    this.#rowNumbers = this.#host.allocate(CHUNK * 4);
    this.#matched = this.#host.allocate(4);
    this.#reader = new RowReader(memory, this.#types);
    this.#builder = new BatchBuilder(memory, this.#elementTypes, CHUNK);
    this.#output = new OutputBuffer(memory, context.output, this.#outputTypes, {
      capacity: 8192,
      withKinds: true,
      constants: this.#host.constants,
    });
    this.#host.strings = () => this.#output.strings();
    this.#kernel = this.#host.compile([this.#joinKernel()], this.#output.externs, this.#output.functions)['join']!;
  }

  processBatch(batch: Batch): void {
    const row: Value[] = new Array<Value>(this.#types.length).fill(null);
    const { outer, withOrdinality, collection } = this.#params;
    for (let i = 0; i < batch.rowCount; i++) {
      for (const input of this.#inputs) row[input] = this.#reader.value(batch, i, input);
      const value = evaluate(collection, row, this.#evaluation);
      let ordinal = 0;
      for (const element of elementsOf(value, collection.type)) {
        ordinal++;
        if (element === null) continue;
        this.#add(batch, i, withOrdinality ? [...element, this.#ordinal(ordinal)] : element);
      }
      if (outer) this.#add(batch, i | PAD, []);
    }
    this.#joinChunk(batch);
  }

  processWatermark(timestamp: number): void {
    this.#context.output.emitWatermark(timestamp);
  }

  endInput(): void {}

  snapshotState(): void {}

  close(): void {
    this.#builder?.close();
    this.#output?.close();
    this.#host?.close();
  }

  #ordinal(value: number): Value {
    return this.#elementTypes.at(-1)!.kind === 'BIGINT' ? BigInt(value) : value;
  }

  #add(batch: Batch, row: number, element: readonly Value[]): void {
    this.#context.memory.u32[(this.#rowNumbers >>> 2) + this.#builder.rowCount] = row;
    this.#builder.append(element);
    if (this.#builder.full) this.#joinChunk(batch);
  }

  #joinChunk(batch: Batch): void {
    if (this.#builder.rowCount === 0) return;
    const elements = this.#builder.finish();
    try {
      this.#host.writeHeader(this.#header, batch);
      this.#host.writeHeader(this.#elementHeader, elements);
      this.#output.begin([batch, elements]);
      this.#kernel(this.#header, this.#elementHeader);
      this.#output.flush();
    } finally {
      elements.release();
    }
  }

  /** `join(header, elements)`: one row per element that passes, or per row without one that is to be padded. */
  #joinKernel() {
    const { condition, outer } = this.#params;
    const f = fn('join', { params: { header: i32, elements: i32 } });
    const width = this.#types.length;
    const input = new BatchInput(
      f,
      f.param.header,
      this.#types,
      this.#types.map((_, i) => i),
      true,
    );
    const fields = this.#elementTypes.map((_, i) => i);
    const elements = new BatchInput(f, f.param.elements, this.#elementTypes, fields, false);
    const matched = i32.address(this.#matched);
    f.for('j', i32.const(0), elements.rowCount, (j) => {
      const number = i32.load(i32.add(i32.address(this.#rowNumbers), i32.shl(j, i32.const(2))));
      const entry = f.let('entry', number);
      const i = f.let('i', i32.and(entry, i32.const(0x7fffffff)));
      const column = (at: number): Operand => (at < width ? input.column(at, i) : elements.column(at - width, j));
      const context = new CompileContext(f, column, this.#host, FAIL, RESERVE);
      const emit = (): void => {
        const operands = this.#outputTypes.map((type, at) => ({ ...context.column(at), type }));
        this.#output.append(f, operands, input.kind(i));
      };
      const passed = (): void => {
        if (outer) f.do(i32.store(matched, i32.const(1)));
        emit();
      };
      const join = (): void => {
        if (condition === null) {
          passed();
          return;
        }
        f.if(compilePredicate(condition, context), () => context.scoped(passed));
      };
      if (!outer) {
        join();
        return;
      }
      context.branch(
        i32.lt_s(entry, i32.const(0)),
        () => {
          f.if(i32.eqz(i32.load(matched)), () => context.scoped(emit));
          f.do(i32.store(matched, i32.const(0)));
        },
        join,
      );
    });
    return f.finish();
  }
}

/**
 * The fields of each element: a ROW is spread, a MAP gives key and value, a MULTISET each element as often as it is in.
 * Null stands for a ROW that is NULL, which gives no row (Flink 2.3).
 */
function* elementsOf(value: Value, type: DataType): Generator<readonly Value[] | null> {
  if (value === null) return;
  switch (type.kind) {
    case 'ARRAY':
      for (const element of value as readonly Value[]) yield spread(element, type.element);
      return;
    case 'MAP':
      yield* value as Entries;
      return;
    case 'MULTISET':
      for (const [element, count] of value as Entries) {
        for (let i = 0; i < Number(count); i++) yield spread(element, type.element);
      }
      return;
    default:
      throw notSupported(`UNNEST of ${type.kind}`);
  }
}

function spread(element: Value, type: DataType): readonly Value[] | null {
  return type.kind === 'ROW' ? (element as readonly Value[] | null) : [element];
}
