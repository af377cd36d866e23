/** The part of the WebAssembly JavaScript interface that we use; the compiler's own copy comes with the DOM only. */
declare namespace WebAssembly {
  interface MemoryDescriptor {
    initial: number;
    maximum: number;
    shared: true;
  }

  class Memory {
    constructor(descriptor: MemoryDescriptor);
    readonly buffer: SharedArrayBuffer;
    /** Returns the length in pages before. */
    grow(pages: number): number;
  }

  class Module {
    constructor(bytes: Uint8Array);
  }

  type ImportValue = Memory | number | bigint | ((...args: never[]) => number | bigint | undefined);

  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, ImportValue>>);
    readonly exports: Record<string, unknown>;
  }

  class RuntimeError extends Error {}

  class CompileError extends Error {}

  function validate(bytes: Uint8Array): boolean;
}
