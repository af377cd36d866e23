/**
 * The distinct sets of a STREAMING aggregation, as keyed state of their own. A group is known in them by a number that
 * stays the same when the group moves to disk or to another subtask: a count of groups, then the key group in 16 bits,
 * so that two subtasks never give the same one.
 */
import type { OperatorContext } from '../../dataflow/operator.ts';
import { asI64, type Operand, operand } from '../../expr/compile/operand.ts';
import { type I32, i32, i64 } from '../../kernel/build.ts';
import type { FunctionBuilder } from '../../kernel/function-builder.ts';
import { keyGroupRange } from '../../state/key-groups.ts';
import { ByteReader } from '../../state/row-codec.ts';
import type { StateReader, StateWriter } from '../../state/snapshot.ts';
import { BIGINT, type DataType } from '../../types/data-type.ts';
import { hashKeys, keyGroupBits } from '../codegen/keys.ts';
import type { OperatorState } from '../codegen/operator-state.ts';
import type { DistinctTables } from './distinct-sets.ts';

export const GROUP_NUMBER: DataType = { ...BIGINT, nullable: false };
const KEY_GROUP_BITS = 16;
const SECTION = 'group-numbers';

/** Gives groups their numbers. */
export class GroupNumbers {
  readonly #context: OperatorContext;
  readonly #bits: number;
  /** Address of the last count. */
  readonly #last: number;

  constructor(context: OperatorContext, state: OperatorState) {
    this.#context = context;
    this.#bits = keyGroupBits(context.maxParallelism);
    this.#last = state.host.allocate(8);
  }

  /** Emits the making of a number for a group with this hash. */
  next(f: FunctionBuilder, hash: I32): Operand {
    const last = i32.address(this.#last);
    f.do(i64.store(last, i64.add(i64.load(last), i64.const(1))));
    const keyGroup = i64.extend_i32_u(i32.and(hash, i32.const((1 << this.#bits) - 1)));
    return operand(GROUP_NUMBER, i64.or(i64.shl(i64.load(last), i64.const(KEY_GROUP_BITS)), keyGroup), null);
  }

  /** The hash of a row of a set: the group's number comes first, and says the key group. */
  readonly hash = (keys: readonly Operand[], context: Parameters<typeof hashKeys>[1]): I32 => {
    const keyGroup = i32.and(i32.wrap_i64(asI64(keys[0]!)), i32.const((1 << KEY_GROUP_BITS) - 1));
    const rest = i32.shl(hashKeys(keys, context), i32.const(this.#bits));
    return context.local('hash', i32.or(rest, keyGroup));
  };

  /** The count goes with each key group, so that whoever gets one counts on from there. */
  snapshot(writer: StateWriter): void {
    const { memory, subtaskIndex, parallelism, maxParallelism } = this.#context;
    const [first, end] = keyGroupRange(subtaskIndex, parallelism, maxParallelism);
    for (let keyGroup = first; keyGroup < end; keyGroup++) {
      writer.writeKeyed(SECTION, keyGroup, memory.bytes(this.#last, 8));
    }
  }

  restore(reader: StateReader): void {
    const { i64: words } = this.#context.memory;
    for (const { bytes } of reader.readKeyed(SECTION)) {
      const input = new ByteReader(bytes);
      const count = BigInt(input.u32()) | (BigInt(input.u32()) << 32n);
      if (count > words[this.#last >>> 3]!) words[this.#last >>> 3] = count;
    }
  }
}

/** @param numberOf the number of the group with this row */
export function distinctState(
  state: OperatorState,
  numbers: GroupNumbers,
  numberOf: (row: I32) => Operand,
  ttl: number,
): DistinctTables {
  return {
    identity: GROUP_NUMBER,
    identityOf: ({ row }) => numberOf(row),
    create: (name, types, keyFields) => state.keyed({ name, types, keyFields, ttl, hash: numbers.hash }),
  };
}
