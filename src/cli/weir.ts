#!/usr/bin/env node
/** The command `weir`, run from its sources. What is installed starts in launch.ts. */
import { main } from './process.ts';

await main({ library: new URL('../index.ts', import.meta.url).href, import: (url) => import(url) });
