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
 * Operators are signed; `ltu`, `divu`, ... are not. A text may also declare `global name: i64;` (shared by the
 * program), `extern fn name(a: i32): i32;` (found in the program or in JavaScript when linked) and use the functions of
 * the libraries it is given. A declaration begins a line; a function is parsed when it is first asked for.
 */
import { InvariantError } from '../base/assert.ts';
import {
  type Callee,
  type FunctionSource,
  type KernelFunction,
  type Local,
  type Signature,
  signatureOf,
} from './ir.ts';
import { ExpressionParser, type NameScope, type Parsed, TokenReader, typeName } from './text-expression.ts';
import { tokenize } from './text-lexer.ts';
import { StatementParser } from './text-statement.ts';

/** The functions of one text; each is parsed when it is first asked for. */
export class KernelLibrary implements FunctionSource {
  readonly name: string;
  readonly #source: string;
  readonly #uses: readonly KernelLibrary[];
  #parser: LibraryParser | undefined;

  constructor(name: string, source: string, uses: readonly KernelLibrary[] = []) {
    this.name = name;
    this.#source = source;
    this.#uses = uses;
  }

  find(name: string): KernelFunction | undefined {
    return this.#parsed().find(name);
  }

  /** The function, which must exist. */
  get(name: string): KernelFunction {
    const found = this.find(name);
    if (found === undefined) throw new InvariantError(`library ${this.name} has no function ${name}`);
    return found;
  }

  /** Of its functions, in order. */
  get names(): readonly string[] {
    return this.#parsed().names;
  }

  /** Whether it, or a library that it uses, has globals: then what one function leaves another may find. */
  get isStateful(): boolean {
    return this.#parsed().hasGlobals || this.#uses.some((library) => library.isStateful);
  }

  #parsed(): LibraryParser {
    this.#parser ??= new LibraryParser(this, this.name, this.#source, this.#uses);
    return this.#parser;
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
  const parser = new LibraryParser(undefined, 'of a program', source, []);
  const [name] = parser.names;
  const found = name === undefined ? undefined : parser.find(name);
  if (found === undefined) throw new InvariantError('kernel text without a function');
  return found;
}

/** A declaration begins a line; nothing inside of a function begins like one. */
const DECLARATION = /^[ \t]*(fn|const|global|extern)[ \t]+(?:fn[ \t]+)?(\w+)/gm;

/** The text from one declaration up to the next. */
interface Segment {
  readonly source: string;
  readonly line: number;
}

/** A function whose signature is read; the reader stands behind its opening brace. */
interface Header extends Signature {
  readonly variables: readonly Local[];
  readonly reader: TokenReader;
}

class LibraryParser implements NameScope {
  /** Of its functions, in order. */
  readonly names: readonly string[];
  hasGlobals = false;
  readonly #library: KernelLibrary | undefined;
  readonly #uses: readonly KernelLibrary[];
  readonly #where: string;
  readonly #segments = new Map<string, Segment>();
  readonly #headers = new Map<string, Header>();
  readonly #functions = new Map<string, KernelFunction>();
  readonly #callees = new Map<string, Callee>();
  readonly #constants = new Map<string, Parsed>();

  constructor(library: KernelLibrary | undefined, name: string, source: string, uses: readonly KernelLibrary[]) {
    this.#library = library;
    this.#uses = uses;
    this.#where = `kernels ${name}`;
    this.#declarations(source);
    this.names = [...this.#segments.keys()];
  }

  find(name: string): KernelFunction | undefined {
    const known = this.#functions.get(name);
    if (known !== undefined) return known;
    const header = this.#header(name);
    if (header === undefined) return undefined;
    const { reader, variables, result } = header;
    const { locals, body } = new StatementParser(reader, this, variables, result).parse();
    this.#end(reader);
    const definition = { name, params: variables, result, locals, body };
    this.#functions.set(name, definition);
    return definition;
  }

  variable(name: string): Parsed | undefined {
    return this.#constants.get(name);
  }

  callee(name: string): Callee | undefined {
    let callee = this.#callees.get(name);
    if (callee === undefined) {
      callee = this.#findCallee(name);
      if (callee !== undefined) this.#callees.set(name, callee);
    }
    return callee;
  }

  #findCallee(name: string): Callee | undefined {
    const own = this.#header(name);
    if (own !== undefined) return { name, params: own.params, result: own.result, library: this.#library };
    for (const library of this.#uses) {
      const found = library.find(name);
      if (found !== undefined) return { name, ...signatureOf(found), library };
    }
    return undefined;
  }

  /** Cuts the text into declarations and reads all but functions. */
  #declarations(source: string): void {
    const starts = [...source.matchAll(DECLARATION)];
    let line = 1;
    let at = 0;
    starts.forEach((match, i) => {
      const before = source.slice(at, match.index);
      if (i === 0) this.#end(this.#read({ source: before, line }));
      line += before.split('\n').length - 1;
      at = match.index;
      const segment = { source: source.slice(at, starts[i + 1]?.index), line };
      const [, keyword, name] = match as unknown as [string, string, string];
      if (keyword !== 'fn') this.#declaration(this.#read(segment));
      else if (!this.#segments.has(name)) this.#segments.set(name, segment);
      else this.#read(segment).fail(`there are two functions ${name}`);
    });
    if (starts.length === 0) this.#read({ source, line }).fail('no declaration begins a line');
  }

  #read({ source, line }: Segment): TokenReader {
    return new TokenReader(tokenize(source, this.#where, line), this.#where);
  }

  #end(reader: TokenReader): void {
    if (reader.peek().kind !== 'end')
      reader.fail(`expected fn, const, global or extern, found '${reader.peek().text}'`);
  }

  #header(name: string): Header | undefined {
    const known = this.#headers.get(name);
    const segment = this.#segments.get(name);
    if (known !== undefined || segment === undefined) return known;
    const reader = this.#read(segment);
    reader.expect('fn');
    reader.name();
    const header = { ...this.#signature(reader), reader };
    reader.expect('{');
    this.#headers.set(name, header);
    return header;
  }

  #declaration(reader: TokenReader): void {
    const keyword = reader.name();
    if (keyword === 'extern') reader.expect('fn');
    const name = reader.name();
    if (keyword === 'const') this.#constants.set(name, this.#constant(name, reader));
    else if (keyword === 'global') {
      reader.expect(':');
      this.hasGlobals = true;
      this.#constants.set(name, { kind: 'global', name, type: typeName(reader) });
    } else {
      const { params, result } = this.#signature(reader);
      this.#callees.set(name, { name, params, result, library: undefined });
    }
    reader.expect(';');
    this.#end(reader);
  }

  #constant(name: string, reader: TokenReader): Parsed {
    const type = reader.accept(':') ? typeName(reader) : undefined;
    reader.expect('=');
    const expressions = new ExpressionParser(reader, this);
    const value: Parsed = type === undefined ? expressions.parse() : expressions.expect(type, name);
    if (value.kind !== 'untyped' && value.kind !== 'constant') reader.fail(`${name} is not constant`);
    return value;
  }

  #signature(reader: TokenReader): Omit<Header, 'reader'> {
    const variables: Local[] = [];
    reader.expect('(');
    while (!reader.accept(')')) {
      if (variables.length > 0) reader.expect(',');
      const param = reader.name();
      reader.expect(':');
      variables.push({ name: param, type: typeName(reader) });
    }
    const result = reader.accept(':') ? typeName(reader) : undefined;
    return { params: variables.map((local) => local.type), result, variables };
  }
}
