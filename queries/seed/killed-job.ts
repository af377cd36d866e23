// A job of two stages. The second one kills its process, without a word, where the environment says so: see EM-34.
import { StreamExecutionEnvironment } from 'weir';

const env = StreamExecutionEnvironment.getExecutionEnvironment();
const sums = env
  .fromSequence(1, 4)
  .map((value) => {
    console.log(`first stage: ${value}`);
    return value;
  })
  .keyBy((value) => value % 2)
  .reduce((sum, value) => sum + value)
  .map((sum) => {
    if (process.env['SEED_KILL'] === 'yes') process.kill(process.pid, 'SIGKILL');
    return `second stage: ${sum}`;
  });
sums.print();
await env.execute();
