/**
 * One global order in which the rows of several `values` tables arrive, so that a run can be compared row for row.
 *
 * Every entry of the schedule is the turn of one table: to hand over its next row or, after all rows, to end. A table
 * that is scanned twice has two readers; both get the turn, one after the other, in the order in which they were made.
 * The runtime calls `advance` whenever no operator has work left; that moves on once the turn has been used. So a row
 * comes only after the one before has been worked off by everybody.
 */

/** The name in `ReaderContext.collections` under which the session passes the schedule. */
export const ARRIVAL_SCHEDULE = '$arrival-schedule';

/** One reader's place in the schedule. */
export interface Turn {
  readonly table: string;
  /** What the reader may do now; 'wait' also after it has done it. */
  now(): 'row' | 'end' | 'wait';
  /** The reader has handed over the row, or the end. */
  take(): void;
}

interface Entry {
  readonly table: string;
  readonly what: 'row' | 'end';
}

export class ArrivalSchedule {
  readonly #entries: readonly Entry[];
  readonly #readers = new Map<string, Turn[]>();
  readonly #passed = new Map<string, number>();
  #position = 0;
  #reader = 0;
  #taken = false;

  /**
   * @param arrival the table of each row, in order of arrival
   * @param tables the order in which the tables end; default: that of their first row
   */
  constructor(arrival: readonly string[], tables: readonly string[] = [...new Set(arrival)]) {
    this.#entries = [
      ...arrival.map((table): Entry => ({ table, what: 'row' })),
      ...tables.map((table): Entry => ({ table, what: 'end' })),
    ];
  }

  /** A reader's place; `table` may be qualified, entries of the schedule are found by the last part too. */
  join(table: string): Turn {
    const name = this.#nameOf(table);
    const readers = this.#readers.get(name) ?? [];
    const turn: Turn = {
      table: name,
      now: () => (!this.#taken && this.#current() === turn ? this.#entries[this.#position]!.what : 'wait'),
      take: () => {
        this.#taken = true;
      },
    };
    this.#readers.set(name, [...readers, turn]);
    return turn;
  }

  /** Called when all rows handed over so far have been worked off. Nothing happens while a turn has not been used. */
  advance(): void {
    if (!this.#taken) return;
    this.#taken = false;
    this.#reader++;
  }

  /** True once every table has ended. */
  get finished(): boolean {
    return this.#current() === null;
  }

  /** Entries passed, the current one included once it was taken: `causes` in golden files counts these. */
  get position(): number {
    return this.#position;
  }

  /** Rows of the table that have arrived, for a lookup: also of a table that no reader streams. */
  passed(table: string): number {
    this.#current();
    const name = this.#nameOf(table);
    const current = this.#entries[this.#position];
    const now = this.#taken && current?.what === 'row' && current.table === name ? 1 : 0;
    return (this.#passed.get(name) ?? 0) + now;
  }

  /** The reader whose turn it is; entries without (further) readers are passed over. */
  #current(): Turn | null {
    while (this.#position < this.#entries.length) {
      const { table, what } = this.#entries[this.#position]!;
      const reader = this.#readers.get(table)?.[this.#reader];
      if (reader !== undefined) return reader;
      if (what === 'row') this.#passed.set(table, (this.#passed.get(table) ?? 0) + 1);
      this.#position++;
      this.#reader = 0;
    }
    return null;
  }

  #nameOf(table: string): string {
    if (this.#entries.some((entry) => entry.table === table)) return table;
    const last = table.slice(table.lastIndexOf('.') + 1);
    return this.#entries.some((entry) => entry.table === last) ? last : table;
  }
}
