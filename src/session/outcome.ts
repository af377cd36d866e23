import type { EngineError } from '../base/errors.ts';
import type { Schema } from '../types/schema.ts';
import type { Change, Row } from './changelog-view.ts';

/** What one mode made of a query. */
export interface Outcome {
  readonly schema: Schema | null;
  readonly changes: readonly Change[];
  readonly rows: readonly Row[];
  readonly counters: Readonly<Record<string, number>>;
  readonly error: EngineError | null;
}
