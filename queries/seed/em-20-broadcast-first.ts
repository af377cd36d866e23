// EM-20: in BATCH broadcast inputs are read first, then regular ones, then keyed ones. The keyed side sees all rules,
// although they were added last. In STREAMING it sees those that have arrived.
import { MapStateDescriptor, type StreamExecutionEnvironment } from 'weir';
import { environment, READINGS } from './in-both-modes.ts';

const RULES = new MapStateDescriptor<string, number>('rules');

const program = (env: StreamExecutionEnvironment) =>
  env
    .fromCollection(READINGS.slice(0, 3))
    .keyBy(([key]) => key)
    .connect(env.fromElements(['x', 7] as const, ['y', 8] as const).broadcast(RULES))
    .process<string>({
      processElement: ([key, value], context, out) => {
        const rules = [...context.getBroadcastState(RULES).immutableEntries()].map(([name]) => name).sort();
        out.collect(`keyed ${key} ${value} sees [${rules.join(', ')}]`);
      },
      processBroadcastElement: ([name, value], context, out) => {
        context.getBroadcastState(RULES).put(name, value);
        out.collect(`broadcast ${name}`);
      },
    });

console.log('BATCH');
for await (const line of program(environment('BATCH')).executeAndCollect()) console.log(`  ${line}`);
