/** A growing array of bytes with the encodings of WebAssembly's binary format. */
export class ByteWriter {
  #bytes: Uint8Array;
  #length = 0;

  constructor(capacity = 4096) {
    this.#bytes = new Uint8Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) this.#grow(1);
    this.#bytes[this.#length++] = value;
  }

  bytes(values: Uint8Array): void {
    if (this.#length + values.length > this.#bytes.length) this.#grow(values.length);
    this.#bytes.set(values, this.#length);
    this.#length += values.length;
  }

  /** Unsigned LEB128 of a number below 2^32. */
  unsigned(value: number): void {
    let rest = value >>> 0;
    while (rest >= 128) {
      this.byte((rest & 127) | 128);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  /** Signed LEB128 of a 32-bit number. */
  signed32(value: number): void {
    let rest = value | 0;
    while (rest < -64 || rest > 63) {
      this.byte((rest & 127) | 128);
      rest >>= 7;
    }
    this.byte(rest & 127);
  }

  /** Signed LEB128 of a 64-bit number. */
  signed64(value: bigint): void {
    const small = Number(value);
    if (small >= -2147483648 && small <= 2147483647) {
      this.signed32(small);
      return;
    }
    let rest = value;
    while (rest < -64n || rest > 63n) {
      this.byte(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    this.byte(Number(rest & 127n));
  }

  float32(value: number): void {
    this.bytes(new Uint8Array(Float32Array.of(value).buffer));
  }

  float64(value: number): void {
    this.bytes(new Uint8Array(Float64Array.of(value).buffer));
  }

  /** A name of ASCII characters. */
  name(text: string): void {
    this.unsigned(text.length);
    for (let i = 0; i < text.length; i++) this.byte(text.charCodeAt(i));
  }

  /** Leaves room for a size that endSize fills in. */
  beginSize(): number {
    const at = this.#length;
    for (let i = 0; i < 5; i++) this.byte(0);
    return at;
  }

  /** Writes how many bytes followed beginSize, in the five bytes kept. */
  endSize(at: number): void {
    let rest = this.#length - at - 5;
    for (let i = 0; i < 4; i++) {
      this.#bytes[at + i] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.#bytes[at + 4] = rest;
  }

  /** What the other one has been given. */
  append(other: ByteWriter): void {
    this.bytes(other.#bytes.subarray(0, other.#length));
  }

  /** Forgets what was written. */
  clear(): void {
    this.#length = 0;
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  #grow(atLeast: number): void {
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + atLeast));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
