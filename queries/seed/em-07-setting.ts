// EM-07: the mode is `execution.runtime-mode`, STREAMING unless it is set. Programs should not set it: the command does,
// `weir run queries/seed/em-07-setting.ts -Dexecution.runtime-mode=BATCH`, and what it says wins over the code.
import { StreamExecutionEnvironment } from 'weir';

const reduced = (env: StreamExecutionEnvironment): Promise<number[]> =>
  env
    .fromElements(1, 2, 3)
    .keyBy(() => 'all')
    .reduce((sum, value) => sum + value)
    .executeAndCollect()
    .toArray();

const unset = StreamExecutionEnvironment.getExecutionEnvironment();
console.log(`not set: ${await reduced(unset)}`);
const set = StreamExecutionEnvironment.getExecutionEnvironment().setRuntimeMode('BATCH');
console.log(`setRuntimeMode('BATCH'): ${await reduced(set)}`);
