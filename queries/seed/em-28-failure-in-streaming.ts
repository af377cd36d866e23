// EM-28: after a failure STREAMING goes back to the last checkpoint, and all tasks begin again from it. Every record counts
// once. EM-29 shows the same failure in BATCH.
import { failOnce } from './fail-once.ts';

await failOnce('STREAMING');
