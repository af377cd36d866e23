/** The context in which expressions are interpreted: the session's time zone, the clock, randomness. */

import type { Configuration } from '../../base/config.ts';
import { systemRandom } from '../../base/random.ts';
import type { OperatorContext } from '../../dataflow/operator.ts';
import type { EvaluationContext } from '../../expr/functions/define.ts';

export function evaluationContext(context: OperatorContext): EvaluationContext {
  const random = systemRandom();
  // Asking the system takes a millisecond, so only those who need the zone do.
  let zone: string | null = null;
  return {
    get timeZone(): string {
      zone ??= sessionTimeZone(context.configuration);
      return zone;
    },
    get now(): bigint {
      return BigInt(Math.round(context.clock.now() * 1000)) * 1000n;
    },
    random: random.next,
  };
}

/** `table.local-time-zone`, or the system's. */
export function sessionTimeZone(configuration: Configuration): string {
  const configured = configuration.string('table.local-time-zone');
  return configured === 'default' ? Intl.DateTimeFormat().resolvedOptions().timeZone : configured;
}
