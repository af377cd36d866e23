/**
 * The text that comments are cut from: sentences of a small grammar over weighted word lists, one stream of random numbers
 * for all of it, as in the TPC-H specification.
 */
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
import { MODULUS, next } from './random.ts';

export const TEXT_SEED = 933588178;

/** No sentence is longer. */
export const LONGEST_SENTENCE = 512;

/** Words as bytes, one for every unit of weight: where each begins, on 8 bytes, and how long it is. */
interface Words {
  readonly bytes: DataView;
  readonly starts: Uint16Array;
  readonly lengths: Uint8Array;
}

function words({ values, choices }: Distribution, ending: string): Words {
  const encoded = values.map((value) => new TextEncoder().encode(value + ending));
  const bytes = new Uint8Array(encoded.reduce((sum, { length }) => sum + ((length + 7) & ~7), 0));
  const starts: number[] = [];
  let at = 0;
  for (const word of encoded) {
    starts.push(at);
    bytes.set(word, at);
    at += (word.length + 7) & ~7;
  }
  return {
    bytes: new DataView(bytes.buffer),
    starts: Uint16Array.from(choices, (choice) => starts[choice]!),
    lengths: Uint8Array.from(choices, (choice) => encoded[choice]!.length),
  };
}

const COMMA_SPACE = 0x202c;

/** Characters of the rules as numbers; of the phrases they are indices of word lists. */
const TOKENS = { N: 0, J: 1, D: 2, V: 3, X: 4, P: 5, T: 6, ',': -1 } as const;

export class TextGenerator {
  /** The number before the next sentence. */
  seed: number;
  readonly #words: readonly Words[] = [
    words(NOUNS, ' '),
    words(ADJECTIVES, ' '),
    words(ADVERBS, ' '),
    words(VERBS, ' '),
    words(AUXILIARIES, ' '),
  ];
  readonly #prepositions = words(PREPOSITIONS, ' the ');
  readonly #terminators = words(TERMINATORS, ' ');
  readonly #sentences = SENTENCES.values.map(compile);
  readonly #nounPhrases = NOUN_PHRASES.values.map(compile);
  readonly #verbPhrases = VERB_PHRASES.values.map(compile);
  #out: DataView = new DataView(new ArrayBuffer(0));
  #at = 0;

  constructor(seed: number = TEXT_SEED) {
    this.seed = seed;
  }

  /**
   * Writes the next sentence, which ends with a space. Returns the position behind it; what follows, up to
   * LONGEST_SENTENCE bytes from the start, may have been written over.
   */
  sentence(out: DataView, at: number): number {
    this.#out = out;
    this.#at = at;
    const rule = this.#sentences[SENTENCES.choices[this.#draw(SENTENCES.choices.length)]!]!;
    for (let i = 0; i < rule.length; i++) {
      const token = rule[i]!;
      if (token === TOKENS.N) this.#phrase(this.#nounPhrases, NOUN_PHRASES.choices);
      else if (token === TOKENS.V) this.#phrase(this.#verbPhrases, VERB_PHRASES.choices);
      else if (token === TOKENS.P) {
        this.#word(this.#prepositions);
        this.#phrase(this.#nounPhrases, NOUN_PHRASES.choices);
      } else {
        this.#at--;
        this.#word(this.#terminators);
      }
    }
    return this.#at;
  }

  #phrase(rules: readonly Int8Array[], choices: Uint8Array): void {
    const rule = rules[choices[this.#draw(choices.length)]!]!;
    for (let i = 0; i < rule.length; i++) {
      const list = rule[i]!;
      if (list >= 0) this.#word(this.#words[list]!);
      else {
        this.#out.setUint16(this.#at - 1, COMMA_SPACE, true);
        this.#at++;
      }
    }
  }

  #word({ bytes, starts, lengths }: Words): void {
    const choice = this.#draw(starts.length);
    const start = starts[choice]!;
    const length = lengths[choice]!;
    const out = this.#out;
    const at = this.#at;
    // Eight bytes at a time: as a float, since text is never a NaN and a bigint would be an object.
    for (let i = 0; i < length; i += 8) out.setFloat64(at + i, bytes.getFloat64(start + i, true), true);
    this.#at = at + length;
  }

  #draw(range: number): number {
    this.seed = next(this.seed);
    return ((this.seed / MODULUS) * range) | 0;
  }
}

function compile(rule: string): Int8Array {
  return Int8Array.from(rule, (token) => TOKENS[token as keyof typeof TOKENS]);
}
