/** All accumulators of an aggregation: fields of the group's row, and the code that updates, merges and reads them. */
import { assert } from '../../base/assert.ts';
import { physicalType } from '../../columnar/physical.ts';
import { divideByCount } from '../../expr/compile/average.ts';
import type { CompileContext } from '../../expr/compile/context.ts';
import { fitDecimal } from '../../expr/compile/decimal.ts';
import { loadValue } from '../../expr/compile/memory.ts';
import { asI32, asI64, bothValid, isTrue, type Operand, operand } from '../../expr/compile/operand.ts';
import type { AggregateCall } from '../../expr/expr.ts';
import { extern, type I32, type I64, i32, i64, call as invoke, not } from '../../kernel/build.ts';
import { type DataType, INT } from '../../types/data-type.ts';
import { type FieldAccess, RowLayout } from '../codegen/row-layout.ts';
import { arenaStrings, type StringStore } from '../codegen/string-heap.ts';
import type { DistinctInput, DistinctMember, DistinctSets } from './distinct-sets.ts';
import {
  countPrimitive,
  distinctPrimitive,
  extremePrimitive,
  nullsPrimitive,
  type Place,
  type Primitive,
  sumPrimitive,
  sumType,
} from './primitive.ts';
import { RESULT_VALIDITY } from './reference-accumulators.ts';

/** A group's row, the hash of its key, and the index of its first accumulator field. */
export interface GroupRow {
  readonly layout: FieldAccess;
  readonly row: I32;
  readonly hash: I32;
  readonly base: number;
  /** Groups have at most so many rows; left out: unknown. */
  readonly rowsAtMost?: number | undefined;
}

/** One accumulator that a row may go to. */
interface Member extends DistinctMember {
  readonly distinct: boolean;
}

/** A count of valid arguments: that of all rows without that of NULLs, or, where `nulls` is null, `rows` itself. */
interface Count {
  readonly rows: number;
  readonly nulls: number | null;
}

/** How a call's result is read from primitives (by position in the set). */
type Plan =
  | { readonly kind: 'count'; readonly count: Count }
  | { readonly kind: 'sum'; readonly sum: number; readonly count: Count | null; readonly zero: boolean }
  | { readonly kind: 'average'; readonly sum: number; readonly count: Count }
  | { readonly kind: 'extreme'; readonly extreme: number }
  | { readonly kind: 'reference'; readonly reference: number };

const CREATE = extern('reference_create', [], 'i32');
const UPDATE = extern('reference_update', ['i32', 'i32', 'i32', 'i32'], undefined);
const RESULT = extern('reference_result', ['i32', 'i32'], undefined);
const DROP = extern('reference_drop', ['i32'], undefined);

const NATIVE = new Set(['COUNT', 'SUM', '$SUM0', 'SUM0', 'AVG', 'MIN', 'MAX']);
const SUMMABLE = new Set(['TINYINT', 'SMALLINT', 'INT', 'BIGINT', 'DECIMAL', 'FLOAT', 'DOUBLE']);
const EXTREME_REFUSED = new Set(['ARRAY', 'MAP', 'MULTISET', 'ROW', 'NULL']);

/** Whether the call is computed by kernels; its accumulators are then columns that can be merged. */
export function isNative(call: AggregateCall, argTypes: readonly DataType[], retracts: boolean): boolean {
  if (!NATIVE.has(call.fn)) return false;
  const [type] = argTypes;
  if (call.fn === 'COUNT') return argTypes.length <= 1;
  if (call.fn === 'MIN' || call.fn === 'MAX') return !retracts && !EXTREME_REFUSED.has(type!.kind);
  return SUMMABLE.has(type!.kind);
}

export class AccumulatorSet {
  readonly calls: readonly AggregateCall[];
  /** Types of all accumulator fields, in order. */
  readonly fields: readonly DataType[];
  /** Calls that ReferenceAccumulators computes. */
  readonly references: readonly AggregateCall[];
  readonly primitives: readonly Primitive[] = [];
  readonly #plans: readonly Plan[];
  readonly #bases: readonly number[];
  readonly #strings: StringStore;
  /** Index of the field with the handle; -1: no reference accumulators. */
  readonly #handle: number;

  /**
   * @param inputTypes types of the columns that calls read; in the final phase those of the rows before the partial one
   * are unknown, and `sumTypes` gives the type of each call's sum
   * @param retracts rows may be taken back
   */
  constructor(
    calls: readonly AggregateCall[],
    inputTypes: readonly DataType[],
    retracts: boolean,
    countRows: boolean,
    strings: StringStore = arenaStrings,
  ) {
    this.#strings = strings;
    this.calls = calls;
    const primitives: Primitive[] = [];
    const add = (primitive: Primitive): number => {
      const found = primitives.findIndex((other) => other.key === primitive.key);
      return found >= 0 ? found : primitives.push(primitive) - 1;
    };
    if (countRows) add(countPrimitive(null, null));
    const references: AggregateCall[] = [];
    this.#plans = calls.map((call): Plan => {
      const argTypes = call.args.map((arg) => inputTypes[arg]!);
      if (!isNative(call, argTypes, retracts)) return { kind: 'reference', reference: references.push(call) - 1 };
      const [type] = argTypes;
      const arg = call.args[0] ?? null;
      const distinct = call.distinct && call.fn !== 'MIN' && call.fn !== 'MAX';
      const needsArg = distinct || (type?.nullable ?? false);
      const one = (primitive: Primitive): number => add(distinct ? distinctPrimitive(primitive) : primitive);
      const count = (): Count => {
        if (needsArg && !distinct && call.filter === null) {
          return { rows: add(countPrimitive(null, null)), nulls: add(nullsPrimitive(arg!)) };
        }
        return { rows: one(countPrimitive(needsArg ? arg : null, call.filter)), nulls: null };
      };
      switch (call.fn) {
        case 'COUNT':
          return { kind: 'count', count: count() };
        case 'AVG':
          return { kind: 'average', sum: one(sumPrimitive(arg!, call.filter, sumType(type!, true))), count: count() };
        case 'MIN':
        case 'MAX':
          return { kind: 'extreme', extreme: add(extremePrimitive(arg!, call.filter, type!, call.fn === 'MAX')) };
        default: {
          const sum = one(sumPrimitive(arg!, call.filter, sumType(type!, false)));
          return { kind: 'sum', sum, count: call.type.nullable ? count() : null, zero: call.fn !== 'SUM' };
        }
      }
    });
    this.primitives = primitives;
    this.references = references;
    const fields: DataType[] = [];
    this.#bases = primitives.map((primitive) => {
      const base = fields.length;
      fields.push(...primitive.fields);
      return base;
    });
    this.#handle = references.length === 0 ? -1 : fields.push(INT) - 1;
    this.fields = fields;
  }

  /** Whether all accumulators are fields, which `merge` adds up: an aggregation in two phases is possible. */
  get mergeable(): boolean {
    return this.references.length === 0 && this.distinctInputs.length === 0;
  }

  /** Index of the field with the handle of the reference accumulators; -1: there are none. */
  get handleField(): number {
    return this.#handle;
  }

  /** @param base index in the layout of the first accumulator field */
  initialise(layout: RowLayout, row: I32, base: number, context: CompileContext): void {
    for (const [place, primitive] of this.#places(layout, row, base)) primitive.initialise(place, context);
    if (this.#handle >= 0) {
      layout.store(context.f, row, base + this.#handle, operand(INT, invoke(CREATE), null));
    }
  }

  /**
   * Takes a row in, or back.
   *
   * @param index number of the row in the bound batch, for reference accumulators
   * @param sets the distinct sets of the aggregation, where a call is DISTINCT
   */
  update(at: GroupRow, context: CompileContext, retract: boolean, index: I32, sets: DistinctSets | null): void {
    const members = this.#members(at, retract, index);
    for (const member of members) {
      if (member.distinct) continue;
      const passes = member.passes(context);
      if (passes === null) member.update(context);
      else context.branch(passes, () => member.update(context));
    }
    sets?.update(members, at, retract, context);
  }

  /** The calls whose arguments are to be made distinct. */
  get distinctInputs(): readonly DistinctInput[] {
    const placeholder: GroupRow = { layout: new RowLayout([]), row: i32.const(0), hash: i32.const(0), base: 0 };
    return this.#members(placeholder, false, i32.const(0)).filter((member) => member.distinct);
  }

  #members({ layout, row, base, rowsAtMost }: GroupRow, retract: boolean, index: I32): readonly Member[] {
    const native = this.#places(layout, row, base, rowsAtMost).map(([place, primitive]): Member => {
      const { arg, filter, distinct, ofNulls } = primitive;
      const argument = (context: CompileContext) => (arg === null ? null : context.column(arg));
      const suits = (valid: I32 | null): I32 | null => (ofNulls ? not(valid ?? i32.const(1)) : valid);
      return {
        args: arg === null ? [] : [arg],
        filter,
        distinct,
        passes: (context) =>
          bothValid(suits(argument(context)?.valid ?? null), filter === null ? null : isTrue(context.column(filter))),
        update: (context) => primitive.update(place, argument(context), retract, context),
      };
    });
    const references = this.references.map((call, i): Member => {
      return {
        args: call.args,
        filter: call.filter,
        distinct: call.distinct,
        passes: (context) => (call.filter === null ? null : isTrue(context.column(call.filter))),
        update: (context) => {
          const handle = asI32(layout.load(row, base + this.#handle));
          context.f.do(invoke(UPDATE, handle, i32.const(i), index, i32.const(retract ? 1 : 0)));
        },
      };
    });
    return [...native, ...references];
  }

  /** Adds the accumulator fields of a partial aggregation. */
  merge(layout: RowLayout, row: I32, base: number, other: (field: number) => Operand, context: CompileContext): void {
    assert(this.#handle < 0, 'reference accumulators are not merged as columns');
    this.#places(layout, row, base).forEach(([place, primitive], i) => {
      const first = this.#bases[i]!;
      primitive.merge(
        place,
        primitive.fields.map((_, field) => other(first + field)),
        context,
      );
    });
  }

  /** The results of the calls, in order. `scratch`: where reference accumulators put theirs. */
  results(layout: RowLayout, row: I32, base: number, context: CompileContext, scratch: number): readonly Operand[] {
    const field = (primitive: number): Operand => context.bind(layout.load(row, base + this.#bases[primitive]!), 'acc');
    const countOf = ({ rows, nulls }: Count): I64 =>
      nulls === null ? asI64(field(rows)) : context.local('count', i64.sub(asI64(field(rows)), asI64(field(nulls))));
    const resultOf = (plan: Plan, type: DataType): Operand => {
      switch (plan.kind) {
        case 'count':
          return operand(type, countOf(plan.count), null);
        case 'extreme':
          return { ...field(plan.extreme), type };
        case 'average':
          return divideByCount(field(plan.sum), countOf(plan.count), type, context);
        case 'sum': {
          const sum = field(plan.sum);
          const fitted = type.kind === 'DECIMAL' ? fitDecimal(sum, { ...type, nullable: true }, context) : sum;
          const seen = plan.count === null || plan.zero ? null : i64.ne(countOf(plan.count), i64.const(0));
          return { ...fitted, type, valid: bothValid(fitted.valid, seen) };
        }
        case 'reference': {
          const handle = asI32(layout.load(row, base + this.#handle));
          context.f.do(invoke(RESULT, handle, i32.const(plan.reference)));
          const at = i32.address(scratch);
          const physical = physicalType(type);
          const high = physical === 'i128' ? i64.load(at, 8) : null;
          const valid = i32.load8_u(at, RESULT_VALIDITY);
          return context.bind(operand(type, loadValue(physical, at), valid, high), 'ref');
        }
      }
    };
    return this.#plans.map((plan, i) => resultOf(plan, this.calls[i]!.type));
  }

  /** Emits the release of what a group holds outside its row. */
  drop(layout: RowLayout, row: I32, base: number, context: CompileContext): void {
    if (this.#handle < 0) return;
    context.f.do(invoke(DROP, asI32(layout.load(row, base + this.#handle))));
  }

  /** Columns that `update` reads in the kernel. */
  get inputs(): readonly number[] {
    const inputs = new Set<number>();
    for (const { arg, filter } of this.primitives) {
      if (arg !== null) inputs.add(arg);
      if (filter !== null) inputs.add(filter);
    }
    for (const { filter, distinct, args } of this.references) {
      if (filter !== null) inputs.add(filter);
      if (distinct) for (const arg of args) inputs.add(arg);
    }
    return [...inputs];
  }

  #places(layout: FieldAccess, row: I32, base: number, rowsAtMost?: number): (readonly [Place, Primitive])[] {
    return this.primitives.map((primitive, i) => {
      return [{ layout, row, base: base + this.#bases[i]!, strings: this.#strings, rowsAtMost }, primitive] as const;
    });
  }
}
