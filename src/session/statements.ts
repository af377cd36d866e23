/** Executes one parsed statement: sends it to the session, the catalog, or through the planner to a job. */
import { EngineError, notSupported } from '../base/errors.ts';
import { PRINT_CHANNELS } from '../connectors/print/print.ts';
import type { ModeProfile } from '../dataflow/traits.ts';
import type { BoundExplain, BoundInsert, BoundQuery, BoundStatement } from '../planner/bind/bound.ts';
import type { Insert, Statement, StatementSet } from '../sql/ast.ts';
import { BIGINT } from '../types/data-type.ts';
import { RowKind } from '../types/row-kind.ts';
import { type Schema, schemaOf } from '../types/schema.ts';
import { type Arrival, scheduled } from './arrival.ts';
import { carryOut } from './catalog-operations.ts';
import { type Change, ChangelogView } from './changelog-view.ts';
import { bindStatement, explainJob, planJob } from './planning.ts';
import { admitJob, currentSubmission } from './program/submission.ts';
import { ResultQueue } from './result-queue.ts';
import { type JobCallbacks, jobGraphOf, runningProgram, startJob } from './run-job.ts';
import type { Session } from './session.ts';
import { runSessionStatement } from './session-statements.ts';
import { okResult, type RunningJob, TableResult, textResult } from './table-result.ts';

export interface ExecuteOptions {
  /** Cancels the jobs of the statement. */
  readonly signal?: AbortSignal | undefined;
  /** The order in which rows of `values` tables arrive when the job runs as a stream. */
  readonly arrival?: Arrival | null | undefined;
}

/** @param text that the statement's spans point into */
export async function executeStatement(
  session: Session,
  statement: Statement,
  text: string,
  options: ExecuteOptions = {},
): Promise<TableResult> {
  const held = holdInStatementSet(session, statement);
  if (held === 'held') return okResult();
  const effective = held ?? statement;
  const result = await runSessionStatement(session, effective);
  if (result !== null) return result;
  const bound = bindStatement(effective, session.bindContext(text));
  return executeBound(session, bound, options);
}

async function executeBound(session: Session, bound: BoundStatement, options: ExecuteOptions): Promise<TableResult> {
  switch (bound.kind) {
    case 'query':
      return executeQuery(session, bound, options);
    case 'insert':
      return executeInsert(session, bound, options);
    case 'explain':
      return textResult(explain(session, bound));
    case 'operation': {
      const { operation, insert } = bound;
      if (operation.kind === 'session') {
        throw notSupported(operation.statement.kind.replaceAll('-', ' ').toUpperCase(), operation.statement.span);
      }
      carryOut(session, operation);
      return insert === null ? okResult() : executeInsert(session, insert, options);
    }
  }
}

function explain(session: Session, { statement, details }: BoundExplain): string {
  if (statement.kind === 'query' || statement.kind === 'insert') {
    return explainJob(session, statement, details);
  }
  if (statement.kind === 'operation' && statement.insert !== null) {
    return explainJob(session, statement.insert, details);
  }
  throw notSupported('EXPLAIN of a statement that runs no query');
}

async function executeQuery(session: Session, bound: BoundQuery, options: ExecuteOptions): Promise<TableResult> {
  const { roots, profile, registry } = planJob(session, bound);
  if (isSkipped(session, bound)) return okResult();
  const program = await runningProgram(session, registry);
  const queue = new ResultQueue<Change>(() => job.cancel());
  const graph = jobGraphOf(session, 'collect', roots, profile);
  const job = startJob(session, graph, {
    ...callbacksOf(session, options, profile),
    program,
    deliver: (_channel, changes) => queue.push(changes),
    throttle: () => queue.throttle(),
  });
  job.result.then(
    () => queue.end(),
    (error: unknown) => queue.fail(error),
  );
  return new TableResult({
    kind: 'SUCCESS_WITH_CONTENT',
    schema: bound.plan.schema,
    mode: profile.mode,
    isChangelog: profile.scheduling === 'all-at-once',
    changes: profile.atEnd === 'finish' ? queue : foldedAtEnd(queue, bound.plan.schema),
    job,
  });
}

/** What the operators of another mode give and take back comes to rows, as the mode has them. */
async function* foldedAtEnd(
  changes: AsyncIterable<readonly Change[]>,
  { fields }: Schema,
): AsyncGenerator<readonly Change[]> {
  const view = new ChangelogView(
    fields.map(({ type }) => type),
    null,
  );
  for await (const piece of changes) for (const change of piece) view.apply(change);
  yield view.rows().map((row) => ({ kind: RowKind.INSERT, row }));
}

async function executeInsert(session: Session, bound: BoundInsert, options: ExecuteOptions): Promise<TableResult> {
  const { roots, profile, registry } = planJob(session, bound);
  if (isSkipped(session, bound)) return okResult();
  const program = await runningProgram(session, registry);
  const sinks = bound.sinks.map(({ path }) => path.join('.'));
  const columns = new Map<string, Schema>(bound.sinks.map(({ spec }) => [spec.table, spec.schema]));
  const graph = jobGraphOf(session, `insert-into_${sinks.join(',')}`, roots, profile);
  const job = startJob(session, graph, {
    ...callbacksOf(session, options, profile),
    program,
    deliver: (table, changes) => {
      if (table === PRINT_CHANNELS.stdout || table === PRINT_CHANNELS.stderr) {
        for (const { row } of changes) session.onPrint(table, String(row[0]));
        return;
      }
      const schema = columns.get(table) ?? schemaOf([]);
      session.onSinkChanges({ table, schema, mode: profile.mode, changes });
    },
  });
  if (session.configuration.boolean('table.dml-sync')) await job.result;
  return new TableResult({
    kind: 'SUCCESS_WITH_CONTENT',
    schema: schemaOf(sinks.map((name) => ({ name, type: BIGINT }))),
    mode: null,
    isChangelog: false,
    changes: affectedRows(job, sinks.length),
    job,
    sinks,
  });
}

/** In a program that is only looked at, no query runs. */
function isSkipped(session: Session, bound: BoundQuery | BoundInsert): boolean {
  return admitJob(currentSubmission(), { registry: null, explain: () => explainJob(session, bound, []) }) === 'skip';
}

function callbacksOf(session: Session, options: ExecuteOptions, profile: ModeProfile): Omit<JobCallbacks, 'deliver'> {
  const { signal, arrival } = options;
  const streams = profile.scheduling === 'all-at-once';
  return { signal, ...(arrival && streams ? scheduled(arrival, session.collections) : {}) };
}

/** As in Flink, the number of rows that an INSERT wrote is not known: -1 for each sink, when the job has ended. */
async function* affectedRows(job: RunningJob, sinks: number): AsyncGenerator<readonly Change[]> {
  await job.result;
  yield [{ kind: RowKind.INSERT, row: new Array<bigint>(sinks).fill(-1n) }];
}

/** BEGIN STATEMENT SET … END: INSERTs in between are kept. @returns what to execute instead, if anything */
function holdInStatementSet(session: Session, statement: Statement): 'held' | StatementSet | null {
  if (statement.kind === 'begin-statement-set') {
    if (session.statementSet !== null) {
      throw new EngineError('SQL-STATEMENT-SET', 'BEGIN STATEMENT SET inside a statement set', {
        span: statement.span,
      });
    }
    session.statementSet = [];
    return 'held';
  }
  if (statement.kind === 'end-statement-set') {
    const inserts = session.statementSet;
    session.statementSet = null;
    if (inserts === null) {
      throw new EngineError('SQL-STATEMENT-SET', 'END without BEGIN STATEMENT SET', { span: statement.span });
    }
    return inserts.length === 0 ? 'held' : statementSetOf(inserts);
  }
  if (session.statementSet === null) return null;
  if (statement.kind !== 'insert') {
    throw new EngineError('SQL-STATEMENT-SET', 'only INSERT statements are allowed in a statement set', {
      span: statement.span,
      hint: 'close it with END',
    });
  }
  session.statementSet.push(statement);
  return 'held';
}

function statementSetOf(inserts: readonly Insert[]): StatementSet {
  return { kind: 'statement-set', span: (inserts[0] as Insert).span, inserts };
}
