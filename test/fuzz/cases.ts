/**
 * What a fuzz case consists of, as JSON: small tables with histories of changes, and a query as a tree. A column is
 * referred to by its type and a number that is taken modulo the columns of that type, so that whatever a shrinker cuts
 * off, the rest is still a query.
 */
import type { Json } from '../../src/types/json.ts';

export type FuzzType = 'INT' | 'BIGINT' | 'STRING' | 'DECIMAL' | 'DOUBLE' | 'BOOLEAN' | 'DATE';

export const FUZZ_TYPES: readonly FuzzType[] = ['INT', 'BIGINT', 'STRING', 'DECIMAL', 'DOUBLE', 'BOOLEAN', 'DATE'];

export type FuzzChange = readonly [kind: '+I' | '-U' | '+U' | '-D', row: readonly Json[]];

/** I: only inserts. RETRACT: I,UB,UA,D. UPSERT: I,UA,D, with a key. */
export type FuzzMode = 'I' | 'RETRACT' | 'UPSERT';

export interface FuzzTable {
  readonly name: string;
  readonly types: readonly FuzzType[];
  /** The first column is the primary key. */
  readonly keyed: boolean;
  readonly mode: FuzzMode;
  /** Values from a wide range: most keys are few rows, and tables are larger than the least memory. */
  readonly wide?: boolean;
  readonly changes: readonly FuzzChange[];
}

export type FuzzExpr =
  | { readonly e: 'column'; readonly type: FuzzType; readonly n: number }
  | { readonly e: 'literal'; readonly type: FuzzType; readonly value: Json }
  | { readonly e: 'call'; readonly type: FuzzType; readonly fn: string; readonly args: readonly FuzzExpr[] };

export type FuzzAggregate = {
  readonly fn: 'COUNT(*)' | 'COUNT' | 'SUM' | 'MIN' | 'MAX' | 'AVG';
  readonly distinct: boolean;
  readonly arg: FuzzExpr;
  readonly filter: FuzzExpr | null;
};

/** Pairs of columns of the left and the right side that must be equal, and a condition over both. */
export interface FuzzCondition {
  readonly equal: readonly (readonly [type: FuzzType, left: number, right: number])[];
  readonly rest: FuzzExpr | null;
}

export type FuzzRelation =
  | { readonly r: 'table'; readonly n: number }
  | { readonly r: 'filter'; readonly input: FuzzRelation; readonly where: FuzzExpr }
  | { readonly r: 'project'; readonly input: FuzzRelation; readonly items: readonly FuzzExpr[] }
  | { readonly r: 'distinct'; readonly input: FuzzRelation }
  | {
      readonly r: 'join';
      readonly type: 'INNER' | 'LEFT' | 'RIGHT' | 'FULL';
      readonly left: FuzzRelation;
      readonly right: FuzzRelation;
      readonly on: FuzzCondition;
    }
  | {
      readonly r: 'exists';
      readonly negated: boolean;
      readonly left: FuzzRelation;
      readonly right: FuzzRelation;
      readonly on: FuzzCondition;
    }
  | {
      readonly r: 'in';
      readonly negated: boolean;
      readonly operand: FuzzExpr;
      readonly left: FuzzRelation;
      readonly right: FuzzRelation;
    }
  | {
      /** left WHERE operand op (SELECT fn(column) FROM right [WHERE correlated]) */
      readonly r: 'scalar';
      readonly op: string;
      readonly operand: FuzzExpr;
      readonly fn: 'MAX' | 'MIN' | 'SUM' | 'COUNT';
      readonly left: FuzzRelation;
      readonly right: FuzzRelation;
      /** Empty: not correlated. */
      readonly on: FuzzCondition;
    }
  | {
      /** Inner joins of several relations with commas, each joined to one before it. */
      readonly r: 'chain';
      readonly left: FuzzRelation;
      readonly right: FuzzRelation;
      readonly third: FuzzRelation;
      readonly on: FuzzCondition;
      readonly thirdOn: FuzzCondition;
      readonly where: FuzzExpr | null;
    }
  | {
      /** A WITH item that is read twice. */
      readonly r: 'self';
      readonly input: FuzzRelation;
      readonly type: 'INNER' | 'LEFT' | 'FULL' | 'UNION ALL';
      readonly on: FuzzCondition;
    }
  | {
      /** A column more: a subquery in the SELECT list. */
      readonly r: 'value';
      readonly fn: 'MAX' | 'COUNT' | 'IN' | 'EXISTS' | 'NOT EXISTS';
      readonly operand: FuzzExpr;
      readonly left: FuzzRelation;
      readonly right: FuzzRelation;
      readonly on: FuzzCondition;
    }
  | {
      /** A subquery under OR. */
      readonly r: 'or';
      readonly where: FuzzExpr;
      readonly negated: boolean;
      readonly operand: FuzzExpr | null;
      readonly left: FuzzRelation;
      readonly right: FuzzRelation;
      readonly on: FuzzCondition;
    }
  | {
      readonly r: 'aggregate';
      readonly input: FuzzRelation;
      /** Empty: a global aggregate. */
      readonly keys: readonly FuzzExpr[];
      readonly aggregates: readonly FuzzAggregate[];
      readonly having: boolean;
      readonly sets: 'plain' | 'ROLLUP' | 'CUBE';
    }
  | {
      readonly r: 'set';
      readonly op: 'UNION' | 'INTERSECT' | 'EXCEPT';
      readonly all: boolean;
      readonly left: FuzzRelation;
      readonly right: FuzzRelation;
      readonly types: readonly FuzzType[];
    }
  | {
      /** Ordered by all columns, so that equal places are equal rows. */
      readonly r: 'top';
      readonly input: FuzzRelation;
      readonly partition: readonly FuzzExpr[];
      readonly descending: number;
      readonly from: number;
      readonly to: number;
      readonly rank: boolean;
    }
  | {
      readonly r: 'limit';
      readonly input: FuzzRelation;
      readonly descending: number;
      readonly limit: number;
      readonly offset: number;
    };

export interface FuzzCase {
  readonly seed: number;
  /** Why it is kept; of regressions. */
  readonly about?: string;
  readonly tables: readonly FuzzTable[];
  readonly query: FuzzRelation;
}

/** Relations that a relation reads. */
export function inputsOf(relation: FuzzRelation): readonly FuzzRelation[] {
  if ('input' in relation) return [relation.input];
  if (relation.r === 'chain') return [relation.left, relation.right, relation.third];
  if ('left' in relation) return [relation.left, relation.right];
  return [];
}
