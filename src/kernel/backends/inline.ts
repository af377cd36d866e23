/** Which calls the WebAssembly backend replaces by the body of the callee: V8 does not do that for us. */
import type { FactsCache } from '../facts.ts';
import type { KernelFunction } from '../ir.ts';

/** In nodes of IR, each about one instruction. */
const LARGEST_BODY = 72;
const LARGEST_GROWTH = 720;
const DEEPEST_NESTING = 6;

export class Inlining {
  readonly #facts: FactsCache;

  constructor(facts: FactsCache) {
    this.#facts = facts;
  }

  /**
   * @param nesting of functions whose bodies are being emitted; the callee is none of them
   * @param growth nodes that the outermost has gained so far
   */
  allows(callee: KernelFunction, nesting: number, growth: number): boolean {
    const size = this.size(callee);
    return size <= LARGEST_BODY && growth + size <= LARGEST_GROWTH && nesting <= DEEPEST_NESTING;
  }

  /** In nodes. */
  size(definition: KernelFunction): number {
    return this.#facts.of(definition).size;
  }
}
