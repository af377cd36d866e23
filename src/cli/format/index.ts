/** The formats, by the name that `--format` takes. */
import { EngineError } from '../../base/errors.ts';
import { changelogFormat } from './changelog.ts';
import { csvFormat } from './csv.ts';
import type { Format } from './format.ts';
import { jsonlFormat } from './jsonl.ts';
import { markdownFormat } from './markdown.ts';
import { tableFormat } from './table.ts';

const FORMATS: readonly Format[] = [tableFormat, jsonlFormat, csvFormat, markdownFormat, changelogFormat];

export const FORMAT_NAMES: readonly string[] = FORMATS.map(({ name }) => name);

/** @throws EngineError CLI-FORMAT */
export function formatByName(name: string): Format {
  const found = FORMATS.find((format) => format.name === name.toLowerCase());
  if (found !== undefined) return found;
  throw new EngineError('CLI-FORMAT', `there is no format '${name}'`, {
    hint: `formats are ${FORMAT_NAMES.join(', ')}`,
  });
}
