// EM-10: the page's example. keyBy and rebalance shuffle, so eight operators are three tasks: all at once in STREAMING,
// three stages in BATCH.
import { DiscardingSink, StreamExecutionEnvironment } from 'weir';

const same = (value: number): number => value;
const env = StreamExecutionEnvironment.getExecutionEnvironment();
env
  .fromSequence(1, 10)
  .name('source')
  .map(same)
  .name('map1')
  .map(same)
  .name('map2')
  .rebalance()
  .map(same)
  .name('map3')
  .map(same)
  .name('map4')
  .keyBy((value) => value % 3)
  .map(same)
  .name('map5')
  .map(same)
  .name('map6')
  .sinkTo(new DiscardingSink())
  .name('sink');
console.log(env.explain());
