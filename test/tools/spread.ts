/** Settings under which a job has as many subtasks as said in BATCH too, however few its rows are. */
export function spread(parallelism: number | string): Record<string, string> {
  return { 'parallelism.default': String(parallelism), 'execution.batch.adaptive.auto-parallelism.enabled': 'false' };
}
