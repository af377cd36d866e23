/**
 * STREAMING top-N per partition: rows in order behind each partition's entry, and the changes that a new, changed or
 * retracted row makes to the ranks. Flink writes the same change in three ways, by strategy:
 *
 * - with the rank in the output (or an offset) a new row shifts those below it by -U/+U pairs, and a last +I;
 * - without it the evicted row goes as -D and the new one comes as +I;
 * - update-fast sends all -U before all +U.
 *
 * Flink: Rank, SortLimit (AppendOnlyTopNFunction, UpdatableTopNFunction, RetractableTopNFunction, FastTop1Function).
 */
import { asI64, type Operand, operand } from '../../expr/compile/operand.ts';
import { type I32, i32, i64, type Variable } from '../../kernel/build.ts';
import type { FunctionBuilder } from '../../kernel/function-builder.ts';
import { BIGINT, type DataType } from '../../types/data-type.ts';
import { RowKind } from '../../types/row-kind.ts';
import { KeyedRowOperator } from '../codegen/keyed-row-operator.ts';
import { sameKeys } from '../codegen/keys.ts';
import { compareRows } from '../codegen/ordering.ts';
import type { InputRow } from '../codegen/state-kernel.ts';
import { defineOperator } from '../define.ts';
import type { RankParams } from '../specs.ts';
import { NEXT, type Place, RankedRows } from './ranked-rows.ts';

export const rank = defineOperator('rank', (params, spec) => {
  return new Rank(
    params,
    spec.inputs[0]!.fields.map((field) => field.type),
    spec.output.fields.map((field) => field.type),
  );
});

class Rank extends KeyedRowOperator {
  readonly #params: RankParams;
  #rows!: RankedRows;

  constructor(params: RankParams, types: readonly DataType[], outputTypes: readonly DataType[]) {
    super('Rank', types, outputTypes);
    this.#params = params;
  }

  protected override makeState(): void {
    this.#rows = new RankedRows(this.state, this.types, this.#params.partitionKeys, this.#params.stateTtl);
  }

  /** The last rank that is shown: a constant, or a column of the partition. */
  #rankEnd(input: InputRow): I32 {
    const { rankEnd, rankEndColumn } = this.#params;
    if (rankEndColumn === null) return i32.const(Math.min(rankEnd, 0x7fffffff));
    const column = input.column(rankEndColumn);
    const wide = column.physical === 'i64' ? asI64(column) : i64.extend_i32_s(column.value as I32);
    const limit = i32.wrap_i64(wide);
    return input.context.local('rankEnd', column.valid === null ? limit : i32.mul(limit, column.valid));
  }

  get #writesRanks(): boolean {
    return this.#params.outputRankNumber || this.#params.rankStart > 1;
  }

  protected override process(input: InputRow): void {
    const { strategy, fastTop1, rankEndColumn } = this.#params;
    if (fastTop1 && rankEndColumn === null) this.#top1(input);
    else if (strategy === 'append-fast') this.#append(input);
    else if (strategy === 'update-fast') this.#updateFast(input);
    else {
      input.context.branch(
        input.retraction,
        () => this.#retract(input),
        () => this.#append(input),
      );
    }
  }

  /**
   * Emits a row of state, or the input row (`record` null), with its rank. Ranks before the first one are not shown.
   */
  #emit(input: InputRow, record: I32 | null, rankNumber: I32, kind: RowKind): void {
    const { f, column } = input;
    const { rankStart, outputRankNumber, generateUpdateBefore } = this.#params;
    if (kind === RowKind.UPDATE_BEFORE && !generateUpdateBefore) return;
    const emit = (): void => {
      const read = (i: number): Operand => (record === null ? column(i) : this.#rows.load(record, i));
      const fields = this.types.map((_, i) => read(i));
      if (outputRankNumber) fields.push(operand(BIGINT, i64.extend_i32_s(rankNumber), null));
      this.state.output.append(f, fields, i32.const(kind));
    };
    if (rankStart <= 1) input.context.scoped(emit);
    else input.context.branch(i32.ge_s(rankNumber, i32.const(rankStart)), emit);
  }

  /** Whether the input row comes before the record; ties stay behind what was there. */
  #beats(input: InputRow, record: I32): I32 {
    const order = compareRows(
      this.#params.ordering,
      input.column,
      (field) => this.#rows.load(record, field),
      input.context,
    );
    return i32.lt_s(order, i32.const(0));
  }

  /** Emits the search for where the input row goes: before `next`, behind `previous`, at `position` from 1. */
  #findPlace(input: InputRow, partition: I32): Place {
    const { f } = input;
    const previous = f.let('previous', i32.const(0));
    const next = f.let('next', this.#rows.first(partition));
    const position = f.let('position', i32.const(1));
    const label = f.freshLabel('place');
    f.loop({
      label,
      condition: next,
      body: () => {
        input.context.scoped(() => f.if(this.#beats(input, next), () => f.break(label)));
        f.set(previous, next);
        f.set(position, i32.add(position, i32.const(1)));
      },
      step: () => f.set(next, i32.load(next, NEXT)),
    });
    return { previous, next, position };
  }

  #append(input: InputRow): void {
    const { f, context } = input;
    const keepsAll = this.#params.strategy === 'retract';
    const rankEnd = this.#rankEnd(input);
    const partition = this.#rows.partition(input, true);
    const place = this.#findPlace(input, partition);
    if (!keepsAll) {
      f.if(i32.gt_s(place.position, rankEnd), () => f.continue());
    }
    const record = this.#rows.insert(input, partition, place);
    const count = f.let('count', this.#rows.count(partition));
    const shown = i32.le_s(place.position, rankEnd);
    if (this.#writesRanks) {
      f.if(shown, () => this.#shiftDown(input, record, place.next, place.position, rankEnd));
      if (!keepsAll) f.if(i32.gt_s(count, rankEnd), () => this.#evict(input, partition, rankEnd, false));
      return;
    }
    context.branch(shown, () => {
      f.if(i32.gt_s(count, rankEnd), () => this.#evict(input, partition, rankEnd, true, keepsAll));
      this.#emit(input, null, place.position, RowKind.INSERT);
    });
  }

  /** From the new record on, each row takes the next rank: -U/+U per rank, and +I for the last. */
  #shiftDown(input: InputRow, record: I32, behind: I32, position: I32, rankEnd: I32): void {
    const { f } = input;
    const current = f.let('current', record);
    const old = f.let('old', behind);
    const at = f.let('at', position);
    f.loop({
      condition: i32.and(i32.ne(old, i32.const(0)), i32.le_s(at, rankEnd)),
      body: () => {
        this.#emit(input, old, at, RowKind.UPDATE_BEFORE);
        this.#emit(input, current, at, RowKind.UPDATE_AFTER);
        f.set(current, old);
        f.set(old, i32.load(old, NEXT));
        f.set(at, i32.add(at, i32.const(1)));
      },
    });
    f.if(i32.le_s(at, rankEnd), () => this.#emit(input, current, at, RowKind.INSERT));
  }

  /**
   * The record just behind the last rank leaves: out of the output, and (unless all rows are kept) out of the state.
   */
  #evict(input: InputRow, partition: I32, rankEnd: I32, emits: boolean, keepsAll = false): void {
    const { f } = input;
    const previous = f.let('before', i32.const(0));
    const last = this.#recordAt(f, partition, i32.add(rankEnd, i32.const(1)), previous);
    if (emits) this.#emit(input, last, i32.add(rankEnd, i32.const(1)), RowKind.DELETE);
    if (!keepsAll) this.#rows.unlink(f, partition, previous, last);
  }

  /** The record at a position, or 0; `previous` becomes the one before it. */
  #recordAt(f: FunctionBuilder, partition: I32, position: I32, previous: Variable<'i32'>): Variable<'i32'> {
    const record = f.let('found', this.#rows.first(partition));
    const left = f.let('left', i32.sub(position, i32.const(1)));
    f.loop({
      condition: i32.and(i32.ne(record, i32.const(0)), i32.gt_s(left, i32.const(0))),
      body: () => {
        f.set(previous, record);
        f.set(record, i32.load(record, NEXT));
        f.set(left, i32.sub(left, i32.const(1)));
      },
    });
    return record;
  }

  /** Emits the search for a record that equals the input row in these columns. */
  #findSame(input: InputRow, partition: I32, columns: readonly number[]): Place {
    const { f, context, column } = input;
    const previous = f.let('previous', i32.const(0));
    const next = f.let('same', this.#rows.first(partition));
    const position = f.let('position', i32.const(1));
    const label = f.freshLabel('same');
    f.loop({
      label,
      condition: next,
      body: () => {
        context.scoped(() => {
          const fields = columns.map((field) => context.bind(this.#rows.load(next, field), 'f'));
          f.if(sameKeys(columns.map(column), fields, context), () => f.break(label));
        });
        f.set(previous, next);
        f.set(position, i32.add(position, i32.const(1)));
      },
      step: () => f.set(next, i32.load(next, NEXT)),
    });
    return { previous, next, position };
  }

  #retract(input: InputRow): void {
    const { f } = input;
    const rankEnd = this.#rankEnd(input);
    const partition = this.#rows.partition(input, false);
    f.if(i32.eqz(partition), () => f.continue());
    const found = this.#findSame(
      input,
      partition,
      this.types.map((_, i) => i),
    );
    f.if(i32.eqz(found.next), () => f.continue());
    const behind = f.let('behind', i32.load(found.next, NEXT));
    f.if(i32.le_s(found.position, rankEnd), () => {
      if (this.#writesRanks) this.#shiftUp(input, found.next, behind, found.position, rankEnd);
      else {
        this.#emit(input, found.next, found.position, RowKind.DELETE);
        // The row behind the last rank comes in: it is at rankEnd + 1 while the old one is still there.
        const previous = f.let('before', i32.const(0));
        const entering = this.#recordAt(f, partition, i32.add(rankEnd, i32.const(1)), previous);
        f.if(entering, () => this.#emit(input, entering, rankEnd, RowKind.INSERT));
      }
    });
    this.#rows.unlink(f, partition, found.previous, found.next);
    this.#rows.dropIfEmpty(input, partition);
  }

  /** Behind a record that goes, each row takes the rank before: -U/+U per rank, and -D of the last rank. */
  #shiftUp(input: InputRow, record: I32, behind: I32, position: I32, rankEnd: I32): void {
    const { f } = input;
    const old = f.let('old', record);
    const current = f.let('current', behind);
    const at = f.let('at', position);
    f.loop({
      condition: i32.and(i32.ne(current, i32.const(0)), i32.le_s(at, rankEnd)),
      body: () => {
        this.#emit(input, old, at, RowKind.UPDATE_BEFORE);
        this.#emit(input, current, at, RowKind.UPDATE_AFTER);
        f.set(old, current);
        f.set(current, i32.load(current, NEXT));
        f.set(at, i32.add(at, i32.const(1)));
      },
    });
    f.if(i32.le_s(at, rankEnd), () => this.#emit(input, old, at, RowKind.DELETE));
  }

  /** One row per partition, -U/+U when a better one (or a newer version of it) comes. */
  #top1(input: InputRow): void {
    const { f, context } = input;
    const partition = this.#rows.partition(input, true);
    const kept = f.let('kept', this.#rows.first(partition));
    context.branch(
      i32.eqz(kept),
      () => {
        this.#rows.insert(input, partition, { previous: i32.const(0), next: i32.const(0), position: i32.const(1) });
        this.#emit(input, null, i32.const(1), RowKind.INSERT);
      },
      () => {
        const better = f.let('better', this.#beats(input, kept));
        if (this.#params.strategy === 'update-fast' && this.#params.upsertKey.length > 0) {
          f.if(i32.eqz(better), () => f.set(better, this.#isVersionOf(input, kept)));
        }
        context.branch(better, () => {
          this.#emit(input, kept, i32.const(1), RowKind.UPDATE_BEFORE);
          this.#emit(input, null, i32.const(1), RowKind.UPDATE_AFTER);
          this.#rows.overwrite(input, partition, kept);
        });
      },
    );
  }

  #isVersionOf(input: InputRow, record: I32): I32 {
    const { upsertKey } = this.#params;
    const { context, column } = input;
    const fields = upsertKey.map((field) => context.bind(this.#rows.load(record, field), 'f'));
    return sameKeys(upsertKey.map(column), fields, context);
  }

  /** Rows are versions by the upsert key and only ever climb. */
  #updateFast(input: InputRow): void {
    const { f, context } = input;
    const rankEnd = this.#rankEnd(input);
    const partition = this.#rows.partition(input, true);
    const old = this.#findSame(input, partition, this.#params.upsertKey);
    const place = this.#findPlace(input, partition);
    const known = f.let('known', i32.ne(old.next, i32.const(0)));
    // The old version stands before the new place: the row did not climb, and its own entry counts in `place`.
    const target = f.let('target', place.position);
    f.if(i32.and(known, i32.gt_s(place.position, old.position)), () =>
      f.set(target, i32.sub(place.position, i32.const(1))),
    );
    f.if(i32.and(i32.eqz(known), i32.gt_s(place.position, rankEnd)), () => f.continue());
    const count = f.let('count', this.#rows.count(partition));
    if (!this.#writesRanks) {
      context.branch(
        known,
        () => {
          this.#emit(input, old.next, old.position, RowKind.UPDATE_BEFORE);
          this.#move(input, partition, old);
          this.#emit(input, null, target, RowKind.UPDATE_AFTER);
        },
        () => {
          this.#rows.insert(input, partition, place);
          f.if(i32.ge_s(count, rankEnd), () => this.#evict(input, partition, rankEnd, true));
          this.#emit(input, null, place.position, RowKind.INSERT);
        },
      );
      return;
    }
    const low = f.let('low', target);
    const high = f.let('high', i32.const(0));
    f.if(
      known,
      () => {
        f.set(high, old.position);
        f.if(i32.gt_s(low, high), () => {
          f.set(high, target);
          f.set(low, old.position);
        });
      },
      () => {
        f.set(high, count);
        f.if(i32.gt_s(high, rankEnd), () => f.set(high, rankEnd));
      },
    );
    this.#emitRanks(input, partition, low, high, RowKind.UPDATE_BEFORE);
    context.branch(
      known,
      () => this.#move(input, partition, old),
      () => {
        this.#rows.insert(input, partition, place);
      },
    );
    this.#emitRanks(input, partition, low, high, RowKind.UPDATE_AFTER);
    f.if(i32.eqz(known), () => {
      f.if(
        i32.lt_s(count, rankEnd),
        () => {
          const last = i32.add(count, i32.const(1));
          this.#emitRanks(input, partition, last, last, RowKind.INSERT);
        },
        () => this.#evict(input, partition, rankEnd, false),
      );
    });
  }

  /** Takes the old version out and puts the new one in its place in the order. */
  #move(input: InputRow, partition: I32, old: Place): void {
    this.#rows.unlink(input.f, partition, old.previous, old.next);
    this.#rows.insert(input, partition, this.#findPlace(input, partition));
  }

  /** Emits the rows at ranks `low` to `high` as they stand. */
  #emitRanks(input: InputRow, partition: I32, low: I32, high: I32, kind: RowKind): void {
    const { f } = input;
    const previous = f.let('before', i32.const(0));
    const at = f.let('at', low);
    const record = this.#recordAt(f, partition, low, previous);
    f.loop({
      condition: i32.and(i32.ne(record, i32.const(0)), i32.le_s(at, high)),
      body: () => this.#emit(input, record, at, kind),
      step: () => {
        f.set(record, i32.load(record, NEXT));
        f.set(at, i32.add(at, i32.const(1)));
      },
    });
  }
}
