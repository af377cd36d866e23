/** Kept: some dozens of plans. */
const MOST_HASHES = 1024;

/**
 * Compiled WebAssembly modules by their bytes, so that a plan that runs again is not compiled again. The least recently
 * used go first.
 */
export class ModuleCache {
  readonly #modules = new Map<number, { readonly bytes: Uint8Array; readonly module: WebAssembly.Module }[]>();
  #hits = 0;
  #misses = 0;

  /** How often `compile` found, and did not find, the module. */
  get statistics(): { readonly hits: number; readonly misses: number } {
    return { hits: this.#hits, misses: this.#misses };
  }

  /** The module for these bytes, which must not be changed afterwards. */
  compile(bytes: Uint8Array): WebAssembly.Module {
    const hash = hashBytes(bytes);
    const sameHash = this.#modules.get(hash);
    const found = sameHash?.find((entry) => equalBytes(entry.bytes, bytes));
    if (found !== undefined) {
      this.#hits++;
      this.#modules.delete(hash);
      this.#modules.set(hash, sameHash!);
      return found.module;
    }
    this.#misses++;
    const entry = { bytes, module: new WebAssembly.Module(bytes) };
    if (sameHash === undefined) this.#modules.set(hash, [entry]);
    else sameHash.push(entry);
    if (this.#modules.size > MOST_HASHES) this.#modules.delete(this.#modules.keys().next().value!);
    return entry.module;
  }
}

/** FNV-1a. */
function hashBytes(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return hash;
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
