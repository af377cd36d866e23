// EM-29: after a failure BATCH goes back to the nearest results that are still there: the first stage has ended and is not
// run again, only the stage that failed and those that had read from it.
import { failOnce } from './fail-once.ts';

await failOnce('BATCH');
