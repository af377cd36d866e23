/** Where an error has no place of its own, the statement that failed is it: planning and running know no text. */
import { EngineError, type Span } from '../base/errors.ts';
import { TableResult } from './table-result.ts';

/** Runs the statement at `span`; what it and its job throw have a place in the text. */
export async function withPlace(span: Span, execute: () => Promise<TableResult>): Promise<TableResult> {
  try {
    return placedResult(await execute(), span);
  } catch (error) {
    throw placed(error, span);
  }
}

function placed(error: unknown, span: Span): unknown {
  if (!(error instanceof EngineError) || error.detail.span !== undefined) return error;
  const withSpan = new EngineError(error.code, error.message, { ...error.detail, span });
  if (error.stack !== undefined) withSpan.stack = error.stack;
  return withSpan;
}

function placedResult(result: TableResult, span: Span): TableResult {
  const { job } = result;
  if (job === null) return result;
  const ended = job.result.catch((error: unknown) => {
    throw placed(error, span);
  });
  ended.catch(() => undefined);
  return new TableResult({ ...result, job: { ...job, result: ended }, changes: placedChanges(result, span) });
}

async function* placedChanges(result: TableResult, span: Span): ReturnType<TableResult['batches']> {
  try {
    yield* result.batches();
  } catch (error) {
    throw placed(error, span);
  }
}
