/** A Map whose keys are compared as keys of records are: by value, composites by their contents (keys.ts). */
import { isComposite, printKey } from './keys.ts';

export class KeyMap<V> {
  readonly #values = new Map<unknown, V>();
  /** Composite keys by their text. */
  #composites: Map<string, { readonly key: unknown; value: V }> | null = null;

  get size(): number {
    return this.#values.size + (this.#composites?.size ?? 0);
  }

  get(key: unknown): V | undefined {
    if (!isComposite(key)) return this.#values.get(key);
    return this.#composites?.get(printKey(key))?.value;
  }

  has(key: unknown): boolean {
    if (!isComposite(key)) return this.#values.has(key);
    return this.#composites?.has(printKey(key)) === true;
  }

  set(key: unknown, value: V): void {
    if (!isComposite(key)) {
      this.#values.set(key, value);
      return;
    }
    this.#composites ??= new Map();
    const text = printKey(key);
    const entry = this.#composites.get(text);
    if (entry === undefined) this.#composites.set(text, { key, value });
    else entry.value = value;
  }

  delete(key: unknown): boolean {
    if (!isComposite(key)) return this.#values.delete(key);
    return this.#composites?.delete(printKey(key)) === true;
  }

  clear(): void {
    this.#values.clear();
    this.#composites = null;
  }

  *entries(): IterableIterator<readonly [unknown, V]> {
    yield* this.#values;
    if (this.#composites !== null) for (const { key, value } of this.#composites.values()) yield [key, value];
  }

  /** Without a generator in between. */
  forEach(visit: (value: V, key: unknown) => void): void {
    this.#values.forEach(visit);
    if (this.#composites !== null) for (const { key, value } of this.#composites.values()) visit(value, key);
  }
}
