/** Which calls the WebAssembly backend replaces by the body of the callee: V8 does not do that for us. */
import { type KernelFunction, walk } from '../ir.ts';

/** In nodes of IR, each about one instruction. */
const LARGEST_BODY = 72;
const LARGEST_GROWTH = 720;
const DEEPEST_NESTING = 6;

export class Inlining {
  readonly #sizes = new Map<KernelFunction, number>();

  /**
   * @param within the functions whose bodies are being emitted, outermost first.
   * @param growth nodes that the outermost has gained so far.
   */
  allows(callee: KernelFunction, within: readonly KernelFunction[], growth: number): boolean {
    const size = this.size(callee);
    if (size > LARGEST_BODY || growth + size > LARGEST_GROWTH) return false;
    return within.length <= DEEPEST_NESTING && !within.includes(callee);
  }

  size(definition: KernelFunction): number {
    let size = this.#sizes.get(definition);
    if (size === undefined) {
      let count = 0;
      const tally = () => {
        count++;
      };
      walk(definition.body, tally, tally);
      size = count;
      this.#sizes.set(definition, size);
    }
    return size;
  }
}
