/** What goes wrong in one run, and when: counted in operations, so that a seed always gives the same. */
import { EngineError } from '../../src/base/errors.ts';
import type { Random } from '../../src/base/random.ts';
import type { Operator, OperatorFactory } from '../../src/dataflow/operator.ts';
import type { DiskOperation, SimulatedDisk } from './simulated-disk.ts';

export type Fault =
  /** A task fails at its n-th call. */
  | { readonly kind: 'crash'; readonly at: number }
  /** The process dies at its n-th disk operation. */
  | { readonly kind: 'kill'; readonly at: number }
  /** So many writes fail, from the n-th disk operation on. */
  | { readonly kind: 'disk-full'; readonly at: number; readonly count: number }
  /** An intermediate result is gone, or has a flipped bit, when it is opened the n-th time. */
  | { readonly kind: 'lose' | 'damage'; readonly at: number }
  /** An executor beside that of the main thread dies, at the n-th call of their operators. */
  | { readonly kind: 'lose-executor'; readonly at: number };

/** A few, of any kind. */
export function drawFaults(random: Random): readonly Fault[] {
  return Array.from({ length: random.below(4) }, (): Fault => {
    switch (random.below(7)) {
      case 0:
      case 1:
        return { kind: 'crash', at: 1 + random.below(60) };
      case 2:
      case 3:
        return { kind: 'kill', at: 1 + random.below(300) };
      case 4:
        return { kind: 'disk-full', at: 1 + random.below(300), count: 1 + random.below(3) };
      case 5:
        return { kind: 'lose-executor', at: 1 + random.below(40) };
      default:
        return { kind: random.below(2) === 0 ? 'lose' : 'damage', at: 1 + random.below(6) };
    }
  });
}

export class Killed extends Error {}

/** Carries the faults of a run out, across the processes of it: each happens once. */
export class FaultInjector {
  readonly #disk: SimulatedDisk;
  readonly #random: Random;
  #left: readonly Fault[];
  #calls = 0;
  #operations = 0;
  #opened = 0;
  #remoteCalls = 0;
  #dead = false;
  #onKilled: () => void = () => undefined;
  /** What has happened, in order. */
  readonly happened: string[] = [];
  /** Paths of the results that were lost or damaged. */
  readonly lost: string[] = [];

  constructor(disk: SimulatedDisk, random: Random, faults: readonly Fault[]) {
    this.#disk = disk;
    this.#random = random;
    this.#left = faults;
  }

  /** A process begins. @param onKilled it is to be stopped as soon as it can */
  begin(onKilled: () => void): void {
    this.#dead = false;
    this.#calls = 0;
    this.#operations = 0;
    this.#opened = 0;
    this.#remoteCalls = 0;
    this.#onKilled = onKilled;
    this.#disk.onOperation = (operation, path) => this.#onOperation(operation, path);
  }

  /** No process dies: there is nobody who goes on where it was. */
  spareProcess(): void {
    this.#left = this.#left.filter(({ kind }) => kind !== 'kill');
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** Operators that fail when their time has come. */
  wrap(factory: (kind: string) => OperatorFactory): (kind: string) => OperatorFactory {
    return (kind) => {
      const inner = factory(kind);
      return { kind, create: (spec) => beforeCalls(inner.create(spec), () => this.onCall(spec.name)) };
    };
  }

  /** The operators of an executor that dies when its time has come. */
  watchExecutor(factory: (kind: string) => OperatorFactory, die: () => void): (kind: string) => OperatorFactory {
    const onCall = (name: string): void => {
      this.#remoteCalls++;
      if (this.#due('lose-executor', this.#remoteCalls) === null) return;
      this.happened.push(`executor lost in ${name} at call ${this.#remoteCalls}`);
      die();
      throw new Killed('the executor has died');
    };
    return (kind) => {
      const inner = factory(kind);
      return { kind, create: (spec) => beforeCalls(inner.create(spec), () => onCall(spec.name)) };
    };
  }

  /** A function or an operator is at work. */
  onCall(name: string): void {
    if (this.#dead) throw new Killed('killed');
    this.#calls++;
    if (this.#due('crash', this.#calls) === null) return;
    this.happened.push(`crash of ${name} at call ${this.#calls}`);
    throw new Error('crashed on purpose');
  }

  #onOperation(operation: DiskOperation, path: string): void {
    if (this.#dead) throw new Killed('killed');
    this.#operations++;
    if (this.#due('kill', this.#operations) !== null) {
      this.happened.push(`kill at disk operation ${this.#operations} (${operation} ${nameOf(path)})`);
      this.#dead = true;
      this.#onKilled();
      throw new Killed('killed');
    }
    if (operation === 'write') this.#onWrite(path);
    if (operation === 'open' && path.endsWith('.arrow') && this.#disk.stat(path) !== undefined) this.#onOpened(path);
  }

  #onWrite(path: string): void {
    const full = this.#left.find(
      (fault) => fault.kind === 'disk-full' && this.#operations >= fault.at && this.#operations < fault.at + 40,
    );
    if (full?.kind !== 'disk-full') return;
    const rest = { ...full, count: full.count - 1 };
    this.#left = this.#left.flatMap((fault) => (fault !== full ? [fault] : rest.count > 0 ? [rest] : []));
    this.happened.push(`disk full at ${nameOf(path)}`);
    throw new EngineError('RUN-FILE-FAILED', `cannot write ${path}: ENOSPC`);
  }

  #onOpened(path: string): void {
    this.#opened++;
    const fault = this.#due('lose', this.#opened) ?? this.#due('damage', this.#opened);
    if (fault === null) return;
    this.happened.push(`${fault.kind} ${path}`);
    this.lost.push(path);
    const { onOperation } = this.#disk;
    this.#disk.onOperation = () => undefined;
    if (fault.kind === 'lose') this.#disk.remove(path);
    else this.#disk.damage(path, this.#random);
    this.#disk.onOperation = onOperation;
  }

  #due(kind: Fault['kind'], at: number): Fault | null {
    const fault = this.#left.find((one) => one.kind === kind && one.at === at);
    if (fault === undefined) return null;
    this.#left = this.#left.filter((one) => one !== fault);
    return fault;
  }
}

/** The same operator; `act` comes first, and may throw. */
function beforeCalls(operator: Operator, act: () => void): Operator {
  const { processBatch, processRecords, processWatermark } = operator;
  operator.processBatch = (batch, input) => {
    act();
    processBatch.call(operator, batch, input);
  };
  operator.processWatermark = (timestamp) => {
    act();
    processWatermark.call(operator, timestamp);
  };
  if (processRecords === undefined) return operator;
  operator.processRecords = (records, input) => {
    act();
    processRecords.call(operator, records, input);
  };
  return operator;
}

/** Without what the names of part files have at random: that is the machine's chance, not the seed's. */
function nameOf(path: string): string {
  return path.replace(/part-[0-9a-z]{10,}/, 'part');
}
