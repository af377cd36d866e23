/** Lines of results: JSON for programs, aligned text for people. */
export type Report = (line: Readonly<Record<string, unknown>>) => void;

export function reporter(format: 'table' | 'jsonl'): Report {
  if (format === 'jsonl') return (line) => console.log(JSON.stringify(line));
  return (line) => {
    console.log(
      Object.entries(line)
        .map(([key, value]) => `${key} ${text(value)}`)
        .join('   '),
    );
  };
}

function text(value: unknown): string {
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([key, inner]) => `${key} ${String(inner).padStart(7)}`)
      .join(' ');
  }
  return String(value).padStart(4);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >>> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}
