/**
 * What an upsert sink must see when the key of the changes is not the key of the sink: per primary key the rows that
 * claim it, in order of arrival. The last one counts; when it is taken back the one before it comes again. Flink:
 * SinkUpsertMaterializer.
 */
import { type I32, i32 } from '../../kernel/build.ts';
import type { DataType } from '../../types/data-type.ts';
import { RowKind } from '../../types/row-kind.ts';
import { KeyedRowOperator } from '../codegen/keyed-row-operator.ts';
import { sameKeys } from '../codegen/keys.ts';
import type { InputRow } from '../codegen/state-kernel.ts';
import { defineOperator } from '../define.ts';
import { NEXT, type Place, RankedRows } from '../rank/ranked-rows.ts';
import type { SinkUpsertMaterializerParams } from '../specs.ts';

export const sinkUpsertMaterializer = defineOperator('sink-upsert-materializer', (params, spec) => {
  return new SinkUpsertMaterializer(
    params,
    spec.inputs[0]!.fields.map((field) => field.type),
  );
});

class SinkUpsertMaterializer extends KeyedRowOperator {
  readonly #params: SinkUpsertMaterializerParams;
  #rows!: RankedRows;

  constructor(params: SinkUpsertMaterializerParams, types: readonly DataType[]) {
    super('SinkUpsertMaterializer', types);
    this.#params = params;
  }

  protected override makeState(): void {
    this.#rows = new RankedRows(this.state, this.types, this.#params.primaryKey, this.#params.stateTtl);
  }

  protected override process(row: InputRow): void {
    row.context.branch(
      row.retraction,
      () => this.#retract(row),
      () => this.#add(row),
    );
  }

  #emitInput({ f, column }: InputRow, kind: I32): void {
    const fields = this.types.map((_, i) => column(i));
    this.state.output.append(f, fields, kind);
  }

  #add(input: InputRow): void {
    const { f } = input;
    const partition = this.#rows.partition(input, true);
    const empty = f.let('empty', i32.eqz(this.#rows.first(partition)));
    const found = this.#find(input, partition);
    input.context.branch(
      found.next,
      () => this.#rows.overwrite(input, partition, found.next),
      () => {
        this.#rows.insert(input, partition, found);
      },
    );
    const kind = f.let('kind', i32.const(RowKind.UPDATE_AFTER));
    f.if(empty, () => f.set(kind, i32.const(RowKind.INSERT)));
    this.#emitInput(input, kind);
  }

  #retract(input: InputRow): void {
    const { f } = input;
    const partition = this.#rows.partition(input, false);
    f.if(i32.eqz(partition), () => f.continue());
    const found = this.#find(input, partition, true);
    f.if(i32.eqz(found.next), () => f.continue());
    const behind = f.let('behind', i32.load(found.next, NEXT));
    this.#rows.unlink(f, partition, found.previous, found.next);
    f.if(i32.eqz(behind), () => {
      input.context.branch(
        found.previous,
        () => {
          const fields = this.types.map((_, i) => this.#rows.load(found.previous, i));
          this.state.output.append(f, fields, i32.const(RowKind.UPDATE_AFTER));
        },
        () => {
          this.#emitInput(input, i32.const(RowKind.DELETE));
          this.#rows.dropIfEmpty(input, partition);
        },
      );
    });
  }

  /** The row with the same upsert key, or (to take one back without such a key) the same row; `next` 0: none. */
  #find(input: InputRow, partition: I32, whole = false): Place {
    const { f, context, column } = input;
    const { upsertKey } = this.#params;
    const columns = upsertKey ?? (whole ? this.types.map((_, i) => i) : null);
    const previous = f.let('previous', i32.const(0));
    const next = f.let('same', this.#rows.first(partition));
    const label = f.freshLabel('same');
    f.loop({
      label,
      condition: next,
      body: () => {
        if (columns !== null) {
          const fields = columns.map((field) => context.bind(this.#rows.load(next, field), 'f'));
          f.if(sameKeys(columns.map(column), fields, context), () => f.break(label));
        }
        f.set(previous, next);
      },
      step: () => f.set(next, i32.load(next, NEXT)),
    });
    return { previous, next, position: i32.const(0) };
  }
}
