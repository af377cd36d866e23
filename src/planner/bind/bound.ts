/** What a statement is once it is bound. */

import type { ExplainDetail } from '../../sql/ast.ts';
import type { LogicalPlan, SinkNode } from '../logical.ts';
import type { Operation } from './operation.ts';

export type BoundStatement = BoundQuery | BoundInsert | BoundOperation | BoundExplain;

/** SELECT: column names are the plan's, unique. */
export interface BoundQuery {
  readonly kind: 'query';
  readonly plan: LogicalPlan;
}

/** INSERT, STATEMENT SET: one sink each; common inputs are the same object. */
export interface BoundInsert {
  readonly kind: 'insert';
  readonly sinks: readonly SinkNode[];
}

/** DDL and session statements. `insert` is that of CREATE TABLE … AS, to be run once the table is made. */
export interface BoundOperation {
  readonly kind: 'operation';
  readonly operation: Operation;
  readonly insert: BoundInsert | null;
}

export interface BoundExplain {
  readonly kind: 'explain';
  readonly details: readonly (ExplainDetail | 'RULES')[];
  readonly statement: BoundStatement;
}
