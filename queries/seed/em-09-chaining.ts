// EM-09: operators that hand every record to the next one share a task: map, filter and flatMap are chained to their
// source. `startNewChain` and `disableChaining` cut.
import { DiscardingSink, StreamExecutionEnvironment } from 'weir';

function tasksOf(build: (env: StreamExecutionEnvironment) => void): string {
  const env = StreamExecutionEnvironment.getExecutionEnvironment();
  build(env);
  const streaming = [...env.explain().matchAll(/^ {2}\[\d+\] ([^|\n]*?) +\|/gm)].map(([, task]) => task);
  return streaming.join('\n  ');
}

const chained = tasksOf((env) =>
  env
    .fromSequence(1, 10)
    .name('numbers')
    .map((value) => value * 2)
    .filter((value) => value > 5)
    .sinkTo(new DiscardingSink())
    .name('out'),
);
const cut = tasksOf((env) =>
  env
    .fromSequence(1, 10)
    .name('numbers')
    .map((value) => value * 2)
    .filter((value) => value > 5)
    .startNewChain()
    .sinkTo(new DiscardingSink())
    .name('out'),
);
console.log(`chained\n  ${chained}\ncut before the filter\n  ${cut}`);
