/**
 * The arguments that a DISTINCT aggregate has seen, per group: a hash table of (group, arguments) with a count per
 * FILTER. Calls with the same arguments share a table, whatever their filters.
 */
import type { CompileContext } from '../../expr/compile/context.ts';
import { asI64, operand } from '../../expr/compile/operand.ts';
import { type I32, i32, i64 } from '../../kernel/build.ts';
import type { Extern } from '../../kernel/program.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';
import { BIGINT, type DataType, INT } from '../../types/data-type.ts';
import { hashKeys, sameKeys } from '../codegen/keys.ts';
import { RowLayout } from '../codegen/row-layout.ts';
import { RowTable, type TableContext } from '../codegen/row-table.ts';
import { arenaStrings, type StringStore } from '../codegen/string-heap.ts';

export interface DistinctInput {
  readonly args: readonly number[];
  readonly filter: number | null;
}

/** A group: the address of its row and the hash of its key. */
export interface DistinctGroup {
  readonly row: I32;
  readonly hash: I32;
}

export interface DistinctMember extends DistinctInput {
  readonly distinct: boolean;
  /** Null: every row. */
  readonly passes: (context: CompileContext) => I32 | null;
  readonly update: (context: CompileContext) => void;
}

interface DistinctSet {
  readonly args: readonly number[];
  /** Filters in order of the count fields. */
  readonly filters: readonly (number | null)[];
  readonly layout: RowLayout;
  readonly table: RowTable;
}

export class DistinctSets {
  readonly #memory: LinearMemory;
  readonly #strings: StringStore;
  readonly #sets: readonly DistinctSet[];

  constructor(
    context: TableContext,
    consumer: MemoryConsumer,
    inputs: readonly DistinctInput[],
    types: readonly DataType[],
    strings: StringStore = arenaStrings,
  ) {
    this.#memory = context.memory;
    this.#strings = strings;
    const byArgs = new Map<string, { args: readonly number[]; filters: Set<number | null> }>();
    for (const { args, filter } of inputs) {
      const key = args.join();
      const entry = byArgs.get(key) ?? { args, filters: new Set() };
      entry.filters.add(filter);
      byArgs.set(key, entry);
    }
    this.#sets = [...byArgs.values()].map(({ args, filters }, i) => {
      const list = [...filters];
      const layout = new RowLayout([INT, ...args.map((arg) => types[arg]!), ...list.map(() => BIGINT)]);
      const table = new RowTable(context, consumer, { rowSize: layout.size, name: `distinct${i}` });
      return { args, filters: list, layout, table };
    });
  }

  get externs(): Readonly<Record<string, Extern>> {
    return Object.assign({}, ...this.#sets.map((set) => set.table.externs)) as Record<string, Extern>;
  }

  /** Tables with the layout of their rows: group, arguments, one count per filter. */
  get tables(): readonly { readonly table: RowTable; readonly layout: RowLayout }[] {
    return this.#sets;
  }

  /** Emits the update of all distinct members with the current row of the group. */
  update(members: readonly DistinctMember[], group: DistinctGroup, retract: boolean, context: CompileContext): void {
    for (const set of this.#sets) {
      const mine = members.filter((member) => member.distinct && member.args.join() === set.args.join());
      context.scoped(() => this.#updateSet(set, mine, group, retract, context));
    }
  }

  /** Puts a row of set `index` back: `read` writes its fields, and it then belongs to the group at this address. */
  restore(index: number, hash: number, group: number, read: (row: number) => void): void {
    const { table, layout } = this.#sets[index]!;
    const row = table.addRow(hash);
    read(row);
    this.#memory.u32[(row + layout.fields[0]!.offset) >>> 2] = group;
  }

  close(): void {
    for (const { table } of this.#sets) table.close();
  }

  clear(): void {
    for (const { table } of this.#sets) table.clear();
  }

  #updateSet(
    { args, filters, layout, table }: DistinctSet,
    members: readonly DistinctMember[],
    group: DistinctGroup,
    retract: boolean,
    context: CompileContext,
  ): void {
    const { f } = context;
    const passing = filters.map((filter) => {
      const member = members.find((candidate) => candidate.filter === filter)!;
      return context.local('pass', member.passes(context) ?? i32.const(1));
    });
    const any = passing.reduce((a, b) => i32.or(a, b));
    const counts = 1 + args.length;
    context.branch(any, () => {
      const values = args.map((arg) => context.column(arg));
      const keys = [operand(INT, group.row, null), ...values];
      // By the group's hash, not its address: it is the same after a restore.
      const hash = hashKeys([operand(INT, group.hash, null), ...values], context);
      const { row, slot } = table.find(context, hash, (candidate) =>
        sameKeys(
          keys,
          keys.map((_, i) => context.bind(layout.load(candidate, i), 'k')),
          context,
        ),
      );
      if (!retract) {
        f.if(i32.eqz(row), () => {
          table.insert(f, hash, slot, row);
          for (const [i, key] of keys.entries()) layout.store(f, row, i, this.#strings.own(key));
          for (const i of filters.keys()) layout.store(f, row, counts + i, operand(BIGINT, i64.const(0), null));
        });
      }
      const known = retract ? row : i32.const(1);
      f.if(known, () => {
        filters.forEach((filter, i) => {
          context.branch(passing[i]!, () => {
            const count = context.local('count', asI64(layout.load(row, counts + i)));
            const next = context.local('next', i64.add(count, i64.const(retract ? -1 : 1)));
            layout.store(f, row, counts + i, operand(BIGINT, next, null));
            const changes = retract ? i64.eqz(next) : i64.eqz(count);
            context.branch(changes, () => {
              for (const member of members) if (member.filter === filter) member.update(context);
            });
          });
        });
        if (retract) {
          const left = filters.map((_, i) => asI64(layout.load(row, counts + i))).reduce((a, b) => i64.or(a, b));
          f.if(i64.eqz(left), () => {
            for (const i of keys.keys()) this.#strings.releaseField(f, layout, row, i);
            table.remove(f, slot, row);
          });
        }
      });
    });
  }
}
