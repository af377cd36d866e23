/** Where the operators and connectors of a job are found: those of a program by their functions. */
import type { ProgramRegistry } from '../../dataflow/functions/stream-operator.ts';
import { programConnector } from '../../datastream/connectors.ts';
import { recordsToRows } from '../../datastream/table/records-to-rows.ts';
import { rowsToRecords } from '../../datastream/table/rows-to-records.ts';
import { streamOperators } from '../../operators/stream/index.ts';
import type { RuntimeEnvironment } from '../../runtime/environment.ts';
import type { KeyedStateBackendFactory } from '../../state/keyed/backend.ts';

export interface RunningProgram {
  readonly registry: ProgramRegistry;
  readonly stateBackend: KeyedStateBackendFactory;
  /** From which workers load the program again; null: they cannot. */
  readonly reference: ProgramReference | null;
}

/** How another thread finds the functions of a job: plain data. */
export interface ProgramReference {
  readonly file: string;
  /** Which of the jobs that the program runs, from 0. */
  readonly job: number;
  /** Keeps this load apart from earlier ones in the same thread. */
  readonly load: string;
  /** What the command line said. */
  readonly configuration: Readonly<Record<string, string>>;
}

type Implementations = Pick<RuntimeEnvironment, 'operator' | 'connector'>;

/** @param others of the queries that the program is made of, too */
export function programImplementations(
  { registry, stateBackend }: Pick<RunningProgram, 'registry' | 'stateBackend'>,
  others: Implementations,
): Implementations & Pick<RuntimeEnvironment, 'program'> {
  const ofPrograms = [streamOperators(registry, stateBackend), recordsToRows, rowsToRecords];
  return {
    operator: (kind) => ofPrograms.find((factory) => factory.kind === kind) ?? others.operator(kind),
    connector: (name) => programConnector(name, registry) ?? others.connector(name),
    program: registry,
  };
}
