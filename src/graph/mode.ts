/**
 * Turns `execution.runtime-mode` into a ModeProfile. The only file that compares modes (test/arch/layers.ts).
 *
 * STREAMING runs everything at once, pipelined, and recovers from a checkpoint. BATCH runs stage by stage over
 * materialised results and recovers by going back to the nearest ones still there. AUTOMATIC is BATCH if every source
 * is bounded, else STREAMING, for SQL too.
 *
 * Source: Flink, "Execution Mode (Batch/Streaming)"; FLIP-134.
 */
import { EngineError } from '../base/errors.ts';
import type { Boundedness, ModeProfile, RuntimeExecutionMode } from '../dataflow/traits.ts';

const STREAMING: ModeProfile = {
  mode: 'STREAMING',
  resultPartitionType: 'PIPELINED_BOUNDED',
  scheduling: 'all-at-once',
  keyedInput: 'arrival-order',
  watermarks: 'generated',
  recovery: 'restore-checkpoint',
  atEnd: 'finish',
  batchRows: 2048,
};
const BATCH: ModeProfile = {
  mode: 'BATCH',
  resultPartitionType: 'BLOCKING',
  scheduling: 'stage-by-stage',
  keyedInput: 'sorted-by-key',
  watermarks: 'max-at-end',
  recovery: 'backtrack',
  atEnd: 'finish',
  batchRows: 16384,
};

export interface ResolvedProfile {
  readonly profile: ModeProfile;
  /** Why this mode, source by source: shown by EXPLAIN. */
  readonly reason: string;
}

/** A source as the choice of the mode sees it: a table of SQL, or a source of a program. */
export interface ModeSource {
  readonly name: string;
  readonly boundedness: Boundedness;
  /** Default: table. */
  readonly kind?: 'table' | 'stream';
}

/**
 * Called once per job, before algorithms are chosen.
 * @param savepointAtEnd the job is to leave a savepoint when its input has been read. In STREAMING that is a checkpoint
 * like others, the last one.
 * @throws EngineError MODE-UNBOUNDED-BATCH if BATCH is asked for and a source never ends.
 */
export function resolveModeProfile(
  configured: RuntimeExecutionMode,
  sources: readonly ModeSource[],
  savepointAtEnd = false,
): ResolvedProfile {
  const batch: ModeProfile = savepointAtEnd ? { ...BATCH, atEnd: 'savepoint' } : BATCH;
  const leaves = savepointAtEnd ? "; SQL has the operators of STREAMING, for 'weir.savepoint-at-end'" : '';
  const unbounded = sources.filter((source) => source.boundedness === 'CONTINUOUS_UNBOUNDED');
  const bounds = sources.map(
    (source) => `${source.name} is ${source.boundedness === 'BOUNDED' ? 'bounded' : 'unbounded'}`,
  );
  if (configured === 'STREAMING') {
    return { profile: STREAMING, reason: "'execution.runtime-mode' is STREAMING" };
  }
  if (configured === 'BATCH') {
    if (unbounded.length === 0) return { profile: batch, reason: `'execution.runtime-mode' is BATCH${leaves}` };
    throw unboundedInBatch(unbounded);
  }
  const why = bounds.length === 0 ? 'no source is unbounded' : bounds.join(', ');
  if (unbounded.length > 0) return { profile: STREAMING, reason: `AUTOMATIC: ${why}` };
  return { profile: batch, reason: `AUTOMATIC: ${why}${leaves}` };
}

/**
 * What SQL is planned for. A job in STREAMING can go on from the state of its own operators only: a job in BATCH that
 * ends with a savepoint has the same ones, and runs them as BATCH does.
 */
export function planningProfile(profile: ModeProfile): ModeProfile {
  if (profile.atEnd === 'finish') return profile;
  const { mode, batchRows, atEnd } = profile;
  return { ...STREAMING, mode, batchRows, atEnd };
}

/** Flink's sentences: DynamicSourceUtils for tables, StreamGraphGenerator for programs. */
function unboundedInBatch(sources: readonly ModeSource[]): EngineError {
  const names = sources.map(({ name }) => name).join("', '");
  if (sources.every(({ kind }) => kind === 'stream')) {
    return new EngineError(
      'MODE-UNBOUNDED-BATCH',
      `detected an UNBOUNDED source '${names}' with the 'execution.runtime-mode' set to 'BATCH'. This combination is ` +
        "not allowed, please set the 'execution.runtime-mode' to STREAMING or AUTOMATIC",
      { hint: 'or give the source an end' },
    );
  }
  return new EngineError(
    'MODE-UNBOUNDED-BATCH',
    `querying an unbounded table '${names}' in batch mode is not allowed. The table source is unbounded`,
    { hint: "SET 'execution.runtime-mode' = 'streaming', or bound the source" },
  );
}
