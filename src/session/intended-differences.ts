/**
 * Why the modes may differ on purpose. Each reason is a row of this table: its name, and how it is recognised in the
 * query and in what came out. Source: Flink's documentation of determinism, late data and state TTL.
 */
import type { Configuration } from '../base/config.ts';
import { functions } from '../expr/functions/index.ts';
import type { QueryStatement } from '../sql/ast.ts';
import { printType } from '../types/print.ts';
import { takesBackUnknownRows } from './fold-tables.ts';
import type { Outcome } from './outcome.ts';
import type { Session } from './session.ts';

interface Observation {
  /** Syntax trees of the query and of the views that it may read. */
  readonly query: readonly unknown[];
  readonly streaming: Outcome;
  readonly batch: Outcome;
  readonly configuration: Configuration;
  /** Names of all functions that the query calls. */
  readonly functions: ReadonlySet<string>;
  /** A table takes back a row that it never had. */
  readonly unknownRows: boolean;
}

interface Reason {
  readonly name: string;
  readonly applies: (observation: Observation) => boolean;
}

const DYNAMIC = [
  ...[
    'NOW',
    'CURRENT_TIMESTAMP',
    'CURRENT_ROW_TIMESTAMP',
    'CURRENT_DATE',
    'CURRENT_TIME',
    'LOCALTIME',
    'LOCALTIMESTAMP',
  ],
  ...['PROCTIME', 'UNIX_TIMESTAMP', 'RAND', 'RAND_INTEGER', 'UUID'],
];
const ORDER_SENSITIVE = [
  'FIRST_VALUE',
  'LAST_VALUE',
  'LISTAGG',
  'ARRAY_AGG',
  'COLLECT',
  'JSON_ARRAYAGG',
  'JSON_OBJECTAGG',
];
/** Codes of errors that say that a mode does not run the query, rather than that it went wrong. */
const REFUSALS = /^(PLAN-|MODE-|NOT-SUPPORTED|SQL-)/;

const REASONS: readonly Reason[] = [
  { name: 'refused in BATCH', applies: ({ batch, streaming }) => streaming.error === null && isRefusal(batch) },
  { name: 'refused in STREAMING', applies: ({ batch, streaming }) => batch.error === null && isRefusal(streaming) },
  {
    name: 'global aggregate over nothing: STREAMING emits no row',
    applies: ({ query, streaming, batch }) =>
      streaming.rows.length < batch.rows.length && contains(query, (node) => isGlobalAggregate(node)),
  },
  { name: 'late rows are dropped in STREAMING', applies: ({ streaming }) => lateRows(streaming) > 0 },
  {
    name: 'state TTL',
    applies: ({ query, configuration }) =>
      configuration.duration('table.exec.state.ttl') > 0 ||
      contains(query, (node) => node.kind === 'hint' && nameOf(node.name) === 'STATE_TTL'),
  },
  {
    name: 'functions of the current time are evaluated per row in STREAMING, once in BATCH',
    applies: ({ functions }) => DYNAMIC.some((name) => functions.has(name)),
  },
  {
    name: 'processing time',
    applies: ({ streaming }) =>
      streaming.schema?.fields.some(({ type }) => printType(type).includes('PROCTIME')) === true,
  },
  {
    name: 'aggregates that depend on the order of arrival',
    applies: (seen) => sameCount(seen) && ORDER_SENSITIVE.some((name) => seen.functions.has(name)),
  },
  {
    name: 'LIMIT without a complete ORDER BY',
    applies: (seen) =>
      sameCount(seen) && contains(seen.query, (node) => node.kind === 'query' && node.limit !== undefined),
  },
  {
    name: 'ties in ROW_NUMBER',
    // What is grouped above it may be more groups or fewer.
    applies: (seen) =>
      seen.functions.has('ROW_NUMBER') &&
      (sameCount(seen) || contains(seen.query, (node) => node.groupBy !== undefined)),
  },
  { name: 'rows are taken back that never came', applies: ({ unknownRows }) => unknownRows },
];

/** The name of the first reason that applies, or null. */
export function intendedDifference(
  query: QueryStatement,
  streaming: Outcome,
  batch: Outcome,
  session: Session,
): string | null {
  const trees = [query, ...viewsOf(session)];
  const called = new Set<string>();
  contains(trees, (node) => {
    if (node.kind === 'call') called.add(nameOf(node.name));
    return false;
  });
  const unknownRows = takesBackUnknownRows(session);
  const { configuration } = session;
  const observation = { query: trees, streaming, batch, configuration, functions: called, unknownRows };
  return REASONS.find(({ applies }) => applies(observation))?.name ?? null;
}

function viewsOf({ catalogs }: Session): unknown[] {
  return catalogs.listCatalogs().flatMap((catalog) =>
    catalogs
      .catalog(catalog)
      .listDatabases()
      .flatMap((database) =>
        catalogs.listViews([catalog, database]).map((name) => {
          const view = catalogs.find([catalog, database, name])?.table;
          return view?.kind === 'view' ? view.query.syntax : null;
        }),
      ),
  );
}

/** Which rows are chosen may differ, not how many. */
function sameCount({ streaming, batch }: Observation): boolean {
  return streaming.rows.length === batch.rows.length;
}

function isRefusal({ error }: Outcome): boolean {
  return error !== null && REFUSALS.test(error.code);
}

function lateRows({ counters }: Outcome): number {
  return Object.entries(counters).reduce((sum, [name, count]) => (/late/i.test(name) ? sum + count : sum), 0);
}

/** A node of the syntax tree, which is plain data. */
type SyntaxNode = { readonly [key: string]: unknown };

/** Does the predicate hold for any node of the tree? */
function contains(tree: unknown, predicate: (node: SyntaxNode) => boolean): boolean {
  if (typeof tree !== 'object' || tree === null) return false;
  if (Array.isArray(tree)) return tree.some((element) => contains(element, predicate));
  const node = tree as SyntaxNode;
  return predicate(node) || Object.values(node).some((value) => contains(value, predicate));
}

function isGlobalAggregate(node: SyntaxNode): boolean {
  return node.kind === 'select' && node.groupBy === undefined && contains(node.items, isAggregateCall);
}

function isAggregateCall(node: SyntaxNode): boolean {
  return node.kind === 'call' && node.over === undefined && functions.aggregate(nameOf(node.name)) !== undefined;
}

/** Of an identifier or a qualified name, the last part in capitals. */
function nameOf(name: unknown): string {
  if (typeof name === 'string') return name.toUpperCase();
  if (typeof name !== 'object' || name === null) return '';
  const { parts, name: own } = name as { readonly parts?: readonly unknown[]; readonly name?: unknown };
  return parts === undefined ? nameOf(own) : nameOf(parts.at(-1));
}
