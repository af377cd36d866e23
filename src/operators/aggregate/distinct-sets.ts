/**
 * The arguments that a DISTINCT aggregate has seen, per group: a hash table of (group, arguments) with a count per
 * FILTER. Calls with the same arguments share a table, whatever their filters.
 */
import type { CompileContext } from '../../expr/compile/context.ts';
import { asI64, type Operand, operand } from '../../expr/compile/operand.ts';
import { type I32, i32, i64 } from '../../kernel/build.ts';
import type { FunctionBuilder } from '../../kernel/function-builder.ts';
import type { Extern } from '../../kernel/program.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import type { MemoryConsumer } from '../../memory/budget.ts';
import { BIGINT, type DataType, INT } from '../../types/data-type.ts';
import { KeyedRows } from '../codegen/keyed-rows.ts';
import { hashKeys } from '../codegen/keys.ts';
import type { RowLayout } from '../codegen/row-layout.ts';
import type { FoundRow, RowTable, TableContext } from '../codegen/row-table.ts';
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

/** Where the rows of one set are. */
export interface DistinctTable {
  readonly layout: RowLayout;
  readonly table: RowTable;
  find(context: CompileContext, keys: readonly Operand[], hash?: I32): FoundRow;
  insert(f: FunctionBuilder, found: FoundRow): void;
  store(f: FunctionBuilder, row: I32, field: number, value: Operand): void;
  remove(f: FunctionBuilder, found: FoundRow): void;
  /** Emits what follows a change of a row. */
  wrote?(f: FunctionBuilder, row: I32): void;
}

/** How the sets of an aggregation are kept. */
export interface DistinctTables {
  /** Type of what stands for a group in the rows of its sets. */
  readonly identity: DataType;
  identityOf(group: DistinctGroup): Operand;
  /** The hash of a row of a set, where it is not that of its key. */
  hash?(group: DistinctGroup, values: readonly Operand[], context: CompileContext): I32;
  /** @param types the group's identity, the arguments (both are the key), then others */
  create(name: string, types: readonly DataType[], keyFields: readonly number[]): DistinctTable;
}

/** Sets that stay in memory, of groups that are known by the address of their row. */
export function distinctTablesInMemory(
  context: TableContext,
  consumer: MemoryConsumer,
  strings: StringStore = arenaStrings,
): DistinctTables {
  return {
    identity: INT,
    identityOf: ({ row }) => operand(INT, row, null),
    // By the group's hash, not its address: it is the same when the group comes back from disk.
    hash: ({ hash }, values, context) => hashKeys([operand(INT, hash, null), ...values], context),
    create: (name, types, keyFields) => new KeyedRows(context, consumer, strings, types, keyFields, name),
  };
}

interface DistinctSet {
  readonly args: readonly number[];
  /** Filters in order of the count fields. */
  readonly filters: readonly (number | null)[];
  readonly rows: DistinctTable;
}

export class DistinctSets {
  readonly #memory: LinearMemory;
  readonly #tables: DistinctTables;
  readonly #sets: readonly DistinctSet[];

  constructor(
    memory: LinearMemory,
    tables: DistinctTables,
    inputs: readonly DistinctInput[],
    types: readonly DataType[],
  ) {
    this.#memory = memory;
    this.#tables = tables;
    const byArgs = new Map<string, { args: readonly number[]; filters: Set<number | null> }>();
    for (const { args, filter } of inputs) {
      const key = args.join();
      const entry = byArgs.get(key) ?? { args, filters: new Set() };
      entry.filters.add(filter);
      byArgs.set(key, entry);
    }
    this.#sets = [...byArgs.values()].map(({ args, filters }, i) => {
      const list = [...filters];
      const fields = [tables.identity, ...args.map((arg) => types[arg]!), ...list.map(() => BIGINT)];
      const keyFields = Array.from({ length: 1 + args.length }, (_, field) => field);
      return { args, filters: list, rows: tables.create(`distinct${i}`, fields, keyFields) };
    });
  }

  get externs(): Readonly<Record<string, Extern>> {
    return Object.assign({}, ...this.#sets.map(({ rows }) => rows.table.externs)) as Record<string, Extern>;
  }

  /** Tables with the layout of their rows: group, arguments, one count per filter. */
  get tables(): readonly { readonly table: RowTable; readonly layout: RowLayout }[] {
    return this.#sets.map(({ rows }) => rows);
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
    const { table, layout } = this.#sets[index]!.rows;
    const row = table.addRow(hash);
    read(row);
    this.#memory.u32[(row + layout.fields[0]!.offset) >>> 2] = group;
  }

  close(): void {
    for (const { rows } of this.#sets) rows.table.close();
  }

  clear(): void {
    for (const { rows } of this.#sets) rows.table.clear();
  }

  #updateSet(
    { args, filters, rows }: DistinctSet,
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
      const { layout } = rows;
      const keys = [context.bind(this.#tables.identityOf(group), 'group'), ...values];
      const found = rows.find(context, keys, this.#tables.hash?.(group, values, context));
      const { row } = found;
      if (!retract) {
        f.if(i32.eqz(row), () => {
          rows.insert(f, found);
          for (const [i, key] of keys.entries()) rows.store(f, row, i, key);
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
            rows.remove(f, found);
          });
        } else rows.wrote?.(f, row);
      });
    });
  }
}
