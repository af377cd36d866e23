/** Sizes as Flink's memory options write them: `512 b`, `64 kb`, `1.5 mb`, `4 gb`. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return 'unlimited';
  let value = bytes;
  for (const unit of ['b', 'kb', 'mb']) {
    if (value < 1024) return `${trimmed(value)} ${unit}`;
    value /= 1024;
  }
  return `${trimmed(value)} gb`;
}

function trimmed(value: number): string {
  return String(Math.round(value * 10) / 10);
}
