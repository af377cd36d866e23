// EM-12: a shuffle of STREAMING hands records on as they come (between threads they wait for more, at most
// `execution.buffer-timeout.interval`). A shuffle of BATCH is a file that is read when it is whole.
import { DiscardingSink, StreamExecutionEnvironment } from 'weir';

const env = StreamExecutionEnvironment.getExecutionEnvironment();
env
  .fromSequence(1, 10)
  .keyBy((value) => value % 3)
  .map((value) => value)
  .sinkTo(new DiscardingSink());
console.log(env.explain());
