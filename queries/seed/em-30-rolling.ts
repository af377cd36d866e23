// EM-30: rolling aggregations give every step in STREAMING, and in BATCH the last value of each key.
import { inBothModes } from './in-both-modes.ts';

await inBothModes((env) =>
  env
    .fromElements(['b', 10] as const, ['a', 1] as const, ['b', 20] as const, ['a', 2] as const, ['c', 7] as const)
    .keyBy(([key]) => key)
    .sum(1)
    .map(([key, sum]) => `${key} ${sum}`),
);
