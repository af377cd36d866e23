/** Makes equal subtrees one node, so that their work is done once: sub-plan reuse and source reuse. */
import type { Configuration } from '../base/config.ts';
import type { ModeProfile } from '../dataflow/traits.ts';
import { isCheap } from '../expr/compile/logic.ts';
import { printLine } from './explain-line.ts';
import { calc } from './physical/calc.ts';
import { exchange } from './physical/exchange.ts';
import type { PhysicalNode } from './physical/node.ts';

/**
 * Nodes are equal if their lines of EXPLAIN, their schemas and their inputs are. Subtrees that give another result on
 * every evaluation are left apart.
 */
export function shareEqualNodes(roots: readonly PhysicalNode[], configuration: Configuration): readonly PhysicalNode[] {
  const shares = configuration.boolean('table.optimizer.reuse-sub-plan-enabled');
  const sharesSources = configuration.boolean('table.optimizer.reuse-source-enabled');
  /** By what is told quickly: only nodes that agree in it can be equal. */
  const candidates = new Map<string, Candidate[]>();
  const numberOf = new Map<PhysicalNode, number>();
  const visited = new Map<PhysicalNode, PhysicalNode>();
  const equalTo = (node: PhysicalNode): PhysicalNode | null => {
    if (node.inputs.length === 0 && !sharesSources) return null;
    const names = node.schema.fields.map(({ name }) => name);
    const quick = `${node.name} ${node.inputs.map((input) => numberOf.get(input)).join()} ${names.join()}`;
    const alike = candidates.get(quick) ?? [];
    candidates.set(quick, alike);
    const candidate = new Candidate(node);
    const equal = alike.find((other) => other.text === candidate.text && !VOLATILE.test(other.text));
    if (equal === undefined) alike.push(candidate);
    return equal?.node ?? null;
  };
  const visit = (node: PhysicalNode): PhysicalNode => {
    const known = shares ? visited.get(node) : undefined;
    if (known !== undefined) return known;
    const inputs = node.inputs.map(visit);
    const rebuilt = inputs.every((input, i) => input === node.inputs[i]) && shares ? node : node.with({ inputs });
    if (!shares) return rebuilt;
    const equal = equalTo(rebuilt);
    if (equal === null) numberOf.set(rebuilt, numberOf.size);
    visited.set(node, equal ?? rebuilt);
    return equal ?? rebuilt;
  };
  return roots.map(visit);
}

/** A node whose text is made when another has to be compared with it. */
class Candidate {
  readonly node: PhysicalNode;
  #text: string | null = null;

  constructor(node: PhysicalNode) {
    this.node = node;
  }

  get text(): string {
    this.#text ??= JSON.stringify([printLine(this.node, 'prefix', { changelogMode: true }), this.node.schema]);
    return this.#text;
  }
}

/**
 * In BATCH a table in memory is scanned by each of its readers, and filtered and projected by each where that is cheap:
 * what two readers share may have to be written to a file until the second one comes, and that costs more.
 */
export function scanMemoryAgain(roots: readonly PhysicalNode[], profile: ModeProfile): readonly PhysicalNode[] {
  if (profile.keyedInput === 'arrival-order') return roots;
  const taken = new Set<PhysicalNode>();
  const visited = new Map<PhysicalNode, PhysicalNode>();
  const inputOf = (input: PhysicalNode): PhysicalNode => {
    if (taken.has(input)) return copyOf(input);
    if (isCheapScan(input, profile)) taken.add(input);
    return visit(input);
  };
  const visit = (node: PhysicalNode): PhysicalNode => {
    let made = visited.get(node);
    if (made === undefined) {
      const inputs = node.inputs.map(inputOf);
      made = inputs.every((input, i) => input === node.inputs[i]) ? node : node.with({ inputs });
      visited.set(node, made);
    }
    return made;
  };
  return roots.map(visit);
}

function copyOf(node: PhysicalNode): PhysicalNode {
  return node.with({ inputs: node.inputs.map(copyOf) });
}

/** Whether it is a scan of a table in memory, with at most exchanges and cheap filters and projections above it. */
function isCheapScan(node: PhysicalNode, profile: ModeProfile): boolean {
  const [input] = node.inputs;
  if (input === undefined) {
    const lowered = node.lower({ profile, name: node.name });
    return lowered.kind === 'source' && lowered.spec.connector === 'memory';
  }
  const work = calc.paramsOf(node);
  const isCheapCalc = work !== null && [...work.condition, ...work.projection].every(isCheap);
  return (isCheapCalc || exchange.paramsOf(node) !== null) && isCheapScan(input, profile);
}

/** Functions whose two evaluations differ. */
const VOLATILE = /\b(RAND|RAND_INTEGER|UUID)\(/;
