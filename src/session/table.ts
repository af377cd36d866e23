/** A query that has not run: it can be read, named, asked for its columns, made a stream. Flink: Table. */
import type { BoundQuery } from '../planner/bind/bound.ts';
import type { Schema } from '../types/schema.ts';
import type { TableResult } from './table-result.ts';

export class Table {
  readonly query: string;
  readonly bound: BoundQuery;
  readonly #execute: (query: string) => Promise<TableResult>;

  /** @param execute runs the text of a query */
  constructor(query: string, bound: BoundQuery, execute: (query: string) => Promise<TableResult>) {
    this.query = query;
    this.bound = bound;
    this.#execute = execute;
  }

  getResolvedSchema(): Schema {
    return this.bound.plan.schema;
  }

  /** Runs the query by itself. */
  execute(): Promise<TableResult> {
    return this.#execute(this.query);
  }
}
