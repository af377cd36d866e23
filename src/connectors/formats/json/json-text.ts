/** JSON text to values, exactly: numbers that a double cannot hold stay text. */

/** A number as it stands in the text, where JSON.parse would round it. */
export class ExactNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  toJSON(): unknown {
    return Number(this.text);
  }
}

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | ExactNumber
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue };

const LONG_NUMBER = /[\d.]{16}/;
const MAX_DEPTH = 500;

/** @throws SyntaxError with what is wrong. */
export function parseJson(text: string): JsonValue {
  return LONG_NUMBER.test(text) ? new ExactParser(text).parse() : (JSON.parse(text) as JsonValue);
}

class ExactParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): JsonValue {
    const value = this.#value(0);
    this.#space();
    if (this.#at < this.#text.length) this.#fail();
    return value;
  }

  #value(depth: number): JsonValue {
    if (depth > MAX_DEPTH) throw new SyntaxError(`values are nested more than ${MAX_DEPTH} deep`);
    this.#space();
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(depth);
      case '[':
        return this.#array(depth);
      case '"':
        return this.#string();
      default:
        return this.#word();
    }
  }

  #object(depth: number): JsonValue {
    const entries: Record<string, JsonValue> = Object.create(null) as Record<string, JsonValue>;
    this.#at++;
    if (this.#accept('}')) return entries;
    do {
      this.#space();
      if (this.#text[this.#at] !== '"') this.#fail();
      const name = this.#string();
      this.#expect(':');
      entries[name] = this.#value(depth + 1);
    } while (this.#accept(','));
    this.#expect('}');
    return entries;
  }

  #array(depth: number): JsonValue {
    const elements: JsonValue[] = [];
    this.#at++;
    if (this.#accept(']')) return elements;
    do elements.push(this.#value(depth + 1));
    while (this.#accept(','));
    this.#expect(']');
    return elements;
  }

  #string(): string {
    let end = this.#at + 1;
    while (this.#text[end] !== '"') {
      if (end >= this.#text.length) this.#fail();
      end += this.#text[end] === '\\' ? 2 : 1;
    }
    const literal = this.#text.slice(this.#at, end + 1);
    this.#at = end + 1;
    return JSON.parse(literal) as string;
  }

  #word(): JsonValue {
    const match = /(?:-?\d[\d.eE+-]*|true|false|null)/y;
    match.lastIndex = this.#at;
    const word = match.exec(this.#text)?.[0];
    if (word === undefined) return this.#fail();
    this.#at += word.length;
    const value = JSON.parse(word) as JsonValue;
    return typeof value === 'number' && LONG_NUMBER.test(word) ? new ExactNumber(word) : value;
  }

  #accept(char: string): boolean {
    this.#space();
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #expect(char: string): void {
    if (!this.#accept(char)) this.#fail();
  }

  #space(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  #fail(): never {
    const found = this.#text[this.#at];
    throw new SyntaxError(found === undefined ? 'the JSON ends early' : `unexpected '${found}' at ${this.#at + 1}`);
  }
}
