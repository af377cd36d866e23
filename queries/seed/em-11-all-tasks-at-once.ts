// EM-11: in STREAMING all tasks are on line at once: the map behind the shuffle has seen the first record while the source
// still runs. In BATCH it has seen nothing before the source ended.
import { DiscardingSink } from 'weir';
import { environment, MODES } from './in-both-modes.ts';

for (const mode of MODES) {
  console.log(mode);
  let sawFirst = (): void => undefined;
  const seen = new Promise<string>((resolve) => {
    sawFirst = () => resolve('the map has seen 1');
  });
  async function* source(): AsyncGenerator<number> {
    yield 1;
    const unseen = new Promise<string>((resolve) => setTimeout(resolve, 200, 'nobody has seen 1'));
    console.log(`  the source still runs: ${await Promise.race([seen, unseen])}`);
    yield 2;
  }
  const look = (value: number): number => {
    sawFirst();
    console.log(`  map ${value}`);
    return value;
  };
  const env = environment(mode);
  env.fromCollection(source()).rebalance().map(look).sinkTo(new DiscardingSink());
  await env.execute();
}
