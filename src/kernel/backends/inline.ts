/** Which calls the WebAssembly backend replaces by the body of the callee: V8 does not do that for us. */
import { type KernelFunction, walk } from '../ir.ts';

/** Nodes of IR: about as many instructions. */
const LARGEST_BODY = 96;
const DEEPEST_NESTING = 6;

export class Inlining {
  readonly #sizes = new Map<KernelFunction, number>();

  /** `within`: the functions whose bodies are being emitted, outermost first. */
  allows(callee: KernelFunction, within: readonly KernelFunction[]): boolean {
    return within.length <= DEEPEST_NESTING && !within.includes(callee) && this.#size(callee) <= LARGEST_BODY;
  }

  #size(definition: KernelFunction): number {
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
