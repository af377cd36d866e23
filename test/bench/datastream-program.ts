/**
 * One DataStream program, timed by the CPU of this process from `execute` to its end: what `npm run bench -- datastream`
 * starts for each mode.
 *
 *     tsx test/bench/datastream-program.ts PROGRAM MODE RECORDS
 */
import {
  DataGeneratorSource,
  type DataStream,
  DiscardingSink,
  type KeyedProcessFunction,
  StreamExecutionEnvironment,
  type ValueState,
  ValueStateDescriptor,
  WatermarkStrategy,
} from '../../src/index.ts';

interface Reading {
  readonly sensor: string;
  readonly value: number;
  readonly time: number;
}

const SENSORS = 10_000;
/** Milliseconds of event time between two records. */
const STEP = 1;

/** Sensors in no order, times that rise. */
function reading(index: number): Reading {
  const scattered = Math.imul(index, 0x9e3779b1) >>> 0;
  return { sensor: `s${scattered % SENSORS}`, value: scattered & 1023, time: 1_700_000_000_000 + index * STEP };
}

/** Counts the readings of a sensor until it has been silent for a while. */
class SilenceCounter implements KeyedProcessFunction<string, Reading, string> {
  #count!: ValueState<number>;
  #timer!: ValueState<number>;

  open(context: Parameters<NonNullable<KeyedProcessFunction<string, Reading, string>['open']>>[0]): void {
    this.#count = context.getState(new ValueStateDescriptor<number>('count'));
    this.#timer = context.getState(new ValueStateDescriptor<number>('timer'));
  }

  processElement(
    { time }: Reading,
    context: Parameters<KeyedProcessFunction<string, Reading, string>['processElement']>[1],
  ): void {
    this.#count.update((this.#count.value() ?? 0) + 1);
    const due = time + SENSORS * STEP;
    if ((this.#timer.value() ?? 0) >= due) return;
    this.#timer.update(due);
    context.timerService().registerEventTimeTimer(due);
  }

  onTimer(
    time: number,
    context: Parameters<NonNullable<KeyedProcessFunction<string, Reading, string>['onTimer']>>[1],
    out: { collect(value: string): void },
  ): void {
    if (this.#timer.value() === time) out.collect(`${context.getCurrentKey()}: ${this.#count.value()}`);
  }
}

const PROGRAMS: Readonly<Record<string, (readings: DataStream<Reading>) => unknown>> = {
  chain: (readings) =>
    readings
      .map(({ sensor, value }) => ({ sensor, value: value * 2 }))
      .filter(({ value }) => value % 3 !== 0)
      .map(({ sensor, value }) => ({ sensor, fahrenheit: value * 1.8 + 32 }))
      .filter(({ fahrenheit }) => fahrenheit > 100)
      .sinkTo(new DiscardingSink()),
  reduce: (readings) =>
    readings
      .keyBy(({ sensor }) => sensor)
      .reduce((a, b) => ({ sensor: a.sensor, value: a.value + b.value, time: b.time }))
      .sinkTo(new DiscardingSink()),
  timers: (readings) =>
    readings
      .assignTimestampsAndWatermarks(
        WatermarkStrategy.forBoundedOutOfOrderness<Reading>(1000).withTimestampAssigner(({ time }) => time),
      )
      .keyBy(({ sensor }) => sensor)
      .process(new SilenceCounter())
      .sinkTo(new DiscardingSink()),
};

const [program, mode, records] = process.argv.slice(2) as [string, 'STREAMING' | 'BATCH', string];
const environment = StreamExecutionEnvironment.getExecutionEnvironment();
environment.setRuntimeMode(mode);
const source = new DataGeneratorSource(reading, Number(records));
const readings = environment.fromSource(source, WatermarkStrategy.noWatermarks(), 'readings');
PROGRAMS[program]!(readings);
const before = process.cpuUsage();
const start = performance.now();
await environment.execute();
const { user, system } = process.cpuUsage(before);
const wall = performance.now() - start;
const peak = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ cpuMs: (user + system) / 1000, wallMs: wall, peakMb: peak }));
