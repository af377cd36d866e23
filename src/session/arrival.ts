/**
 * The comment `-- arrival: a b a` of a script: the one order in which the rows of its `values` tables arrive when a
 * query runs as a stream, each worked off before the next. Afterwards the tables end in the order in which they were
 * created.
 */
import { ARRIVAL_SCHEDULE, ArrivalSchedule } from '../connectors/index.ts';
import type { PartialScript } from '../sql/ast.ts';
import type { JobCallbacks } from './run-job.ts';

export interface Arrival {
  /** The table of each row. */
  readonly rows: readonly string[];
  /** Tables in order of their creation. */
  readonly tables: readonly string[];
}

/** @returns null for a script that says nothing of arrival */
export function arrivalOf(script: PartialScript): Arrival | null {
  const lines = script.comments.flatMap(({ text }) => /^(?:--)?\s*arrival:\s*(.*)$/i.exec(text.trim())?.[1] ?? []);
  if (lines.length === 0) return null;
  const rows = lines.flatMap((line) => line.split(/\s+/)).filter((name) => name !== '');
  const created = script.statements.flatMap((statement) =>
    statement.kind === 'create-table' ? [statement.name.parts.at(-1)!.name] : [],
  );
  return { rows, tables: created };
}

/** What a job needs so that its tables keep to the order; a schedule is used once. */
export function scheduled(
  arrival: Arrival,
  collections: ReadonlyMap<string, unknown>,
): Pick<JobCallbacks, 'collections' | 'onDrained'> {
  const schedule = new ArrivalSchedule(arrival.rows, arrival.tables);
  return {
    collections: new Map([...collections, [ARRIVAL_SCHEDULE, schedule]]),
    onDrained: () => schedule.advance(),
  };
}
