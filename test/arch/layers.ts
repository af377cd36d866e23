/**
 * The architecture, as data. A layer may import itself, its own entry here, and nothing else.
 * To change the architecture, change this file in its own commit and say why.
 */
export const LAYERS: Record<string, readonly string[]> = {
  base: [],
  types: ['base'],
  memory: ['base'],
  kernel: ['base', 'types', 'memory'],
  columnar: ['base', 'types', 'memory', 'kernel'],
  expr: ['base', 'types', 'memory', 'kernel', 'columnar'],
  state: ['base', 'types', 'memory', 'kernel', 'columnar'],
  dataflow: ['base', 'types', 'memory', 'kernel', 'columnar', 'state'],
  operators: ['base', 'types', 'memory', 'kernel', 'columnar', 'expr', 'state', 'dataflow'],
  connectors: ['base', 'types', 'memory', 'kernel', 'columnar', 'dataflow'],
  graph: ['base', 'types', 'dataflow'],
  shuffle: ['base', 'types', 'memory', 'kernel', 'columnar', 'state', 'dataflow'],
  runtime: ['base', 'types', 'memory', 'kernel', 'columnar', 'state', 'dataflow', 'graph', 'shuffle'],
  catalog: ['base', 'types', 'dataflow'],
  sql: ['base', 'types'],
  planner: ['base', 'types', 'expr', 'dataflow', 'operators', 'connectors', 'graph', 'catalog', 'sql'],
  datastream: [
    ...['base', 'types', 'memory', 'kernel', 'columnar', 'state', 'dataflow', 'operators', 'connectors', 'graph'],
  ],
  session: [
    ...['base', 'types', 'memory', 'kernel', 'columnar', 'expr', 'state', 'dataflow', 'operators', 'connectors'],
    ...['graph', 'shuffle', 'runtime', 'catalog', 'sql', 'planner', 'datastream'],
  ],
  cli: ['base', 'types', 'session'],
};

/** Each foreign module has one door. A path prefix per module; anything not listed is forbidden. */
export const DOORS: Record<string, readonly string[]> = {
  'apache-arrow': ['src/columnar/arrow/'],
  commander: ['src/cli/'],
  'node:fs': ['src/base/fs.ts'],
  'node:os': ['src/base/fs.ts'],
  'node:zlib': ['src/connectors/formats/', 'src/base/checksum.ts'],
  'node:readline': ['src/cli/'],
  'node:module': ['src/cli/', 'src/session/program/'],
  'node:vm': ['src/cli/'],
  lmdb: ['src/state/lmdb/'],
  'node:worker_threads': ['src/runtime/worker/'],
  'node:v8': ['src/cli/', 'src/state/plain-data.ts'],
};

/** Text that may appear in one place only: [pattern, the place, why]. */
export const BANNED: readonly (readonly [RegExp, string, string])[] = [
  [
    /[=!]==? *'(BATCH|STREAMING|AUTOMATIC)'/,
    'src/graph/mode.ts',
    'branch on the mode once, in resolveModeProfile(); elsewhere read ModeProfile',
  ],
  [/\bDate\.now\(|performance\.now\(|\bnew Date\(\)/, 'src/base/clock.ts', 'take a Clock, so a run can be replayed'],
  [/\bMath\.random\(/, 'src/base/random.ts', 'take a Random with a seed'],
  [/\bconsole\.(log|error|warn)\(/, 'src/cli/', 'return data; only the command prints'],
  [/\bprocess\.env\b/, 'src/base/config.ts', 'read configuration through ConfigOption'],
  [/\bas any\b|: any\b/, '', 'use unknown and narrow'],
];
