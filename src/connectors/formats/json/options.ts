/** Options of the format `json`. */
import { EngineError } from '../../../base/errors.ts';
import { OptionReader } from '../../options.ts';
import type { FormatOptions } from '../format.ts';
import type { JsonOptions } from './convert.ts';

/** @throws EngineError CONNECTOR-OPTION-* for values that no option has. */
export function readJsonOptions(options: FormatOptions): JsonOptions {
  const reader = new OptionReader('json', options);
  const standard = reader.textOr('timestamp-format.standard', 'SQL');
  if (standard !== 'SQL' && standard !== 'ISO-8601')
    throw reader.invalid('timestamp-format.standard', 'SQL or ISO-8601');
  const nullKey = reader.textOr('map-null-key.mode', 'FAIL').toUpperCase();
  if (nullKey !== 'FAIL' && nullKey !== 'DROP' && nullKey !== 'LITERAL') {
    throw reader.invalid('map-null-key.mode', 'FAIL, DROP or LITERAL');
  }
  const parsed: JsonOptions = {
    standard,
    nullKey,
    nullKeyLiteral: reader.textOr('map-null-key.literal', 'null'),
    failOnMissingField: reader.boolean('fail-on-missing-field', false),
    ignoreParseErrors: reader.boolean('ignore-parse-errors', false),
    plainDecimals: reader.boolean('encode.decimal-as-plain-number', false),
    ignoreNullFields: reader.boolean('encode.ignore-null-fields', false),
  };
  if (parsed.failOnMissingField && parsed.ignoreParseErrors) {
    throw new EngineError(
      'CONNECTOR-OPTION',
      'json.fail-on-missing-field and json.ignore-parse-errors exclude another',
    );
  }
  return parsed;
}
