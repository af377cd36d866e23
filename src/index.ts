/** Weir as a library: Flink SQL, run as BATCH or as STREAMING, in this process. */

import { type Comparison, compareScript } from './session/compare.ts';
import { createTableEnvironment } from './session/create.ts';
import type { TableEnvironmentOptions } from './session/table-environment.ts';

export { ERROR_CODES, type ErrorCode } from './base/error-codes.ts';
export { EngineError, type ErrorDetail, type Span } from './base/errors.ts';
export type { File, FileStatus, FileSystem } from './base/fs.ts';
export { renderError } from './base/source-text.ts';
export { VERSION } from './base/version.ts';
export type { ArrowTable } from './columnar/arrow/to-arrow.ts';
export type { JobResult } from './runtime/job-master.ts';
export { ChangelogView, materialize } from './session/changelog-view.ts';
export type { Comparison, Difference } from './session/compare.ts';
export { type Rows, TableEnvironment, type TableEnvironmentOptions } from './session/table-environment.ts';
export { type ChangelogRow, type ResultKind, type RunningJob, TableResult } from './session/table-result.ts';
export type { DataType, Field } from './types/data-type.ts';
export { ROW_KIND_SHORT, RowKind, type RowKindShort } from './types/row-kind.ts';
export type { Schema } from './types/schema.ts';
export type { Value } from './types/value.ts';

/** A session with its own catalogs, options and memory. */
export function create(options: TableEnvironmentOptions = {}) {
  return createTableEnvironment(options);
}

/**
 * Runs every query of the script in both modes and compares what comes out.
 *
 * @param options as for `create`; the mode is set by the comparison
 */
export function compare(script: string, options: TableEnvironmentOptions = {}): AsyncGenerator<Comparison> {
  return compareScript(script, (mode) =>
    createTableEnvironment({ ...options, configuration: { ...options.configuration, ...mode } }),
  );
}
