/**
 * The text that comments are cut from: sentences of a small grammar over weighted word lists, one stream of random
 * numbers for all of it, as in the TPC-H specification. A kernel writes it, since there is much of it.
 */
import type { KernelCompiler } from '../../kernel/program.ts';
import { kernels } from '../../kernel/text.ts';
import type { LinearMemory } from '../../memory/arena.ts';
import {
  ADJECTIVES,
  ADVERBS,
  AUXILIARIES,
  type Distribution,
  NOUN_PHRASES,
  NOUNS,
  PREPOSITIONS,
  SENTENCES,
  TERMINATORS,
  VERB_PHRASES,
  VERBS,
} from './distributions.ts';
import { MODULUS } from './random.ts';

/** The number before the first sentence. */
export const TEXT_SEED = 933588178;

/** No sentence is longer; the kernel may write so far behind the end. */
export const LONGEST_SENTENCE = 512;

/**
 * The lexicon in memory, all offsets from its start, each pair a 32-bit offset and a 32-bit count: the sentences; eight
 * word lists; four kinds of phrase. A word list has an entry per unit of weight, offset << 5 | length, of words on 8
 * bytes. Sentences and phrases have an entry per unit of weight, the offset of a rule: its length in a byte, then kinds
 * of phrase or numbers of word lists.
 */
const SENTENCE_TABLE = 0;
const WORD_TABLES = 8;
const PHRASE_TABLES = WORD_TABLES + 7 * 8;
const TABLES_END = PHRASE_TABLES + 4 * 8;

/** Items of phrases: word lists by number, and two that write no word. */
const ITEM = { N: 0, J: 1, D: 2, V: 3, X: 4, preposition: 5, terminator: 6, ',': 7, back: 8 } as const;

/** Kinds of phrases that sentences are made of; P is a preposition and a noun phrase. */
const PHRASE = { N: 0, V: 1, preposition: 2, T: 3 } as const;

const textKernels = kernels('tpch-text')`
  const MODULUS = ${MODULUS};

  // Writes sentences from out on until end is reached. The seed is the number before the first.
  fn writeText(first: i32, out: i32, end: i32, lexicon: i32) {
    let seed = i64(first);
    let at = out;
    while (ltu(at, end)) {
      seed = seed * 16807;
      seed = (seed & MODULUS) + (seed >> 31);
      if (seed >= MODULUS) seed = seed - MODULUS;
      let product = seed * i64(load.i32(lexicon + ${SENTENCE_TABLE + 4}));
      let index = i32((product >> 31) + i64((product & MODULUS) + (product >> 31) >= MODULUS));
      let sentence = lexicon + load.i32(lexicon + load.i32(lexicon + ${SENTENCE_TABLE}) + (index << 2));
      let sentenceEnd = sentence + 1 + load.u8(sentence);
      for (let token = sentence + 1; token < sentenceEnd; token += 1) {
        let phrase = lexicon + ${PHRASE_TABLES} + (load.u8(token) << 3);
        let rules = load.i32(phrase + 4);
        let choice = 0;
        if (rules > 1) {
          seed = seed * 16807;
          seed = (seed & MODULUS) + (seed >> 31);
          if (seed >= MODULUS) seed = seed - MODULUS;
          product = seed * i64(rules);
          choice = i32((product >> 31) + i64((product & MODULUS) + (product >> 31) >= MODULUS));
        }
        let rule = lexicon + load.i32(lexicon + load.i32(phrase) + (choice << 2));
        let ruleEnd = rule + 1 + load.u8(rule);
        for (let item = rule + 1; item < ruleEnd; item += 1) {
          let list = load.u8(item);
          if (list < ${ITEM[',']}) {
            let words = lexicon + ${WORD_TABLES} + (list << 3);
            seed = seed * 16807;
            seed = (seed & MODULUS) + (seed >> 31);
            if (seed >= MODULUS) seed = seed - MODULUS;
            product = seed * i64(load.i32(words + 4));
            index = i32((product >> 31) + i64((product & MODULUS) + (product >> 31) >= MODULUS));
            let entry = load.i32(lexicon + load.i32(words) + (index << 2));
            let word = lexicon + (entry >>> 5);
            let length = entry & 31;
            store.i64(at, load.i64(word));
            if (length > 8) {
              store.i64(at + 8, load.i64(word + 8));
              if (length > 16) store.i64(at + 16, load.i64(word + 16));
            }
            at += length;
          } else if (list == ${ITEM[',']}) {
            store.u8(at - 1, 44);
            store.u8(at, 32);
            at += 1;
          } else {
            at -= 1;
          }
        }
      }
    }
  }
`;

export class TextGenerator {
  readonly #memory: LinearMemory;
  readonly #lexicon: number;
  readonly #write: (...args: number[]) => unknown;

  constructor(memory: LinearMemory, compiler: KernelCompiler) {
    this.#memory = memory;
    const bytes = lexicon();
    this.#lexicon = memory.allocate(bytes.length);
    memory.u8.set(bytes, this.#lexicon);
    this.#write = compiler.compile([textKernels.get('writeText')]).writeText!;
  }

  /** Writes sentences from `out` to `end` and up to LONGEST_SENTENCE bytes behind it. */
  write(seed: number, out: number, end: number): void {
    this.#write(seed, out, end, this.#lexicon);
  }

  close(): void {
    this.#memory.free(this.#lexicon);
  }
}

function lexicon(): Uint8Array {
  const builder = new LexiconBuilder();
  const { N, V, preposition, T } = PHRASE;
  const tokens = { N: [N], V: [V], P: [preposition, N], T: [T] };
  builder.rules(
    SENTENCE_TABLE,
    SENTENCES,
    SENTENCES.values.map((rule) => [...rule].flatMap((token) => tokens[token as keyof typeof tokens])),
  );
  builder.words(ITEM.N, NOUNS, ' ');
  builder.words(ITEM.J, ADJECTIVES, ' ');
  builder.words(ITEM.D, ADVERBS, ' ');
  builder.words(ITEM.V, VERBS, ' ');
  builder.words(ITEM.X, AUXILIARIES, ' ');
  builder.words(ITEM.preposition, PREPOSITIONS, ' the ');
  builder.words(ITEM.terminator, TERMINATORS, ' ');
  const items = ({ values }: Distribution) =>
    values.map((rule) => [...rule].map((item) => ITEM[item as 'N' | 'J' | 'D' | 'V' | 'X' | ',']));
  const single: Distribution = { values: [''], choices: Uint8Array.of(0) };
  builder.rules(PHRASE_TABLES + 8 * PHRASE.N, NOUN_PHRASES, items(NOUN_PHRASES));
  builder.rules(PHRASE_TABLES + 8 * PHRASE.V, VERB_PHRASES, items(VERB_PHRASES));
  builder.rules(PHRASE_TABLES + 8 * PHRASE.preposition, single, [[ITEM.preposition]]);
  builder.rules(PHRASE_TABLES + 8 * PHRASE.T, single, [[ITEM.back, ITEM.terminator]]);
  return builder.bytes();
}

const LEXICON_BYTES = 65536;

class LexiconBuilder {
  readonly #bytes = new Uint8Array(LEXICON_BYTES);
  readonly #view = new DataView(this.#bytes.buffer);
  #end = TABLES_END;

  /** Sentences or phrases: rules by the choices of a distribution. */
  rules(table: number, { choices }: Distribution, rules: readonly (readonly number[])[]): void {
    const offsets = rules.map((rule) => this.#put(Uint8Array.of(rule.length, ...rule)));
    this.#entries(
      table,
      Array.from(choices, (choice) => offsets[choice]!),
    );
  }

  words(list: number, { values, choices }: Distribution, ending: string): void {
    const entries = values.map((value) => {
      const bytes = new TextEncoder().encode(value + ending);
      return (this.#put(bytes) << 5) | bytes.length;
    });
    this.#entries(
      WORD_TABLES + 8 * list,
      Array.from(choices, (choice) => entries[choice]!),
    );
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#end);
  }

  #entries(table: number, entries: readonly number[]): void {
    this.#view.setInt32(table, this.#end, true);
    this.#view.setInt32(table + 4, entries.length, true);
    for (const entry of entries) {
      this.#view.setInt32(this.#end, entry, true);
      this.#end += 4;
    }
    this.#align();
  }

  #put(bytes: Uint8Array): number {
    const at = this.#end;
    this.#bytes.set(bytes, at);
    this.#end += bytes.length;
    this.#align();
    return at;
  }

  #align(): void {
    this.#end = (this.#end + 7) & ~7;
  }
}
