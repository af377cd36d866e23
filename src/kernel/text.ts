/**
 * Kernels as text, for those that are written once: reads a small C-like language into the IR of ir.ts.
 *
 *     export const sumLibrary = kernels('sum')`
 *       const WIDTH = 8;
 *       // The sum of n values.
 *       fn sum(column: i32, n: i32): i64 {
 *         let total: i64 = 0;
 *         let end = column + n * WIDTH;
 *         for (let p = column; ltu(p, end); p += WIDTH) total += load.i64(p);
 *         return total;
 *       }
 *     `;
 *
 * Operators are signed; `ltu`, `divu`, ... are not. A text may also declare `global name: i64;` (shared by the program),
 * `extern fn name(a: i32): i32;` (found in the program or in JavaScript when linked) and use the functions of the
 * libraries it is given. Text is parsed when a function is first asked for.
 */
import { InvariantError } from '../base/assert.ts';
import type { Callee, FunctionSource, KernelFunction, Local, Signature, ValueType } from './ir.ts';
import { ExpressionParser, type NameScope, type Parsed, TokenReader } from './text-expression.ts';
import { tokenize } from './text-lexer.ts';
import { StatementParser } from './text-statement.ts';

const TYPES: ReadonlySet<string> = new Set(['i32', 'i64', 'f32', 'f64', 'v128']);

/** The functions of one text. */
export class KernelLibrary implements FunctionSource {
  readonly name: string;
  readonly #uses: readonly KernelLibrary[];
  readonly #source: string;
  #functions: ReadonlyMap<string, KernelFunction> | undefined;

  constructor(name: string, source: string, uses: readonly KernelLibrary[] = []) {
    this.name = name;
    this.#source = source;
    this.#uses = uses;
  }

  find(name: string): KernelFunction | undefined {
    return this.functions().get(name);
  }

  /** The function, which must exist. */
  get(name: string): KernelFunction {
    const found = this.find(name);
    if (found === undefined) throw new InvariantError(`library ${this.name} has no function ${name}`);
    return found;
  }

  functions(): ReadonlyMap<string, KernelFunction> {
    this.#functions ??= new LibraryParser(this, this.#source, this.#uses).parse();
    return this.#functions;
  }
}

/** A tag for kernel text; `uses` are libraries whose functions it may call. Interpolated values are pasted in. */
export function kernels(
  name: string,
  uses: readonly KernelLibrary[] = [],
): (text: TemplateStringsArray, ...values: readonly (number | bigint | string)[]) => KernelLibrary {
  return (text, ...values) => new KernelLibrary(name, String.raw(text, ...values), uses);
}

/** One function from text, without the name of a library: calls of others are looked up in the program. */
export function parseFunction(source: string): KernelFunction {
  const [found] = new LibraryParser(undefined, source, []).parse().values();
  if (found === undefined) throw new InvariantError('kernel text without a function');
  return found;
}

interface Header extends Signature {
  readonly name: string;
  readonly params: readonly ValueType[];
  readonly locals: readonly Local[];
  /** Position of the token after the opening brace. */
  readonly body: number;
}

class LibraryParser implements NameScope {
  readonly #library: KernelLibrary | undefined;
  readonly #uses: readonly KernelLibrary[];
  readonly #reader: TokenReader;
  readonly #callees = new Map<string, Callee>();
  readonly #constants = new Map<string, Parsed>();

  constructor(library: KernelLibrary | undefined, source: string, uses: readonly KernelLibrary[]) {
    this.#library = library;
    this.#uses = uses;
    const where = `kernels ${library?.name ?? 'of a program'}`;
    this.#reader = new TokenReader(tokenize(source, where), where);
  }

  parse(): ReadonlyMap<string, KernelFunction> {
    const headers = this.#declarations();
    const functions = new Map<string, KernelFunction>();
    for (const header of headers) {
      this.#reader.position = header.body;
      const { locals, body } = new StatementParser(this.#reader, this, header.locals, header.result).parse();
      const { name, result, locals: params } = header;
      functions.set(name, { name, params, result, locals, body });
    }
    return functions;
  }

  variable(name: string): Parsed | undefined {
    return this.#constants.get(name);
  }

  callee(name: string): Callee | undefined {
    const known = this.#callees.get(name);
    if (known !== undefined) return known;
    for (const library of this.#uses) {
      const found = library.find(name);
      if (found === undefined) continue;
      const callee = { name, params: found.params.map((param) => param.type), result: found.result, library };
      this.#callees.set(name, callee);
      return callee;
    }
    return undefined;
  }

  /** Everything but the bodies of functions. */
  #declarations(): readonly Header[] {
    const reader = this.#reader;
    const headers: Header[] = [];
    while (reader.peek().kind !== 'end') {
      const keyword = reader.name();
      if (keyword === 'const') this.#constant();
      else if (keyword === 'global') {
        const name = reader.name();
        reader.expect(':');
        this.#constants.set(name, { kind: 'global', name, type: this.#type() });
        reader.expect(';');
      } else if (keyword === 'extern') {
        reader.expect('fn');
        const { name, params, result } = this.#signature();
        this.#callees.set(name, { name, params, result, library: undefined });
        reader.expect(';');
      } else if (keyword === 'fn') {
        const signature = this.#signature();
        if (this.#callees.has(signature.name)) reader.fail(`there are two functions ${signature.name}`);
        const { name, params, result } = signature;
        this.#callees.set(name, { name, params, result, library: this.#library });
        reader.expect('{');
        headers.push({ ...signature, body: reader.position });
        this.#skipBody();
      } else reader.fail(`expected fn, const, global or extern, found '${keyword}'`);
    }
    return headers;
  }

  #skipBody(): void {
    for (let depth = 1; depth > 0; ) {
      const { text, kind } = this.#reader.next();
      if (kind === 'end') this.#reader.fail('a function does not end');
      if (text === '{') depth++;
      else if (text === '}') depth--;
    }
  }

  #constant(): void {
    const reader = this.#reader;
    const name = reader.name();
    const type = reader.accept(':') ? this.#type() : undefined;
    reader.expect('=');
    const expressions = new ExpressionParser(reader, this);
    const value: Parsed = type === undefined ? expressions.parse() : expressions.expect(type, name);
    if (value.kind !== 'untyped' && value.kind !== 'constant') reader.fail(`${name} is not constant`);
    this.#constants.set(name, value);
    reader.expect(';');
  }

  #signature(): Omit<Header, 'body'> {
    const reader = this.#reader;
    const name = reader.name();
    const locals: Local[] = [];
    reader.expect('(');
    while (!reader.accept(')')) {
      if (locals.length > 0) reader.expect(',');
      const param = reader.name();
      reader.expect(':');
      locals.push({ name: param, type: this.#type() });
    }
    const result = reader.accept(':') ? this.#type() : undefined;
    return { name, params: locals.map((local) => local.type), result, locals };
  }

  #type(): ValueType {
    const name = this.#reader.name();
    if (!TYPES.has(name)) this.#reader.fail(`there is no type ${name}`);
    return name as ValueType;
  }
}
