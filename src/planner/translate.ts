/**
 * Physical plan → DataStream graph. Every node but Exchange becomes a transformation; an Exchange becomes the
 * distribution of the edge. Numbers are given inputs first, so the same plan has the same names and uids in every run.
 */
import { assert } from '../base/assert.ts';
import type { ConnectorSpec } from '../dataflow/connector.ts';
import type { Distribution } from '../dataflow/traits.ts';
import type { Transformation, TransformationInput } from '../graph/transformation.ts';
import { printLine } from './explain-line.ts';
import type { Lowered, PhysicalNode } from './physical/node.ts';
import type { PhysicalPlan } from './plan.ts';

/**
 * @param collect where the rows of a query that is not an INSERT go; null: its root is returned as it is
 * @returns one per root of the plan
 */
export function translate(plan: PhysicalPlan, collect: ConnectorSpec | null): readonly Transformation[] {
  return translateWithContents(plan, collect).roots;
}

export interface Translated {
  readonly roots: readonly Transformation[];
  /** uid → the line of EXPLAIN that the transformation came from, with its number. */
  readonly contents: ReadonlyMap<string, string>;
}

export function translateWithContents(plan: PhysicalPlan, collect: ConnectorSpec | null): Translated {
  const translator = new Translator(plan);
  const roots = plan.roots.map((root) => {
    const transformation = translator.visit(root);
    return transformation.kind === 'sink' || collect === null ? transformation : translator.collect(root, collect);
  });
  return { roots, contents: translator.contents };
}

class Translator {
  readonly contents = new Map<string, string>();
  readonly #plan: PhysicalPlan;
  readonly #made = new Map<PhysicalNode, Transformation>();
  #next = 1;

  constructor(plan: PhysicalPlan) {
    this.#plan = plan;
  }

  visit(node: PhysicalNode): Transformation {
    const known = this.#made.get(node);
    if (known !== undefined) return known;
    const below = node.inputs.map((input) => this.#input(input));
    const number = this.#next++;
    const made = this.#lower(node, '').kind === 'none' ? below[0]!.from : this.#make(node, below, number);
    this.#made.set(node, made);
    return made;
  }

  collect(root: PhysicalNode, spec: ConnectorSpec): Transformation {
    const number = this.#next++;
    const input: TransformationInput = { from: this.visit(root), distribution: { kind: 'singleton' }, priority: 0 };
    return {
      uid: `collect-${number}`,
      name: `Sink: collect[${number}]`,
      schema: root.schema,
      parallelism: 1,
      inputs: [input],
      kind: 'sink',
      spec,
    };
  }

  #input(node: PhysicalNode): TransformationInput {
    const lowered = this.#lower(node, '');
    if (lowered.kind !== 'exchange') return { from: this.visit(node), distribution: { kind: 'forward' }, priority: 0 };
    const moved = node.inputs[0]!;
    const from = this.visit(moved);
    this.#next++;
    return { from, distribution: overRows(lowered.distribution, this.#lower(moved, '')), priority: 0 };
  }

  #lower(node: PhysicalNode, name: string): Lowered {
    return node.lower({ profile: this.#plan.context.profile, name });
  }

  #make(node: PhysicalNode, inputs: readonly TransformationInput[], number: number): Transformation {
    const line = `[${number}]:${printLine(node, 'infix')}`;
    const lowered = this.#lower(node, line);
    const name = node.describe('infix').name;
    const base = {
      uid: `${kebab(name)}-${number}`,
      schema: node.schema,
      parallelism: this.#plan.parallelism.get(node) ?? null,
      inputs,
    };
    this.contents.set(base.uid, line);
    switch (lowered.kind) {
      case 'source': {
        const table = lowered.spec.table.split('.').at(-1)!;
        return { ...base, name: `Source: ${table}[${number}]`, ...lowered };
      }
      case 'union':
        return { ...base, name: `Union[${number}]`, kind: 'union' };
      case 'operator': {
        const ordered = inputs.map((input, i) => ({ ...input, priority: lowered.priorities?.[i] ?? 0 }));
        const parallelism = inputs.length === 0 ? 1 : base.parallelism;
        const { kind, spec } = lowered;
        return { ...base, name: `${name}[${number}]`, parallelism, inputs: ordered, kind, spec };
      }
      case 'sink': {
        let below = inputs;
        for (const step of lowered.before) {
          const uid = `${kebab(step.name)}-${number}`;
          this.contents.set(uid, `[${number}]:${step.spec.name}`);
          const from: Transformation = {
            uid,
            name: `${step.name}[${number}]`,
            schema: step.spec.output,
            parallelism: base.parallelism,
            inputs: below.map((input) => ({ ...input, distribution: step.distribution })),
            kind: 'operator',
            spec: step.spec,
          };
          below = [{ from, distribution: { kind: 'forward' }, priority: 0 }];
        }
        const table = lowered.spec.table.split('.').at(-1)!;
        return { ...base, inputs: below, name: `Sink: ${table}[${number}]`, kind: 'sink', spec: lowered.spec };
      }
      case 'exchange':
      case 'none':
        assert(false, 'what is no operator is the root of a plan');
    }
  }
}

/** The distribution by the columns of what really flows, where the node below the exchange becomes nothing. */
function overRows(distribution: Distribution, below: Lowered): Distribution {
  if (below.kind !== 'none' || distribution.kind !== 'hash') return distribution;
  return { kind: 'hash', keys: distribution.keys.map((key) => below.columns[key]!) };
}

/** GroupAggregate → group-aggregate */
function kebab(name: string): string {
  return name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();
}
