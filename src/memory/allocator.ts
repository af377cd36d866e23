/** The contract between linear memory and whoever hands out its blocks. */
export interface Allocator {
  /**
   * A block of at least `bytes` bytes with undefined contents: 8-byte aligned, 64-byte aligned from 64 bytes on.
   * The pointer is an unsigned 32-bit byte offset, never 0. The 16 bytes behind a block may be read, though they are
   * not its own. Throws EngineError RUN-OUT-OF-MEMORY.
   */
  allocate(bytes: number): number;
  /** As allocate, with every byte 0. */
  allocateZeroed(bytes: number): number;
  /** Gives a block back. `free(0)` does nothing. */
  free(pointer: number): void;
  /** A block of `bytes` bytes that starts with the old contents, moved if need be. `reallocate(0, n)` allocates. */
  reallocate(pointer: number, bytes: number): number;
  /** Bytes that may be used at `pointer`: what was asked for, rounded up. */
  usableSize(pointer: number): number;
  readonly statistics: AllocatorStatistics;
}

export interface AllocatorStatistics {
  /** Usable bytes of all live blocks. */
  readonly used: number;
  /** The largest `used` so far, as this thread saw it. */
  readonly peak: number;
  /** Bytes of linear memory taken from the operating system. */
  readonly reserved: number;
}

/** What an allocator needs of the memory below it. */
export interface GrowableMemory {
  readonly u8: Uint8Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
  readonly byteLength: number;
  /** In bytes. */
  readonly maximum: number;
  /** Makes the memory at least `bytes` long. Throws EngineError RUN-OUT-OF-MEMORY. */
  growTo(bytes: number): void;
  /** Takes notice of growth by another thread. */
  refresh(): void;
  /** Sets `length` bytes. */
  fill(pointer: number, byte: number, length: number): void;
  /** Moves `length` bytes, which may overlap. */
  copy(to: number, from: number, length: number): void;
}
