/**
 * Makes a full changelog of upserts by keeping the last row per key: the first row is +I, a changed one -U/+U, a delete
 * takes back the row that is kept, whatever columns it came with. Flink: ChangelogNormalize.
 */
import { notDistinct } from '../../expr/compile/comparison.ts';
import { compilePredicate } from '../../expr/compile/compile.ts';
import { type I32, i32 } from '../../kernel/build.ts';
import type { DataType } from '../../types/data-type.ts';
import { RowKind } from '../../types/row-kind.ts';
import { KeyedRowOperator } from '../codegen/keyed-row-operator.ts';
import type { KeyedState } from '../codegen/keyed-state.ts';
import type { InputRow } from '../codegen/state-kernel.ts';
import { defineOperator } from '../define.ts';
import type { ChangelogNormalizeParams } from '../specs.ts';

export const changelogNormalize = defineOperator('changelog-normalize', (params, spec) => {
  return new ChangelogNormalize(
    params,
    spec.inputs[0]!.fields.map((field) => field.type),
  );
});

class ChangelogNormalize extends KeyedRowOperator {
  readonly #params: ChangelogNormalizeParams;
  #rows!: KeyedState;

  constructor(params: ChangelogNormalizeParams, types: readonly DataType[]) {
    super('ChangelogNormalize', types);
    this.#params = params;
  }

  protected override makeState(): void {
    const { keys, stateTtl } = this.#params;
    this.#rows = this.state.keyed.keyed({ name: 'rows', types: this.types, keyFields: keys, ttl: stateTtl });
  }

  protected override process({ f, context, retraction, column }: InputRow): void {
    const { keys, condition, generateUpdateBefore, stateTtl } = this.#params;
    const { output } = this.state;
    const rows = this.#rows;
    const found = rows.find(context, keys.map(column));
    const stored = (field: number) => rows.load(found.row, field);
    const all = this.types.map((_, i) => i);
    const emitStored = (kind: RowKind): void => output.append(f, all.map(stored), i32.const(kind));
    const emitNew = (kind: RowKind): void => output.append(f, all.map(column), i32.const(kind));
    const store = (): void => {
      for (const field of all) rows.store(f, found.row, field, column(field));
    };
    // A row that the filter refuses is as good as deleted.
    const gone = f.let('gone', retraction);
    if (condition !== null) {
      context.branch(i32.eqz(gone), () => f.set(gone, i32.eqz(compilePredicate(condition, context))));
    }
    context.branch(
      gone,
      () => {
        f.if(found.row, () => {
          emitStored(RowKind.DELETE);
          rows.remove(f, found);
        });
      },
      () => {
        context.branch(
          i32.eqz(found.row),
          () => {
            rows.insert(f, found);
            store();
            emitNew(RowKind.INSERT);
          },
          () => {
            const update = (): void => {
              if (generateUpdateBefore) emitStored(RowKind.UPDATE_BEFORE);
              emitNew(RowKind.UPDATE_AFTER);
              rows.releaseStrings(f, found.row);
              store();
              rows.wrote(f, found.row);
            };
            if (stateTtl > 0) {
              update();
              return;
            }
            const same = all
              .map((field) => notDistinct(column(field), context.bind(stored(field), 'old'), context))
              .reduce((a: I32, b) => i32.and(a, b));
            context.branch(i32.eqz(same), update);
          },
        );
      },
    );
  }
}
