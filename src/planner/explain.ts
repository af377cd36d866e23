/**
 * EXPLAIN: the plans of a statement as Flink prints them, section by section, and behind them why these algorithms and
 * this mode were chosen.
 */
import { EngineError } from '../base/errors.ts';
import { adviceFor } from './explain-advice.ts';
import { queryPlanJson } from './explain-json.ts';
import { type LineOptions, printLine } from './explain-line.ts';
import type { PhysicalNode } from './physical/node.ts';
import type { PhysicalPlan } from './plan.ts';
import { type Cost, plusCost } from './stats/cost.ts';

export type ExplainDetail = 'ESTIMATED_COST' | 'CHANGELOG_MODE' | 'PLAN_ADVICE' | 'JSON_EXECUTION_PLAN';

export interface ExplainOptions {
  readonly details: ReadonlySet<ExplainDetail>;
  /** The logical plans as text (`== Abstract Syntax Tree ==`), one per statement. */
  readonly syntaxTrees: readonly string[];
  /** Why the plan is for this mode (graph/mode.ts). */
  readonly modeReason: string;
}

export function explainPlan(plan: PhysicalPlan, options: ExplainOptions): string {
  const { details } = options;
  const advises = details.has('PLAN_ADVICE');
  if (advises && plan.context.profile.watermarks === 'max-at-end') {
    throw new EngineError('PLAN-ADVICE', 'EXPLAIN PLAN_ADVICE is not supported under batch mode', {
      hint: "SET 'execution.runtime-mode' = 'streaming'",
    });
  }
  const advice = advises ? adviceFor(plan) : null;
  const physical = plan.roots.map((root) => printPhysical(root, details, advice?.numbers ?? new Map()));
  const sections = [
    section('Abstract Syntax Tree', options.syntaxTrees.join('\n\n')),
    section(`Optimized Physical Plan${advises ? ' With Advice' : ''}`, physical.join('\n\n')),
    ...(advice === null
      ? []
      : [advice.texts.length === 0 ? 'No available advice...\n' : `${advice.texts.join('\n')}\n`]),
    section('Optimized Execution Plan', printExecution(plan.roots)),
    ...(details.has('JSON_EXECUTION_PLAN') ? [section('Physical Execution Plan', queryPlanJson(plan))] : []),
    section('Decisions', printDecisions(plan, options.modeReason)),
  ];
  return sections.join('\n');
}

function section(title: string, body: string): string {
  return `== ${title} ==\n${body}\n`;
}

/** Calls `line` for every node of a tree, root first; stops below a node where it says so. */
function printTree(root: PhysicalNode, line: (node: PhysicalNode) => { text: string; stop?: boolean }): string {
  const lines: string[] = [];
  const visit = (node: PhysicalNode, first: string, rest: string): void => {
    const { text, stop } = line(node);
    lines.push(first + text);
    if (stop) return;
    node.inputs.forEach((input, i) => {
      const last = i === node.inputs.length - 1;
      visit(input, `${rest}${last ? '+- ' : ':- '}`, `${rest}${last ? '   ' : ':  '}`);
    });
  };
  visit(root, '', '');
  return lines.join('\n');
}

/** The tree of the physical plan, shared nodes each time. */
export function printPhysical(
  root: PhysicalNode,
  details: ReadonlySet<ExplainDetail>,
  advice: ReadonlyMap<PhysicalNode, number> = new Map(),
): string {
  const changelogMode = details.has('CHANGELOG_MODE');
  return printTree(root, (node) => {
    const number = advice.get(node);
    const options: LineOptions = {
      changelogMode,
      ...(number === undefined ? {} : { first: [['advice', `[${number}]`] as const] }),
    };
    const cost = details.has('ESTIMATED_COST') ? `: ${printCost(node)}` : '';
    return { text: printLine(node, 'prefix', options) + cost };
  });
}

/** The DAG that runs: a node that is read twice is printed once and referred to. */
function printExecution(roots: readonly PhysicalNode[]): string {
  const readers = new Map<PhysicalNode, number>();
  const rootsOf = new Map<PhysicalNode, Set<PhysicalNode>>();
  for (const root of roots) countReaders(root, root, readers, rootsOf);
  const ids = new Map<PhysicalNode, number>();
  const printed = new Set<PhysicalNode>();
  const print = (root: PhysicalNode): string =>
    printTree(root, (node) => {
      if ((readers.get(node) ?? 0) < 2) return { text: printLine(node, 'infix') };
      if (printed.has(node)) return { text: `Reused(reference_id=[${ids.get(node)}])`, stop: true };
      printed.add(node);
      if (!ids.has(node)) ids.set(node, ids.size + 1);
      return { text: `${printLine(node, 'infix')}(reuse_id=[${ids.get(node)}])` };
    });
  const across = [...rootsOf].filter(([, readBy]) => readBy.size > 1).map(([node]) => node);
  const heads = across.filter((node) => (readers.get(node) ?? 0) > 1);
  return [...heads, ...roots].map(print).join('\n\n');
}

function countReaders(
  node: PhysicalNode,
  root: PhysicalNode,
  readers: Map<PhysicalNode, number>,
  rootsOf: Map<PhysicalNode, Set<PhysicalNode>>,
): void {
  const seen = rootsOf.get(node) ?? new Set();
  readers.set(node, (readers.get(node) ?? 0) + 1);
  if (readers.get(node) === 1) for (const input of node.inputs) countReaders(input, root, readers, rootsOf);
  else if (!seen.has(root)) markBelow(node, root, rootsOf);
  seen.add(root);
  rootsOf.set(node, seen);
}

function markBelow(node: PhysicalNode, root: PhysicalNode, rootsOf: Map<PhysicalNode, Set<PhysicalNode>>): void {
  for (const input of node.inputs) {
    rootsOf.get(input)?.add(root);
    markBelow(input, root, rootsOf);
  }
}

function totalCost(node: PhysicalNode): Cost {
  return node.inputs.reduce((sum, input) => plusCost(sum, totalCost(input)), node.cost);
}

function printCost(node: PhysicalNode): string {
  const { rows, cpu, io, network, memory } = totalCost(node);
  const [r, c, i, n, m] = [rows, cpu, io, network, memory].map(printDouble);
  const count = printDouble(node.traits.size.rows);
  return `rowcount = ${count}, cumulative cost = {${r} rows, ${c} cpu, ${i} io, ${n} network, ${m} memory}`;
}

/** As Java prints a double: 1500000.0, 1.0E8. */
export function printDouble(value: number): string {
  if (value !== 0 && (Math.abs(value) >= 1e7 || Math.abs(value) < 1e-3)) {
    const [mantissa, exponent] = value.toExponential().split('e') as [string, string];
    return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${Number(exponent)}`;
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

function printDecisions(plan: PhysicalPlan, modeReason: string): string {
  const lines = [`mode: ${plan.context.profile.mode}: ${modeReason}`];
  const seen = new Set<PhysicalNode>();
  const visit = (node: PhysicalNode): void => {
    if (seen.has(node)) return;
    seen.add(node);
    for (const input of node.inputs) visit(input);
    if (node.reason === null) return;
    const { name, items } = node.describe('infix');
    const about = items.find(([key]) => key === 'where' || key === 'groupBy');
    lines.push(`${name}${about === undefined ? '' : `(${about[0]}=${about[1]})`}: ${node.reason}`);
  };
  for (const root of plan.roots) visit(root);
  return lines.join('\n');
}
