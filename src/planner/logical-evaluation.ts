/** The context of evaluation for one statement: what it is asked again and again is found out once. */
import type { EvaluationContext } from '../expr/functions/define.ts';

/** The same context with the time zone remembered: a session looks it up, which costs more than most folds. */
export function remembered(context: EvaluationContext): EvaluationContext {
  let zone: string | null = null;
  return {
    ...contextWithout(context),
    get timeZone() {
      zone ??= context.timeZone;
      return zone;
    },
  };
}

/** A spread would ask for the time zone at once. */
function contextWithout(context: EvaluationContext): Omit<EvaluationContext, 'timeZone'> {
  const { now, random, currentDatabase } = context;
  return { now, random, ...(currentDatabase === undefined ? {} : { currentDatabase }) };
}
