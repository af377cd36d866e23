// EM-04: a source that never ends is refused in BATCH, by name, before anything runs.
import { DataGeneratorSource, DiscardingSink, WatermarkStrategy } from 'weir';
import { environment, MODES } from './in-both-modes.ts';

const forever = new DataGeneratorSource((index) => index, Number.POSITIVE_INFINITY);

for (const mode of MODES) {
  const env = environment(mode);
  env.fromSource(forever, WatermarkStrategy.noWatermarks(), 'numbers').sinkTo(new DiscardingSink());
  try {
    env.getExecutionPlan();
    console.log(`${mode}: accepted`);
  } catch (error) {
    console.log(`${mode}: ${(error as Error).message}`);
  }
}
