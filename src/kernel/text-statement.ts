/** Statements of kernel text: the body of one function. */
import { call, type I32, not, store } from './build.ts';
import { expectType, operation } from './fold.ts';
import type { Callee, Expression, Local, LocalGet, Statement, SwitchCase, ValueType } from './ir.ts';
import { STORES } from './operations.ts';
import { ExpressionParser, type NameScope, type Parsed, type TokenReader, typeName } from './text-expression.ts';
import { FLOAT_OPERATORS, INTEGER_OPERATORS } from './text-operators.ts';

const STORES_BY_TEXT: ReadonlyMap<string, string> = new Map([...STORES.values()].map((one) => [one.text, one.name]));
const LARGEST_CASE = 1023;

export class StatementParser implements NameScope {
  readonly #reader: TokenReader;
  readonly #outer: NameScope;
  readonly #result: ValueType | undefined;
  readonly #paramCount: number;
  readonly #locals: Local[];
  /** Names in use, with their index in #locals; innermost block last. */
  readonly #scopes: Map<string, number>[] = [];
  readonly #expressions: ExpressionParser;

  constructor(reader: TokenReader, outer: NameScope, params: readonly Local[], result: ValueType | undefined) {
    this.#reader = reader;
    this.#outer = outer;
    this.#result = result;
    this.#paramCount = params.length;
    this.#locals = [...params];
    this.#scopes.push(new Map(params.map((param, index) => [param.name, index])));
    this.#expressions = new ExpressionParser(reader, this);
  }

  /** Reads up to the closing brace of the function. */
  parse(): { locals: readonly Local[]; body: readonly Statement[] } {
    const body = this.#untilBrace();
    return { locals: this.#locals.slice(this.#paramCount), body };
  }

  variable(name: string): Parsed | undefined {
    for (let i = this.#scopes.length - 1; i >= 0; i--) {
      const index = this.#scopes[i]!.get(name);
      if (index !== undefined) return { kind: 'local', type: this.#locals[index]!.type, index };
    }
    return this.#outer.variable(name);
  }

  callee(name: string): Callee | undefined {
    return this.#outer.callee(name);
  }

  #untilBrace(): Statement[] {
    const statements: Statement[] = [];
    while (!this.#reader.accept('}')) this.#statement(statements);
    return statements;
  }

  #block(): Statement[] {
    this.#reader.expect('{');
    return this.#scoped(() => this.#untilBrace());
  }

  #scoped<T>(parse: () => T): T {
    this.#scopes.push(new Map());
    const result = parse();
    this.#scopes.pop();
    return result;
  }

  /** A block, or one statement without braces. */
  #body(): Statement[] {
    if (this.#reader.peek().text === '{') return this.#block();
    const statements: Statement[] = [];
    this.#scoped(() => this.#statement(statements));
    return statements;
  }

  #statement(into: Statement[]): void {
    const reader = this.#reader;
    const { text, kind } = reader.peek();
    if (text === '{') {
      into.push(...this.#block());
      return;
    }
    if (kind !== 'name') reader.fail(`expected a statement, found '${text}'`);
    if (reader.peek(1).text === ':' && text !== 'default') {
      this.#labelled(into);
      return;
    }
    switch (text) {
      case 'let':
        this.#let(into);
        reader.expect(';');
        return;
      case 'if':
        into.push(this.#if());
        return;
      case 'while':
      case 'for':
      case 'loop':
        this.#loop(into, undefined);
        return;
      case 'switch':
        into.push(this.#switch());
        return;
      case 'break':
      case 'continue': {
        reader.next();
        const label = reader.peek().kind === 'name' ? reader.name() : undefined;
        into.push({ kind: text, label });
        break;
      }
      case 'return':
        into.push(this.#return());
        break;
      case 'trap':
        reader.next();
        into.push({ kind: 'trap' });
        break;
      default:
        this.#simple(into);
    }
    reader.expect(';');
  }

  /** `label: while ...` or `label: { ... }`. */
  #labelled(into: Statement[]): void {
    const label = this.#reader.name();
    this.#reader.expect(':');
    if (this.#reader.peek().text === '{') into.push({ kind: 'block', label, body: this.#block() });
    else this.#loop(into, label);
  }

  #let(into: Statement[]): void {
    const reader: TokenReader = this.#reader;
    reader.expect('let');
    const name = reader.name();
    const type = reader.accept(':') ? typeName(reader) : undefined;
    if (!reader.accept('=')) {
      if (type === undefined) reader.fail(`${name} has neither a type nor a value`);
      this.#declare(name, type);
      return;
    }
    const value = type === undefined ? this.#expressions.any() : this.#expressions.expect(type, name);
    if (value.type === 'none') reader.fail(`${name} gets no value`);
    into.push({ kind: 'set', index: this.#declare(name, value.type), value });
  }

  /** A name of an earlier block may come again, and then shares its local if the type is the same. */
  #declare(name: string, type: ValueType): number {
    const scope = this.#scopes.at(-1)!;
    if (this.variable(name)?.kind === 'local') this.#reader.fail(`${name} is declared already`);
    let unique = name;
    for (let i = 1; ; i++) {
      const index = this.#locals.findIndex((local) => local.name === unique);
      if (index < 0) break;
      if (this.#locals[index]!.type === type) {
        scope.set(name, index);
        return index;
      }
      unique = `${name}$${i}`;
    }
    this.#locals.push({ name: unique, type });
    scope.set(name, this.#locals.length - 1);
    return this.#locals.length - 1;
  }

  #condition(): Expression {
    this.#reader.expect('(');
    const condition = this.#expressions.expect('i32', 'a condition');
    this.#reader.expect(')');
    return condition;
  }

  #if(): Statement {
    const reader = this.#reader;
    reader.expect('if');
    const condition = this.#condition();
    const consequent = this.#body();
    const alternate = reader.accept('else') ? this.#body() : [];
    if (consequent.length === 0 && alternate.length > 0) {
      return { kind: 'if', condition: not(condition as I32), consequent: alternate, alternate: [] };
    }
    return { kind: 'if', condition, consequent, alternate };
  }

  /** `while (c) { ... }`, with `step { ... }` behind it for what `continue` still runs; `loop` has no condition. */
  #loop(into: Statement[], label: string | undefined): void {
    const reader = this.#reader;
    const keyword = reader.name();
    if (keyword === 'loop' || keyword === 'while') {
      const condition = keyword === 'loop' ? undefined : this.#condition();
      const body = this.#body();
      const hasStep = reader.peek().text === 'step' && reader.peek(1).text === '{';
      if (hasStep) reader.next();
      into.push({ kind: 'loop', label, condition, body, step: hasStep ? this.#block() : [] });
    } else if (keyword === 'for') {
      this.#scoped(() => this.#for(into, label));
    } else reader.fail(`expected a loop, found '${keyword}'`);
  }

  /** `for (start; condition; step, step) body`; the start may declare variables. */
  #for(into: Statement[], label: string | undefined): void {
    const reader = this.#reader;
    reader.expect('(');
    this.#commaList(into, ';');
    const condition = reader.peek().text === ';' ? undefined : this.#expressions.expect('i32', 'a condition');
    reader.expect(';');
    const step: Statement[] = [];
    this.#commaList(step, ')');
    into.push({ kind: 'loop', label, condition, body: this.#body(), step });
  }

  #commaList(into: Statement[], end: string): void {
    const reader = this.#reader;
    while (!reader.accept(end)) {
      if (reader.peek().text === 'let') this.#let(into);
      else this.#simple(into);
      if (reader.peek().text !== end) reader.expect(',');
    }
  }

  #switch(): Statement {
    const reader = this.#reader;
    reader.expect('switch');
    const value = this.#condition();
    const cases: SwitchCase[] = [];
    let otherwise: readonly Statement[] = [];
    reader.expect('{');
    while (!reader.accept('}')) {
      if (reader.accept('default')) {
        reader.expect(':');
        otherwise = this.#block();
        continue;
      }
      reader.expect('case');
      const values: number[] = [];
      do values.push(this.#caseValue());
      while (reader.accept(','));
      reader.expect(':');
      cases.push({ values, body: this.#block() });
    }
    return { kind: 'switch', value, cases, otherwise };
  }

  #caseValue(): number {
    const value = this.#expressions.constantInteger(this.#expressions.parse());
    if (!(value >= 0 && value <= LARGEST_CASE)) this.#reader.fail(`case ${value} is not within 0 to ${LARGEST_CASE}`);
    return value;
  }

  #return(): Statement {
    const reader = this.#reader;
    reader.expect('return');
    if (reader.peek().text === ';') {
      if (this.#result !== undefined) reader.fail(`expected a value of ${this.#result}`);
      return { kind: 'return', value: undefined };
    }
    if (this.#result === undefined) return reader.fail('this function returns nothing');
    return { kind: 'return', value: this.#expressions.expect(this.#result, 'the result') };
  }

  /** An assignment, a store or a call. */
  #simple(into: Statement[]): void {
    const reader = this.#reader;
    const name = reader.name();
    if (reader.peek().text !== '(') {
      into.push(this.#assignment(name));
      return;
    }
    const storeName = STORES_BY_TEXT.get(name);
    if (storeName !== undefined) into.push(this.#store(storeName));
    else if (name === 'drop') into.push(this.#drop());
    else if (name === 'copy' || name === 'fill') into.push(this.#bulk(name));
    else into.push(this.#call(name));
  }

  #assignment(name: string): Statement {
    const reader = this.#reader;
    const target = this.variable(name);
    if (target === undefined || (target.kind !== 'local' && target.kind !== 'global')) {
      return reader.fail(`there is no variable ${name}`);
    }
    const { type } = target;
    const symbol = reader.next().text;
    let value: Expression;
    if (symbol === '=') value = this.#expressions.expect(type, name);
    else {
      const operator = symbol.slice(0, -1);
      const isFloat = type === 'f32' || type === 'f64';
      const op = symbol.endsWith('=') ? (isFloat ? FLOAT_OPERATORS : INTEGER_OPERATORS)[operator] : undefined;
      if (op === undefined) reader.fail(`expected an assignment, found '${symbol}'`);
      const operand = this.#expressions.expect(type, name);
      value = reader.at(() => operation(`${type}.${op}`, [target as LocalGet, operand]));
    }
    return target.kind === 'global'
      ? { kind: 'set-global', name: target.name, value }
      : { kind: 'set', index: target.index, value };
  }

  #store(op: string): Statement {
    const [address, value, offset] = this.#expressions.arguments();
    if (address === undefined || value === undefined) return this.#reader.fail(`${op} takes an address and a value`);
    const bytes = offset === undefined ? 0 : this.#expressions.constantInteger(offset);
    const { type } = STORES.get(op)!;
    return this.#reader.at(() =>
      store(op, this.#expressions.typed(address, 'i32'), this.#expressions.typed(value, type), bytes),
    );
  }

  #bulk(name: 'copy' | 'fill'): Statement {
    const operands = this.#expressions.arguments().map((arg) => this.#expressions.typed(arg, 'i32'));
    const [destination, second, length] = operands;
    if (length === undefined || operands.length !== 3) return this.#reader.fail(`${name} takes three operands`);
    for (const operand of operands) this.#reader.at(() => expectType(name, operand, 'i32'));
    return name === 'copy'
      ? { kind: 'copy', destination: destination!, source: second!, length }
      : { kind: 'fill', destination: destination!, byte: second!, length };
  }

  /** `drop(e)` evaluates an expression that is no call. */
  #drop(): Statement {
    const [value, ...rest] = this.#expressions.arguments();
    if (value === undefined || rest.length > 0) return this.#reader.fail('drop takes one operand');
    return { kind: 'evaluate', value: this.#expressions.typed(value) };
  }

  #call(name: string): Statement {
    const callee = this.callee(name);
    if (callee === undefined) return this.#reader.fail(`there is no function ${name}`);
    const args = this.#expressions.arguments();
    const operands = args.map((arg, i) => this.#expressions.typed(arg, callee.params[i]));
    return { kind: 'evaluate', value: this.#reader.at(() => call(callee, ...operands)) };
  }
}
