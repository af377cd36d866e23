/** Prints statements. */
import { unreachable } from '../base/assert.ts';
import type {
  AlterMaterializedTableAction,
  AlterTable,
  Constraint,
  CreateFunction,
  CreateMaterializedTable,
  CreateTable,
  Distribution,
  Expr,
  Identifier,
  LikeClause,
  Merge,
  Option,
  PartitionValue,
  QualifiedName,
  Show,
  Statement,
  TableElement,
} from './ast.ts';
import { type Printer, words } from './print-query.ts';

/** Includes the parts that only statements have (columns, options, constraints). */
export function printStatement(
  node: Statement | TableElement | Distribution | LikeClause | Option,
  p: Printer,
): string {
  switch (node.kind) {
    case 'query-statement':
      return p.node(node.query);
    case 'insert':
      return words(
        node.overwrite ? 'INSERT OVERWRITE' : 'INSERT INTO',
        p.node(node.table),
        p.hints(node.hints),
        node.partition && partition(node.partition, p),
        node.columns && p.columns(node.columns),
        p.node(node.query),
        node.onConflict && `ON CONFLICT DO ${node.onConflict}`,
      );
    case 'statement-set':
      return `EXECUTE ${statementSet(node.inserts, p)}`;
    case 'begin-statement-set':
      return 'BEGIN STATEMENT SET';
    case 'end-statement-set':
      return 'END';
    case 'update':
      return words(
        `UPDATE ${p.node(node.table)}`,
        alias(node.alias, p),
        `SET ${assignments(node.assignments, p)}`,
        where(node.where, p),
      );
    case 'delete':
      return words(`DELETE FROM ${p.node(node.table)}`, alias(node.alias, p), where(node.where, p));
    case 'merge':
      return merge(node, p);
    case 'truncate':
      return `TRUNCATE TABLE ${p.node(node.table)}`;
    case 'explain':
      return explain(node.details, node.statement, p);
    case 'describe': {
      const what = node.what === 'TABLE' ? undefined : node.what;
      const job = node.jobId === undefined ? undefined : p.string(node.jobId);
      return words('DESCRIBE', what, node.extended && 'EXTENDED', node.name && p.node(node.name), job);
    }
    case 'show':
      return show(node, p);
    case 'show-create':
      return words('SHOW CREATE', node.orAlter && 'OR ALTER', node.what, p.node(node.name));
    case 'show-current':
      return `SHOW CURRENT ${node.what}`;
    case 'use':
      return words('USE', node.what !== 'DATABASE' && node.what, p.list(node.names));
    case 'set':
      return node.key === undefined ? 'SET' : `SET ${p.string(node.key)} = ${p.string(node.value ?? '')}`;
    case 'reset':
      return words('RESET', node.key && p.string(node.key));
    case 'load-module':
      return words(`LOAD MODULE ${p.node(node.name)}`, withOptions(node.options, p));
    case 'unload-module':
      return `UNLOAD MODULE ${p.node(node.name)}`;
    case 'add-jar':
      return `ADD JAR ${p.string(node.path)}`;
    case 'remove-jar':
      return `REMOVE JAR ${p.string(node.path)}`;
    case 'analyze': {
      const columns =
        node.columns === 'ALL' ? 'FOR ALL COLUMNS' : node.columns && `FOR COLUMNS ${p.list(node.columns)}`;
      const part = node.partition && partition(node.partition, p);
      return words(`ANALYZE TABLE ${p.node(node.table)}`, part, 'COMPUTE STATISTICS', columns);
    }
    case 'call-procedure':
      return `CALL ${p.node(node.call)}`;
    case 'compile-plan':
      return words(
        node.execute ? 'COMPILE AND EXECUTE PLAN' : 'COMPILE PLAN',
        p.string(node.path),
        node.ifNotExists && 'IF NOT EXISTS',
        `FOR ${node.statement.kind === 'insert' ? p.node(node.statement) : statementSet(node.statement.inserts, p)}`,
      );
    case 'execute-plan':
      return `EXECUTE PLAN ${p.string(node.path)}`;
    case 'stop-job':
      return words(`STOP JOB ${p.string(node.jobId)}`, node.savepoint && 'WITH SAVEPOINT', node.drain && 'WITH DRAIN');
    default:
      return printDefinition(node, p);
  }
}

type Definition = Exclude<Parameters<typeof printStatement>[0], { kind: 'query-statement' }>;

function printDefinition(node: Definition, p: Printer): string {
  switch (node.kind) {
    case 'create-table':
      return createTable(node, p);
    case 'create-materialized-table':
      return createMaterializedTable(node, p);
    case 'create-view': {
      const columns = node.columns?.map((each) => words(p.node(each.name), comment(each.comment, p))).join(', ');
      return words(
        'CREATE',
        node.temporary && 'TEMPORARY',
        'VIEW',
        node.ifNotExists && 'IF NOT EXISTS',
        p.node(node.name),
        columns && `(${columns})`,
        comment(node.comment, p),
        `AS ${p.node(node.query)}`,
      );
    }
    case 'create-catalog':
    case 'create-database':
    case 'create-connection':
      return words(
        'CREATE',
        node.kind === 'create-connection' && scope(node),
        node.kind.slice('create-'.length).toUpperCase(),
        node.ifNotExists && 'IF NOT EXISTS',
        p.node(node.name),
        comment(node.comment, p),
        withOptions(node.options, p),
      );
    case 'create-function':
      return createFunction(node, p);
    case 'create-model':
      return words(
        'CREATE',
        node.temporary && 'TEMPORARY',
        'MODEL',
        node.ifNotExists && 'IF NOT EXISTS',
        p.node(node.name),
        node.input.length > 0 && `INPUT (${p.list(node.input)})`,
        node.output.length > 0 && `OUTPUT (${p.list(node.output)})`,
        comment(node.comment, p),
        withOptions(node.options, p),
        node.as && `AS ${p.node(node.as)}`,
      );
    case 'alter-table':
      return words('ALTER TABLE', node.ifExists && 'IF EXISTS', p.node(node.name), alterAction(node.action, p));
    case 'alter-materialized-table':
      return words('ALTER MATERIALIZED TABLE', p.node(node.name), alterAction(node.action, p));
    case 'alter-view': {
      const action = node.renameTo ? `RENAME TO ${p.node(node.renameTo)}` : node.query && `AS ${p.node(node.query)}`;
      return words(`ALTER VIEW ${p.node(node.name)}`, action);
    }
    case 'alter-catalog': {
      const { action } = node;
      const text = action.type === 'comment' ? comment(action.comment, p) : alterAction(action, p);
      return words(`ALTER CATALOG ${p.node(node.name)}`, text);
    }
    case 'alter-database':
      return `ALTER DATABASE ${p.node(node.name)} SET (${p.list(node.options)})`;
    case 'alter-function':
      return words(
        'ALTER',
        scope(node),
        'FUNCTION',
        node.ifExists && 'IF EXISTS',
        p.node(node.name),
        `AS ${p.string(node.className)}`,
        node.language && `LANGUAGE ${node.language}`,
      );
    case 'alter-model':
    case 'alter-connection': {
      const what = node.kind === 'alter-model' ? 'MODEL' : 'CONNECTION';
      return words(`ALTER ${what}`, node.ifExists && 'IF EXISTS', p.node(node.name), alterAction(node.action, p));
    }
    case 'drop':
      return words('DROP', scope(node), node.what, node.ifExists && 'IF EXISTS', p.node(node.name), node.behaviour);
    default:
      return printElement(node as TableElement | Distribution | LikeClause | Option, p);
  }
}

function printElement(node: TableElement | Distribution | LikeClause | Option, p: Printer): string {
  switch (node.kind) {
    case 'option':
      return `${p.string(node.key)} = ${p.string(node.value)}`;
    case 'physical-column':
      return words(
        p.node(node.name),
        p.node(node.type),
        node.constraint && p.node(node.constraint),
        comment(node.comment, p),
      );
    case 'computed-column':
      return words(p.node(node.name), `AS ${p.node(node.expr)}`, comment(node.comment, p));
    case 'metadata-column':
      return words(
        p.node(node.name),
        p.node(node.type),
        'METADATA',
        node.from !== undefined && `FROM ${p.string(node.from)}`,
        node.virtual && 'VIRTUAL',
        comment(node.comment, p),
      );
    case 'watermark':
      return `WATERMARK FOR ${p.node(node.column)} AS ${p.node(node.expr)}`;
    case 'constraint':
      return constraint(node, p);
    case 'distribution':
      return `DISTRIBUTED ${distribution(node, p)}`;
    case 'like-clause': {
      const options = node.options.map(({ action, feature }) => `${action} ${feature}`).join(' ');
      return words(`LIKE ${p.node(node.table)}`, options !== '' && `(${options})`);
    }
    default:
      return unreachable(node);
  }
}

// ── pieces ──

function statementSet(inserts: readonly Statement[], p: Printer): string {
  return `STATEMENT SET BEGIN ${inserts.map((each) => `${p.node(each)};`).join(' ')} END`;
}

function alias(name: Identifier | undefined, p: Printer): string | undefined {
  return name && `AS ${p.node(name)}`;
}

function where(expr: Expr | undefined, p: Printer): string | undefined {
  return expr && `WHERE ${p.node(expr)}`;
}

function comment(text: string | undefined, p: Printer): string | undefined {
  return text === undefined ? undefined : `COMMENT ${p.string(text)}`;
}

function withOptions(options: readonly Option[], p: Printer): string | undefined {
  return options.length === 0 ? undefined : `WITH (${p.list(options)})`;
}

function scope({ temporary, system }: { temporary: boolean; system: boolean }): string {
  return words(temporary && 'TEMPORARY', system && 'SYSTEM');
}

function partition(values: readonly PartitionValue[], p: Printer): string {
  const texts = values.map(({ column, value }) => words(p.node(column), value && `= ${p.node(value)}`));
  return `PARTITION (${texts.join(', ')})`;
}

function assignments(list: readonly { column: QualifiedName; value: Expr }[], p: Printer): string {
  return list.map(({ column, value }) => `${p.node(column)} = ${p.node(value)}`).join(', ');
}

function merge(node: Merge, p: Printer): string {
  const source = node.sourceTable ? p.node(node.sourceTable) : `(${node.sourceQuery ? p.node(node.sourceQuery) : ''})`;
  const { insert } = node;
  const columns = insert?.columns ? ` ${p.columns(insert.columns)}` : '';
  return words(
    `MERGE INTO ${p.node(node.table)}`,
    alias(node.alias, p),
    `USING ${source}`,
    alias(node.sourceAlias, p),
    `ON ${p.node(node.on)}`,
    node.update && `WHEN MATCHED THEN UPDATE SET ${assignments(node.update, p)}`,
    insert && `WHEN NOT MATCHED THEN INSERT${columns} VALUES (${p.list(insert.values)})`,
  );
}

function explain(details: readonly string[], statement: Statement, p: Printer): string {
  const text = statement.kind === 'statement-set' ? statementSet(statement.inserts, p) : p.node(statement);
  return words('EXPLAIN', details.join(', '), text);
}

function show(node: Show, p: Printer): string {
  const from = node.from && words(node.preposition, p.node(node.from));
  const { like } = node;
  const filter = like && words(like.negated && 'NOT', like.op, p.string(like.pattern));
  return words('SHOW', node.what, from, node.partition && partition(node.partition, p), filter);
}

function elements(node: CreateTable | CreateMaterializedTable, p: Printer): string | undefined {
  if (node.columnNames !== undefined) return p.columns(node.columnNames);
  return node.elements.length === 0 ? undefined : `(${p.list(node.elements)})`;
}

function createTable(node: CreateTable, p: Printer): string {
  return words(
    node.mode,
    node.temporary && 'TEMPORARY',
    'TABLE',
    node.ifNotExists && 'IF NOT EXISTS',
    p.node(node.name),
    elements(node, p),
    comment(node.comment, p),
    node.distribution && p.node(node.distribution),
    node.partitionedBy && `PARTITIONED BY ${p.columns(node.partitionedBy)}`,
    withOptions(node.options, p),
    node.like && p.node(node.like),
    node.as && `AS ${p.node(node.as)}`,
  );
}

function createMaterializedTable(node: CreateMaterializedTable, p: Printer): string {
  const { startMode } = node;
  const argument = startMode?.argument ? `(${p.node(startMode.argument)})` : '';
  return words(
    node.mode,
    'MATERIALIZED TABLE',
    p.node(node.name),
    elements(node, p),
    comment(node.comment, p),
    node.distribution && p.node(node.distribution),
    node.partitionedBy && `PARTITIONED BY ${p.columns(node.partitionedBy)}`,
    withOptions(node.options, p),
    startMode && `START_MODE = ${startMode.name}${argument}`,
    node.freshness && `FRESHNESS = ${p.node(node.freshness)}`,
    node.refreshMode && `REFRESH_MODE = ${node.refreshMode}`,
    `AS ${p.node(node.query)}`,
  );
}

function createFunction(node: CreateFunction, p: Printer): string {
  const resources = node.resources.map(({ type, path }) => `${type} ${p.string(path)}`).join(', ');
  return words(
    'CREATE',
    scope(node),
    'FUNCTION',
    node.ifNotExists && 'IF NOT EXISTS',
    p.node(node.name),
    `AS ${p.string(node.className)}`,
    node.language && `LANGUAGE ${node.language}`,
    resources !== '' && `USING ${resources}`,
    withOptions(node.options, p),
  );
}

function constraint(node: Constraint, p: Printer): string {
  const enforced = node.enforced ? 'ENFORCED' : 'NOT ENFORCED';
  return words(
    node.name && `CONSTRAINT ${p.node(node.name)}`,
    node.type,
    node.columns.length > 0 && p.columns(node.columns),
    node.enforced !== undefined && enforced,
  );
}

function distribution({ by, columns, buckets }: Distribution, p: Printer): string {
  const list = columns.length === 0 ? undefined : `BY ${by ?? ''}${p.columns(columns)}`;
  return words(list, buckets !== undefined && `INTO ${buckets} BUCKETS`);
}

function alterAction(action: AlterTable['action'] | AlterMaterializedTableAction, p: Printer): string {
  switch (action.type) {
    case 'set-options':
      return `SET (${p.list(action.options)})`;
    case 'reset-options':
      return `RESET (${action.keys.map((key) => p.string(key)).join(', ')})`;
    case 'rename':
      return `RENAME TO ${p.node(action.to)}`;
    case 'rename-column':
      return `RENAME ${p.node(action.from)} TO ${p.node(action.to)}`;
    case 'add':
    case 'modify': {
      const texts = action.elements.map(({ element, position }) =>
        words(p.node(element), position && (position.place === 'FIRST' ? 'FIRST' : `AFTER ${p.node(position.column)}`)),
      );
      return `${action.type.toUpperCase()} (${texts.join(', ')})`;
    }
    case 'add-distribution':
      return `ADD DISTRIBUTION ${distribution(action.distribution, p)}`;
    case 'modify-distribution':
      return `MODIFY DISTRIBUTION ${distribution(action.distribution, p)}`;
    case 'drop-columns':
      return `DROP ${p.columns(action.columns)}`;
    case 'drop-watermark':
      return 'DROP WATERMARK';
    case 'drop-primary-key':
      return 'DROP PRIMARY KEY';
    case 'drop-distribution':
      return 'DROP DISTRIBUTION';
    case 'drop-constraint':
      return `DROP CONSTRAINT ${p.node(action.name)}`;
    case 'add-partitions': {
      const texts = action.partitions.map((each) => words(partition(each.values, p), withOptions(each.options, p)));
      return words('ADD', action.ifNotExists && 'IF NOT EXISTS', texts.join(' '));
    }
    case 'drop-partitions': {
      const texts = action.partitions.map((each) => partition(each, p));
      return words('DROP', action.ifExists && 'IF EXISTS', texts.join(', '));
    }
    case 'suspend':
      return 'SUSPEND';
    case 'resume':
      return words('RESUME', withOptions(action.options, p));
    case 'refresh':
      return words('REFRESH', action.partition && partition(action.partition, p));
    case 'set-freshness':
      return `SET FRESHNESS = ${p.node(action.freshness)}`;
    case 'set-refresh-mode':
      return `SET REFRESH_MODE = ${action.mode}`;
    case 'as':
      return `AS ${p.node(action.query)}`;
    default:
      return unreachable(action);
  }
}
