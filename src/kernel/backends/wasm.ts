/**
 * Kernels as the bytes of a WebAssembly module: imports the shared memory (`env.memory`), externs (`env.<name>`) and
 * addresses (`address.<number>`), exports the entries by name. V8 optimises it further (value numbering, bounds checks
 * by guard pages), so the emitter translates node by node.
 */
import { assert, unreachable } from '../../base/assert.ts';
import type { Expression, KernelFunction, Loop, Statement, Switch, ValueType } from '../ir.ts';
import type { LinkedProgram } from '../link.ts';
import { LOADS, OPERATIONS, STORES } from '../operations.ts';
import { Inlining } from './inline.ts';
import { ByteWriter } from './wasm-bytes.ts';

const TYPE_CODES: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };
const ZEROS = { i32: 0, i64: 0n, f32: 0, f64: 0, v128: new Uint8Array(16) } as const;
const MAXIMUM_PAGES = 65536;
const EMPTY_BLOCK = 0x40;

/** The module for a linked program. */
export function emitModule(program: LinkedProgram): Uint8Array {
  const out = new ByteWriter();
  const { functions, externs, globals, addresses } = program;
  out.bytes(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
  const types = new TypeTable();
  const externTypes = externs.map((one) => types.index(one.params, one.result));
  const functionTypes = functions.map((one) =>
    types.index(
      one.params.map((param) => param.type),
      one.result,
    ),
  );

  section(out, 1, () => types.write(out));
  section(out, 2, () => {
    out.unsigned(1 + externs.length + addresses.length);
    out.name('env');
    out.name('memory');
    // A shared memory with a minimum and a maximum; any shared memory within them fits.
    out.byte(2);
    out.byte(3);
    out.unsigned(1);
    out.unsigned(MAXIMUM_PAGES);
    externs.forEach((one, i) => {
      out.name('env');
      out.name(one.name);
      out.byte(0);
      out.unsigned(externTypes[i]!);
    });
    addresses.forEach(({ type }, i) => {
      out.name('address');
      out.name(String(i));
      out.byte(3);
      out.byte(TYPE_CODES[type]);
      out.byte(0);
    });
  });
  section(out, 3, () => {
    out.unsigned(functions.length);
    for (const type of functionTypes) out.unsigned(type);
  });
  const globalIndexes = new Map<string, number>();
  if (globals.size > 0) {
    section(out, 6, () => {
      out.unsigned(globals.size);
      for (const [name, type] of globals) {
        globalIndexes.set(name, addresses.length + globalIndexes.size);
        writeGlobal(out, type);
      }
    });
  }
  section(out, 7, () => {
    out.unsigned(program.entryCount);
    for (let i = 0; i < program.entryCount; i++) {
      out.name(functions[i]!.name);
      out.byte(0);
      out.unsigned(externs.length + i);
    }
  });
  section(out, 10, () => {
    out.unsigned(functions.length);
    const inlining = new Inlining(program.facts);
    const body = new ByteWriter();
    const addressIndexes = new Map(addresses.map(({ value }, i) => [value, i]));
    for (const definition of functions) {
      body.clear();
      new BodyEmitter(program, globalIndexes, addressIndexes, inlining, definition, body).emit(out);
    }
  });
  section(out, 0, () => writeNames(out, program));
  return out.finish();
}

/** Names of functions, for profilers and stack traces. */
function writeNames(out: ByteWriter, { functions, externs }: LinkedProgram): void {
  out.name('name');
  out.byte(1);
  const size = out.beginSize();
  out.unsigned(functions.length);
  functions.forEach(({ name }, i) => {
    out.unsigned(externs.length + i);
    out.name(name);
  });
  out.endSize(size);
}

function section(out: ByteWriter, id: number, write: () => void): void {
  out.byte(id);
  const size = out.beginSize();
  write();
  out.endSize(size);
}

function writeGlobal(out: ByteWriter, type: ValueType): void {
  out.byte(TYPE_CODES[type]);
  out.byte(1);
  writeConstant(out, type, ZEROS[type]);
  out.byte(0x0b);
}

function writeConstant(out: ByteWriter, type: ValueType, value: number | bigint | Uint8Array): void {
  switch (type) {
    case 'i32':
      out.byte(0x41);
      out.signed32(value as number);
      return;
    case 'i64':
      out.byte(0x42);
      out.signed64(value as bigint);
      return;
    case 'f32':
      out.byte(0x43);
      out.float32(value as number);
      return;
    case 'f64':
      out.byte(0x44);
      out.float64(value as number);
      return;
    case 'v128':
      out.byte(0xfd);
      out.byte(12);
      out.bytes(value as Uint8Array);
  }
}

/** The distinct signatures of a module. */
class TypeTable {
  readonly #indexes = new Map<string, number>();
  readonly #entries: { params: readonly ValueType[]; result: ValueType | undefined }[] = [];

  index(params: readonly ValueType[], result: ValueType | undefined): number {
    const key = `${params.join()}:${result}`;
    let index = this.#indexes.get(key);
    if (index === undefined) {
      index = this.#entries.length;
      this.#entries.push({ params, result });
      this.#indexes.set(key, index);
    }
    return index;
  }

  write(out: ByteWriter): void {
    out.unsigned(this.#entries.length);
    for (const { params, result } of this.#entries) {
      out.byte(0x60);
      out.unsigned(params.length);
      for (const param of params) out.byte(TYPE_CODES[param]);
      out.unsigned(result === undefined ? 0 : 1);
      if (result !== undefined) out.byte(TYPE_CODES[result]);
    }
  }
}

/** Locals in runs of equal type. */
function writeLocals(out: ByteWriter, locals: readonly ValueType[]): void {
  const runs: { count: number; type: ValueType }[] = [];
  for (const type of locals) {
    const last = runs.at(-1);
    if (last?.type === type) last.count++;
    else runs.push({ count: 1, type });
  }
  out.unsigned(runs.length);
  for (const { count, type } of runs) {
    out.unsigned(count);
    out.byte(TYPE_CODES[type]);
  }
}

/** A loop or block that is open where code is emitted, with the nesting depth of its branch targets. */
interface Target {
  readonly label: string | undefined;
  readonly isLoop: boolean;
  readonly breakDepth: number;
  readonly continueDepth: number;
}

/** A function whose body is being emitted: the function itself, or one that is put in place of a call. */
interface Frame {
  readonly definition: KernelFunction;
  /** Added to the indexes of its params and locals. */
  readonly firstLocal: number;
  /** Where a return of an inlined function branches to; -1: it returns. */
  readonly returnDepth: number;
  readonly targets: Target[];
}

class BodyEmitter {
  /** The body alone. */
  readonly #out: ByteWriter;
  readonly #program: LinkedProgram;
  readonly #globals: ReadonlyMap<string, number>;
  readonly #addresses: ReadonlyMap<number | bigint, number>;
  readonly #inlining: Inlining;
  readonly #locals: ValueType[];
  /** First local of each function that was inlined. Its calls one after another share them. */
  readonly #inlined = new Map<KernelFunction, number>();
  readonly #frames: Frame[];
  #frame: Frame;
  #depth = 0;
  /** Nodes that were put in place of calls. */
  #growth = 0;

  constructor(
    program: LinkedProgram,
    globals: ReadonlyMap<string, number>,
    addresses: ReadonlyMap<number | bigint, number>,
    inlining: Inlining,
    definition: KernelFunction,
    body: ByteWriter,
  ) {
    this.#out = body;
    this.#program = program;
    this.#globals = globals;
    this.#addresses = addresses;
    this.#inlining = inlining;
    this.#locals = [...definition.params, ...definition.locals].map((local) => local.type);
    this.#frame = { definition, firstLocal: 0, returnDepth: -1, targets: [] };
    this.#frames = [this.#frame];
  }

  /** The body, with its size and its locals, which are known only at the end. */
  emit(out: ByteWriter): void {
    const { definition } = this.#frame;
    this.#statements(definition.body);
    const size = out.beginSize();
    writeLocals(out, this.#locals.slice(definition.params.length));
    out.append(this.#out);
    if (definition.result !== undefined) out.byte(0x00);
    out.byte(0x0b);
    out.endSize(size);
  }

  #statements(statements: readonly Statement[]): void {
    for (const statement of statements) this.#statement(statement);
  }

  #statement(statement: Statement): void {
    const out = this.#out;
    switch (statement.kind) {
      case 'set':
        this.#expression(statement.value);
        out.byte(0x21);
        out.unsigned(this.#frame.firstLocal + statement.index);
        return;
      case 'set-global':
        this.#expression(statement.value);
        out.byte(0x24);
        out.unsigned(this.#globals.get(statement.name)!);
        return;
      case 'store':
        this.#expression(statement.address);
        this.#expression(statement.value);
        this.#access(STORES.get(statement.op)!.opcode, statement.offset);
        return;
      case 'evaluate':
        this.#expression(statement.value);
        if (statement.value.type !== 'none') out.byte(0x1a);
        return;
      case 'if':
        this.#expression(statement.condition);
        this.#open(0x04);
        this.#statements(statement.consequent);
        if (statement.alternate.length > 0) {
          out.byte(0x05);
          this.#statements(statement.alternate);
        }
        this.#close();
        return;
      case 'loop':
        this.#loop(statement);
        return;
      case 'block':
        this.#open(0x02);
        this.#within(
          { label: statement.label, isLoop: false, breakDepth: this.#depth, continueDepth: 0 },
          statement.body,
        );
        this.#close();
        return;
      case 'switch':
        this.#switch(statement);
        return;
      case 'break':
        this.#branch(this.#target(statement.label).breakDepth);
        return;
      case 'continue': {
        const target = this.#target(statement.label);
        assert(target.isLoop, `continue of the block ${statement.label}`);
        this.#branch(target.continueDepth);
        return;
      }
      case 'return':
        if (statement.value !== undefined) this.#expression(statement.value);
        if (this.#frame.returnDepth < 0) out.byte(0x0f);
        else this.#branch(this.#frame.returnDepth);
        return;
      case 'copy':
        this.#expression(statement.destination);
        this.#expression(statement.source);
        this.#expression(statement.length);
        out.bytes(Uint8Array.of(0xfc, 10, 0, 0));
        return;
      case 'fill':
        this.#expression(statement.destination);
        this.#expression(statement.byte);
        this.#expression(statement.length);
        out.bytes(Uint8Array.of(0xfc, 11, 0));
        return;
      case 'trap':
        out.byte(0x00);
        return;
      default:
        unreachable(statement);
    }
  }

  /** block { loop { leave unless condition; block { body } step; repeat } } */
  #loop(loop: Loop): void {
    const out = this.#out;
    this.#open(0x02);
    const breakDepth = this.#depth;
    this.#open(0x03);
    const top = this.#depth;
    if (loop.condition !== undefined) {
      this.#expression(loop.condition);
      out.byte(0x45);
      out.byte(0x0d);
      out.unsigned(this.#depth - breakDepth);
    }
    if (loop.step.length === 0) {
      this.#within({ label: loop.label, isLoop: true, breakDepth, continueDepth: top }, loop.body);
    } else {
      this.#open(0x02);
      this.#within({ label: loop.label, isLoop: true, breakDepth, continueDepth: this.#depth }, loop.body);
      this.#close();
      this.#statements(loop.step);
    }
    this.#branch(top);
    this.#close();
    this.#close();
  }

  /** One block per case around a br_table; each case ends by leaving the outermost block. */
  #switch(statement: Switch): void {
    const out = this.#out;
    const { cases } = statement;
    this.#open(0x02);
    const end = this.#depth;
    for (let i = 0; i <= cases.length; i++) this.#open(0x02);
    this.#expression(statement.value);
    const length = Math.max(0, ...cases.flatMap((one) => one.values.map((value) => value + 1)));
    const targets = new Array<number>(length).fill(cases.length);
    cases.forEach((one, i) => {
      for (const value of one.values) targets[value] = i;
    });
    out.byte(0x0e);
    out.unsigned(length);
    for (const target of targets) out.unsigned(target);
    out.unsigned(cases.length);
    for (const one of cases) {
      this.#close();
      this.#statements(one.body);
      this.#branch(end);
    }
    this.#close();
    this.#statements(statement.otherwise);
    this.#close();
  }

  #expression(expression: Expression): void {
    const out = this.#out;
    switch (expression.kind) {
      case 'constant':
        writeConstant(out, expression.type, expression.value);
        return;
      case 'address':
        out.byte(0x23);
        out.unsigned(this.#addresses.get(expression.value)!);
        return;
      case 'local':
        out.byte(0x20);
        out.unsigned(this.#frame.firstLocal + expression.index);
        return;
      case 'global':
        out.byte(0x23);
        out.unsigned(this.#globals.get(expression.name)!);
        return;
      case 'operation': {
        for (const operand of expression.operands) this.#expression(operand);
        this.#opcode(OPERATIONS.get(expression.op)!.opcode);
        for (const lane of expression.lanes) out.byte(lane);
        return;
      }
      case 'load':
        this.#expression(expression.address);
        this.#access(LOADS.get(expression.op)!.opcode, expression.offset);
        return;
      case 'select':
        this.#expression(expression.consequent);
        this.#expression(expression.alternate);
        this.#expression(expression.condition);
        if (expression.type === 'v128') out.bytes(Uint8Array.of(0x1c, 1, TYPE_CODES.v128));
        else out.byte(0x1b);
        return;
      case 'conditional':
        this.#expression(expression.condition);
        this.#open(0x04, TYPE_CODES[expression.type]);
        this.#expression(expression.consequent);
        out.byte(0x05);
        this.#expression(expression.alternate);
        this.#close();
        return;
      case 'call': {
        for (const operand of expression.operands) this.#expression(operand);
        this.#call(this.#program.resolve(expression.callee));
        return;
      }
      default:
        unreachable(expression);
    }
  }

  /** The operands are on the stack. */
  #call(index: number): void {
    const callee = this.#program.functions[index];
    if (callee !== undefined) {
      const isBeingEmitted = this.#frames.some((frame) => frame.definition === callee);
      if (!isBeingEmitted && this.#inlining.allows(callee, this.#frames.length, this.#growth)) {
        this.#growth += this.#inlining.size(callee);
        this.#inline(callee);
        return;
      }
    }
    this.#out.byte(0x10);
    this.#out.unsigned(index < 0 ? -1 - index : this.#program.externs.length + index);
  }

  /** Operands to locals, the other locals to zero, then the body as a block that `return` leaves. */
  #inline(callee: KernelFunction): void {
    const { params, locals, result, body } = callee;
    let firstLocal = this.#inlined.get(callee);
    if (firstLocal === undefined) {
      firstLocal = this.#locals.length;
      for (const { type } of params) this.#locals.push(type);
      for (const { type } of locals) this.#locals.push(type);
      this.#inlined.set(callee, firstLocal);
    }
    for (let i = params.length - 1; i >= 0; i--) this.#setLocal(firstLocal + i);
    locals.forEach(({ type }, i) => {
      writeConstant(this.#out, type, ZEROS[type]);
      this.#setLocal(firstLocal + params.length + i);
    });
    const outer = this.#frame;
    this.#open(0x02, result === undefined ? EMPTY_BLOCK : TYPE_CODES[result]);
    this.#frame = { definition: callee, firstLocal, returnDepth: this.#depth, targets: [] };
    this.#frames.push(this.#frame);
    this.#statements(body);
    this.#frames.pop();
    this.#frame = outer;
    if (result !== undefined) this.#out.byte(0x00);
    this.#close();
  }

  #setLocal(index: number): void {
    this.#out.byte(0x21);
    this.#out.unsigned(index);
  }

  #opcode(opcode: number): void {
    if (opcode < 256) this.#out.byte(opcode);
    else {
      this.#out.byte(opcode >>> 16);
      this.#out.unsigned(opcode & 0xffff);
    }
  }

  /** Alignment is only a hint: 0 is always right. */
  #access(opcode: number, offset: number): void {
    this.#opcode(opcode);
    this.#out.byte(0);
    this.#out.unsigned(offset);
  }

  #open(opcode: number, type = EMPTY_BLOCK): void {
    this.#out.byte(opcode);
    this.#out.byte(type);
    this.#depth++;
  }

  #close(): void {
    this.#out.byte(0x0b);
    this.#depth--;
  }

  #within(target: Target, body: readonly Statement[]): void {
    this.#frame.targets.push(target);
    this.#statements(body);
    this.#frame.targets.pop();
  }

  #branch(depth: number): void {
    this.#out.byte(0x0c);
    this.#out.unsigned(this.#depth - depth);
  }

  #target(label: string | undefined): Target {
    const { targets, definition } = this.#frame;
    for (let i = targets.length - 1; i >= 0; i--) {
      const target = targets[i]!;
      if (label === undefined ? target.isLoop : target.label === label) return target;
    }
    return unreachable(`no loop or block ${label} in ${definition.name}` as never);
  }
}
