/** Keys by number, as they come first. Where a key is an index in a dictionary, it is looked up once. */
import type { RecordColumn } from '../../../columnar/records/record-column.ts';
import type { RecordColumns } from '../../../columnar/records/record-columns.ts';
import { KeyMap } from '../../../state/keyed/key-map.ts';
import { checkKey } from '../../../state/keyed/keys.ts';

type DictionaryColumn = Extract<RecordColumn, { readonly type: 'dictionary' }>;

/** No group is known yet. */
const NONE = -1;

export class GroupTable {
  /** By number. */
  readonly keys: unknown[] = [];
  readonly #groups = new KeyMap<number>();
  /** By dictionary and index: the group of the string. */
  readonly #known = new Map<readonly string[], Int32Array>();

  /** @throws EngineError STATE-KEY */
  groupOf(key: unknown): number {
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    if (key === undefined || key === null) checkKey(key);
    const kept = typeof key === 'string' ? flatCopy(key) : key;
    const group = this.keys.push(kept) - 1;
    this.#groups.set(kept, group);
    return group;
  }

  /**
   * The groups of records.
   *
   * @param columns of the records, if they have some
   * @throws EngineError STATE-KEY
   */
  groupsOf(keys: readonly unknown[], columns: RecordColumns | undefined): Int32Array {
    const groups = new Int32Array(keys.length);
    const column = columns?.columns.find((column) => isFirstKey(column, keys[0])) as DictionaryColumn | undefined;
    if (column === undefined) for (let i = 0; i < keys.length; i++) groups[i] = this.groupOf(keys[i]);
    else this.#lookUp(keys, column, groups);
    return groups;
  }

  #lookUp(keys: readonly unknown[], { indices, dictionary }: DictionaryColumn, groups: Int32Array): void {
    const known = this.#knownOf(dictionary);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      const index = indices[i]!;
      if (key !== dictionary[index]) groups[i] = this.groupOf(key);
      else {
        if (known[index] === NONE) known[index] = this.groupOf(key);
        groups[i] = known[index]!;
      }
    }
  }

  #knownOf(dictionary: readonly string[]): Int32Array {
    let known = this.#known.get(dictionary) ?? new Int32Array(0);
    if (known.length < dictionary.length) {
      const longer = new Int32Array(Math.max(dictionary.length, known.length * 2)).fill(NONE);
      longer.set(known);
      known = longer;
      this.#known.set(dictionary, known);
    }
    return known;
  }
}

function isFirstKey(column: RecordColumn, key: unknown): boolean {
  return column.type === 'dictionary' && column.dictionary[column.indices[0]!] === key;
}

/** A key may be a cut of the text of a whole column, which it would keep in memory. */
function flatCopy(key: string): string {
  return Buffer.from(key, 'utf16le').toString('utf16le');
}
