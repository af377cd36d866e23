/** A record as `print()` shows it: text as it is, what has a `toString` of its own by that, all else as JSON. */

export function printValue(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return String(value);
  if (value instanceof Date) return value.toISOString();
  const ownText: unknown = value.toString;
  if (ownText !== Object.prototype.toString && ownText !== Array.prototype.toString) return String(value);
  return JSON.stringify(value, jsonValue);
}

/** What JSON has no form for. */
function jsonValue(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Map) return [...value];
  if (value instanceof Set) return [...value];
  return value;
}
