/** The part of EXPLAIN that shows what would run: operators, and the tasks that they make, both modes side by side. */
import { EngineError } from '../base/errors.ts';
import type { JobGraph } from '../graph/job-graph.ts';
import { printStreamGraph, printTasks, sideBySide } from '../graph/print-graph.ts';
import type { Transformation } from '../graph/transformation.ts';

export interface PlannedGraph {
  readonly roots: readonly Transformation[];
  readonly graph: JobGraph;
}

const MODES = ['STREAMING', 'BATCH'] as const;

/**
 * @param plan throws an EngineError for a mode that the job cannot have: that is shown in its place
 * @param parallelism `parallelism.default`
 */
export function explainModes(plan: (mode: (typeof MODES)[number]) => PlannedGraph, parallelism: number): string {
  const planned = MODES.map((title) => ({ title, ...attempt(() => plan(title)) }));
  const columns = (print: (planned: PlannedGraph) => readonly string[]) =>
    planned.map(({ title, graphs, refusal }) => ({ title, lines: graphs === null ? refusal : print(graphs) }));
  const operators = columns(({ roots }) => printStreamGraph(roots, parallelism));
  const [first] = operators;
  const same = operators.every(({ lines }) => lines.join('\n') === first?.lines.join('\n'));
  return [
    section('Stream Graph', same ? first!.lines.join('\n') : sideBySide(operators)),
    section('Tasks', sideBySide(columns(({ graph }) => printTasks(graph)))),
  ].join('\n');
}

function attempt(plan: () => PlannedGraph): {
  readonly graphs: PlannedGraph | null;
  readonly refusal: readonly string[];
} {
  try {
    return { graphs: plan(), refusal: [] };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return { graphs: null, refusal: ['not possible:', ...wrap(error.message)] };
  }
}

const WIDTH = 56;

function wrap(text: string): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + word.length > WIDTH) lines.push(`  ${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

export function section(title: string, body: string): string {
  return `== ${title} ==\n${body}\n`;
}
