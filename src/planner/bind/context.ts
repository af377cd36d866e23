/** What binding may know of the world outside the statement. */
import type { Configuration } from '../../base/config.ts';
import type { CatalogManager } from '../../catalog/catalog-manager.ts';
import type { ConnectorContext, ConnectorFactory } from '../../dataflow/connector.ts';
import type { EvaluationContext } from '../../expr/functions/define.ts';

export interface BindContext {
  readonly catalogs: CatalogManager;
  readonly configuration: Configuration;
  /** The text that the statement's spans point into: views and computed columns keep theirs. */
  readonly text: string;
  /** connectors/index.ts, or a test's own. Throws EngineError CONNECTOR-UNKNOWN. */
  readonly connectorFactory: (name: string) => ConnectorFactory;
  readonly connectorContext: ConnectorContext;
  /** Arrow files with the results of a stage, `<job>/<vertex>`; none: there is no such stage. */
  readonly stageFiles?: (stage: string) => readonly string[];
  /** For folding what is constant. */
  readonly evaluation: EvaluationContext;
}
