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
/** Strings of so many bytes are kept in their slots, so that looking one up is one access to memory. */
const SHORT_BYTES = 8;
/**
 * Words of a slot: the two words of a short string, or the hash of a longer one and where its words begin; one more
 * than its length in bytes, 0: the slot is free; its index.
 */
const SLOT_WORDS = 4;

export class StringDictionary {
  /** Grows; what is there stays. */
  readonly strings: string[] = [];
  /** By hash; as many slots as a power of two, and more than strings by a third at least. */
  #slots = new Int32Array(256 * SLOT_WORDS);
  /** Of longer strings, the last of each filled up with zeros. */
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
    const isShort = byteLength <= SHORT_BYTES;
    const first = isShort ? wordAt(memory, start, byteLength, 0) : hashWords(memory, start, byteLength);
    const second = isShort && byteLength > 4 ? wordAt(memory, start, byteLength, 4) : 0;
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = (hashOf(first, second, isShort) * SLOT_WORDS) & mask;
    for (; slots[slot + 2] !== 0; slot = (slot + SLOT_WORDS) & mask) {
      if (slots[slot] !== first || slots[slot + 2] !== byteLength + 1) continue;
      if (isShort ? slots[slot + 1] === second : this.#isEqual(slots[slot + 1]!, memory, start, byteLength)) {
        return slots[slot + 3]!;
      }
    }
    const index = this.strings.length;
    const from = isShort ? second : this.#addWords(memory, start, byteLength);
    slots.set([first, from, byteLength + 1, index], slot);
    const words = isShort ? Int32Array.of(first, second) : this.#words.subarray(from);
    this.strings.push(Buffer.from(words.buffer, words.byteOffset, byteLength).toString('utf8'));
    if (index * SLOT_WORDS * 4 > slots.length * 3) this.#grow();
    return index;
  }

  #isEqual(word: number, memory: Int32Array, start: number, byteLength: number): boolean {
    const words = this.#words;
    for (let at = 0; at < byteLength; at += 4) {
      if (words[word + (at >>> 2)] !== wordAt(memory, start, byteLength, at)) return false;
    }
    return true;
  }

  /** @returns where they begin */
  #addWords(memory: Int32Array, start: number, byteLength: number): number {
    const from = this.#wordCount;
    this.#wordCount += (byteLength + 3) >>> 2;
    if (this.#wordCount > this.#words.length) {
      const longer = new Int32Array(Math.max(this.#wordCount, this.#words.length * 2));
      longer.set(this.#words);
      this.#words = longer;
    }
    for (let at = 0; at < byteLength; at += 4) this.#words[from + (at >>> 2)] = wordAt(memory, start, byteLength, at);
    return from;
  }

  #grow(): void {
    const slots = this.#slots;
    const grown = new Int32Array(slots.length * 2);
    const mask = grown.length - 1;
    for (let from = 0; from < slots.length; from += SLOT_WORDS) {
      const length = slots[from + 2]!;
      if (length === 0) continue;
      let slot = (hashOf(slots[from]!, slots[from + 1]!, length <= SHORT_BYTES + 1) * SLOT_WORDS) & mask;
      while (grown[slot + 2] !== 0) slot = (slot + SLOT_WORDS) & mask;
      grown.set(slots.subarray(from, from + SLOT_WORDS), slot);
    }
    this.#slots = grown;
  }
}

/** Of the two words of a short string, or of the hash of a longer one. */
function hashOf(first: number, second: number, isShort: boolean): number {
  let hash = isShort ? Math.imul(first, 0xcc9e2d51) ^ Math.imul(second, 0x1b873593) : first;
  hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
  return hash ^ (hash >>> 13);
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
