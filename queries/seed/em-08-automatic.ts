// EM-08: AUTOMATIC is BATCH if all sources are bounded, and STREAMING if one is not. For SQL see EM-03.
import {
  DataGeneratorSource,
  type DataStream,
  DiscardingSink,
  StreamExecutionEnvironment,
  WatermarkStrategy,
} from 'weir';

const forever = new DataGeneratorSource((index) => index, Number.POSITIVE_INFINITY);

function modeOf(second: (env: StreamExecutionEnvironment) => DataStream<number>): string {
  const env = StreamExecutionEnvironment.getExecutionEnvironment().setRuntimeMode('AUTOMATIC');
  env.fromSequence(1, 3).union(second(env)).sinkTo(new DiscardingSink());
  return env.explain().match(/^mode: .*$/m)?.[0] ?? 'no reason is given';
}

console.log(modeOf((env) => env.fromSequence(4, 6)));
console.log(modeOf((env) => env.fromSource(forever, WatermarkStrategy.noWatermarks(), 'numbers')));
