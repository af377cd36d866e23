/** How a kernel fails. WebAssembly raises its own error class; the other backends raise KernelTrap. */
export type TrapKind = 'integer divide by zero' | 'integer overflow' | 'memory access out of bounds' | 'unreachable';

export class KernelTrap extends Error {
  readonly trap: TrapKind;
  constructor(trap: TrapKind) {
    super(trap);
    this.name = 'KernelTrap';
    this.trap = trap;
  }
}

/** The kind of trap that `error`, thrown by a kernel of any backend, stands for; undefined when it is none. */
export function trapKind(error: unknown): TrapKind | undefined {
  if (error instanceof KernelTrap) return error.trap;
  if (!(error instanceof WebAssembly.RuntimeError)) return undefined;
  const { message } = error;
  if (/divide by zero|remainder by zero/.test(message)) return 'integer divide by zero';
  if (/divide result unrepresentable|overflow/.test(message)) return 'integer overflow';
  if (/out of bounds/.test(message)) return 'memory access out of bounds';
  return 'unreachable';
}
