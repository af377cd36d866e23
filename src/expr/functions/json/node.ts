/**
 * JSON as a tree that keeps numbers as written (1.50 stays 1.50). Of equal keys the last wins; objects are written
 * with their keys in order, as in Flink.
 */
import { EngineError } from '../../../base/errors.ts';
import { compareStrings } from '../../../types/value.ts';

export type JsonNode =
  | { readonly kind: 'object'; readonly members: ReadonlyMap<string, JsonNode> }
  | { readonly kind: 'array'; readonly items: readonly JsonNode[] }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'null' };

export const JSON_NULL: JsonNode = { kind: 'null' };

/** Nesting beyond this is refused rather than risking the stack. */
const MAX_DEPTH = 1000;

/** @throws EngineError RUN-JSON if the text is not JSON */
export function parseJson(text: string): JsonNode {
  const reader = new JsonReader(text);
  return reader.document();
}

/** @returns null if the text is not JSON */
export function tryParseJson(text: string): JsonNode | null {
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof EngineError) return null;
    throw error;
  }
}

export function isScalar(node: JsonNode): boolean {
  return node.kind !== 'object' && node.kind !== 'array';
}

/** Without blanks. */
export function printJson(node: JsonNode): string {
  switch (node.kind) {
    case 'object': {
      const members = [...node.members].sort(([a], [b]) => compareStrings(a, b));
      return `{${members.map(([key, value]) => `${quoteJson(key)}:${printJson(value)}`).join(',')}}`;
    }
    case 'array':
      return `[${node.items.map(printJson).join(',')}]`;
    case 'string':
      return quoteJson(node.text);
    case 'number':
      return node.text;
    case 'boolean':
      return String(node.value);
    case 'null':
      return 'null';
  }
}

export function quoteJson(text: string): string {
  return JSON.stringify(text);
}

class JsonReader {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): JsonNode {
    const node = this.#value();
    this.#skipSpace();
    if (this.#at < this.#text.length) throw this.#error();
    return node;
  }

  #value(): JsonNode {
    this.#skipSpace();
    const char = this.#text[this.#at];
    if (char === '{' || char === '[') return this.#nested(char);
    if (char === '"') return { kind: 'string', text: this.#string() };
    if (this.#accept('true')) return { kind: 'boolean', value: true };
    if (this.#accept('false')) return { kind: 'boolean', value: false };
    if (this.#accept('null')) return JSON_NULL;
    const number = this.#match(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y);
    if (number === null) throw this.#error();
    return { kind: 'number', text: number };
  }

  #nested(open: '{' | '['): JsonNode {
    if (++this.#depth > MAX_DEPTH) throw this.#error();
    this.#at++;
    const node = open === '{' ? this.#object() : this.#array();
    this.#depth--;
    return node;
  }

  #object(): JsonNode {
    const members = new Map<string, JsonNode>();
    this.#skipSpace();
    if (this.#accept('}')) return { kind: 'object', members };
    do {
      this.#skipSpace();
      const key = this.#string();
      this.#skipSpace();
      this.#expect(':');
      members.set(key, this.#value());
      this.#skipSpace();
    } while (this.#accept(','));
    this.#expect('}');
    return { kind: 'object', members };
  }

  #array(): JsonNode {
    const items: JsonNode[] = [];
    this.#skipSpace();
    if (this.#accept(']')) return { kind: 'array', items };
    do {
      items.push(this.#value());
      this.#skipSpace();
    } while (this.#accept(','));
    this.#expect(']');
    return { kind: 'array', items };
  }

  #string(): string {
    const token = this.#match(/"(?:[^"\\]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y);
    if (token === null || Array.from(token).some((char) => char < ' ')) throw this.#error();
    return JSON.parse(token) as string;
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) return null;
    this.#at += match[0].length;
    return match[0];
  }

  #accept(word: string): boolean {
    if (!this.#text.startsWith(word, this.#at)) return false;
    this.#at += word.length;
    return true;
  }

  #expect(word: string): void {
    if (!this.#accept(word)) throw this.#error();
  }

  #skipSpace(): void {
    while (' \t\n\r'.includes(this.#text[this.#at] ?? 'x')) this.#at++;
  }

  #error(): EngineError {
    return new EngineError('RUN-JSON', `not JSON at character ${this.#at + 1}: ${this.#text.slice(0, 40)}`);
  }
}
