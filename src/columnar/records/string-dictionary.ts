/**
 * The different strings of a column, by index: where they are few, each is made once, whoever looks one up in a map has
 * its hash at hand, and equal ones are known by their index. A hash table over the bytes, which are read and compared
 * in words of 32 bits.
 */

/** Strings that are kept at most, and bytes of them. */
const MAX_STRINGS = 1 << 16;
const MAX_BYTES = 4 << 20;
/** Strings that are looked up before it is asked whether they are few. */
const PROBATION = 1 << 16;
/** No string in a slot. */
const NONE = -1;
/** What is kept for a string: its hash, its length in bytes, where its words begin. */
const [HASH, LENGTH, START] = [0, 1, 2];
const ENTRY_SHIFT = 2;

export class StringDictionary {
  /** Grows; what is there stays. */
  readonly strings: string[] = [];
  /** Indices by hash; a power of two, and twice as many as there may be strings. */
  #slots = new Int32Array(256).fill(NONE);
  #entries = new Int32Array(128 << ENTRY_SHIFT);
  /** Of all strings, the last of each filled up with zeros. */
  #words = new Int32Array(1024);
  #wordCount = 0;
  #seen = 0;

  /** The strings are too many, or so different that looking for them is not worth it. */
  get isUseless(): boolean {
    const { length } = this.strings;
    if (length >= MAX_STRINGS || this.#wordCount * 4 > MAX_BYTES) return true;
    return this.#seen >= PROBATION && length * 2 > this.#seen;
  }

  /**
   * The index of the string with these bytes in UTF-8; a new one is added.
   *
   * @param memory words of 32 bits
   * @param start in bytes
   */
  indexOf(memory: Int32Array, start: number, byteLength: number): number {
    this.#seen++;
    const hash = hashWords(memory, start, byteLength);
    const slots = this.#slots;
    const entries = this.#entries;
    const mask = slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const index = slots[slot]!;
      if (index === NONE) return this.#add(memory, start, byteLength, hash);
      const entry = index << ENTRY_SHIFT;
      if (entries[entry + HASH] !== hash || entries[entry + LENGTH] !== byteLength) continue;
      if (this.#isEqual(entries[entry + START]!, memory, start, byteLength)) return index;
    }
  }

  #isEqual(word: number, memory: Int32Array, start: number, byteLength: number): boolean {
    const words = this.#words;
    for (let at = 0; at < byteLength; at += 4) {
      if (words[word + (at >>> 2)] !== wordAt(memory, start, byteLength, at)) return false;
    }
    return true;
  }

  #add(memory: Int32Array, start: number, byteLength: number, hash: number): number {
    const index = this.strings.length;
    if (index << ENTRY_SHIFT === this.#entries.length) this.#grow();
    const first = this.#wordCount;
    this.#wordCount += (byteLength + 3) >>> 2;
    if (this.#wordCount > this.#words.length) {
      this.#words = longer(this.#words, Math.max(this.#wordCount, this.#words.length * 2));
    }
    for (let at = 0; at < byteLength; at += 4) {
      this.#words[first + (at >>> 2)] = wordAt(memory, start, byteLength, at);
    }
    const entry = index << ENTRY_SHIFT;
    this.#entries[entry + HASH] = hash;
    this.#entries[entry + LENGTH] = byteLength;
    this.#entries[entry + START] = first;
    this.#place(index, hash);
    this.strings.push(Buffer.from(this.#words.buffer, first * 4, byteLength).toString('utf8'));
    return index;
  }

  #place(index: number, hash: number): void {
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    while (this.#slots[slot] !== NONE) slot = (slot + 1) & mask;
    this.#slots[slot] = index;
  }

  #grow(): void {
    this.#entries = longer(this.#entries, this.#entries.length * 2);
    this.#slots = new Int32Array(this.#slots.length * 2).fill(NONE);
    for (let index = 0; index < this.strings.length; index++) {
      this.#place(index, this.#entries[(index << ENTRY_SHIFT) + HASH]!);
    }
  }
}

/** The four bytes at a place of a string, zeros behind its end. */
function wordAt(memory: Int32Array, start: number, byteLength: number, at: number): number {
  const first = (start + at) >>> 2;
  const shift = (start & 3) << 3;
  // In two steps, since a shift by 32 bits would be none. Behind the end of memory there are zeros too.
  const word = (memory[first]! >>> shift) | ((memory[first + 1]! << (31 - shift)) << 1);
  const left = byteLength - at;
  return left < 4 ? word & ((1 << (left << 3)) - 1) : word;
}

/** MurmurHash3. */
function hashWords(memory: Int32Array, start: number, byteLength: number): number {
  let hash = byteLength;
  for (let at = 0; at < byteLength; at += 4) {
    const word = Math.imul(wordAt(memory, start, byteLength, at), 0xcc9e2d51);
    hash ^= Math.imul((word << 15) | (word >>> 17), 0x1b873593);
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return hash ^ (hash >>> 13);
}

function longer(array: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  const copy = new Int32Array(length);
  copy.set(array);
  return copy;
}
