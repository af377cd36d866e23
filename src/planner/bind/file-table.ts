/** `FROM 'data/orders.parquet'`: files read in place by the filesystem connector, the format known by the ending. */
import { EngineError, type Span } from '../../base/errors.ts';
import { applyDefaults, validateOptions } from '../../connectors/index.ts';
import type { LogicalPlan } from '../logical.ts';
import * as build from '../logical-build.ts';
import type { BindContext } from './context.ts';

const FORMATS: Readonly<Record<string, string>> = {
  parquet: 'parquet',
  csv: 'csv',
  tsv: 'csv',
  json: 'json',
  jsonl: 'json',
  ndjson: 'json',
  arrow: 'arrow',
  feather: 'arrow',
};

/** @throws EngineError SQL-FILE for an unknown ending; what the connector finds wrong with the file */
export function bindFile(
  context: BindContext,
  path: string,
  hints: Readonly<Record<string, string>>,
  span: Span,
): LogicalPlan {
  const ending = /\.([A-Za-z0-9]+)$/.exec(path.replace(/\/$/, ''))?.[1]?.toLowerCase() ?? '';
  const format = hints.format ?? FORMATS[ending];
  if (format === undefined) {
    throw new EngineError('SQL-FILE', `cannot tell the format of '${path}' from its name`, {
      span,
      hint: `use an ending of ${Object.keys(FORMATS).join(', ')}, or OPTIONS('format' = '…')`,
    });
  }
  const factory = context.connectorFactory('filesystem');
  const own = ending === 'tsv' ? { 'csv.field-delimiter': '\t' } : {};
  const given = { connector: 'filesystem', path, format, ...own, ...hints };
  const options = applyDefaults(factory, given, context.configuration);
  validateOptions(factory, options);
  if (factory.inferSchema === undefined || factory.createSource === undefined) {
    throw new EngineError('SQL-FILE', `the connector for '${path}' cannot read files in place`, { span });
  }
  try {
    const schema = factory.inferSchema(options, context.connectorContext);
    const spec = {
      connector: 'filesystem',
      table: path,
      options,
      schema,
      projection: schema.fields.map((_, i) => i),
      filters: [],
      limit: null,
    };
    const source = factory.createSource(spec, context.connectorContext);
    const table = {
      path: ['default_catalog', 'default_database', path] as const,
      spec,
      boundedness: source.boundedness,
      changelogMode: source.changelogMode,
      statistics: source.statistics(),
    };
    return build.scan(table, spec.projection, path);
  } catch (error) {
    if (!(error instanceof EngineError) || error.detail.span !== undefined) throw error;
    throw new EngineError(error.code, error.message, { ...error.detail, span });
  }
}
