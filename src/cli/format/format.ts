/** How results are written: the interface of the formats. */
import type { SinkChanges } from '../../session/session.ts';
import type { TableResult } from '../../session/table-result.ts';
import type { TimeZone } from '../../types/time-zone.ts';

export interface FormatContext {
  /** Writes text as it is. */
  readonly out: (text: string) => void;
  /** `table.display.max-column-width` */
  readonly maxColumnWidth: number;
  /** `table.local-time-zone`, resolved. */
  readonly zone: TimeZone;
}

export interface Format {
  readonly name: string;
  /** Writes the rows as they come; ends with the result. */
  write(result: TableResult, context: FormatContext): Promise<void>;
  /** Writes rows that reached a sink. */
  writeSink(delivered: SinkChanges, context: FormatContext): void;
}
