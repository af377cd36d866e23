/**
 * Connector `print`: every change as a line of text. The lines are delivered as rows of one column, on the channel
 * `stdout` or `stderr`; whoever runs the job writes them.
 */
import type { Batch } from '../../columnar/batch.ts';
import { BatchBuilder } from '../../columnar/builder.ts';
import { RowReader } from '../../columnar/row-reader.ts';
import type { ConnectorFactory, ReaderContext, Sink } from '../../dataflow/connector.ts';
import { STRING } from '../../types/data-type.ts';
import { OptionReader } from '../options.ts';
import { formatRow } from './format-row.ts';

export const PRINT_CHANNELS = { stdout: 'stdout', stderr: 'stderr' } as const;

export const printConnector: ConnectorFactory = {
  connector: 'print',
  sinkAbilities: ['partitioning'],
  options: [
    { key: 'print-identifier', required: false, doc: 'Stands before every line, with `> `.' },
    { key: 'standard-error', required: false, default: 'false', doc: 'Print to standard error.' },
  ],

  createSink(spec): Sink {
    const options = new OptionReader('print', spec.options);
    const identifier = options.textOr('print-identifier', '');
    const channel = options.boolean('standard-error', false) ? PRINT_CHANNELS.stderr : PRINT_CHANNELS.stdout;
    const types = spec.schema.fields.map((field) => field.type);
    return {
      accepts: (requested) => requested,
      createWriter: (context) => {
        const rows = new RowReader(context.memory, types);
        const print = linePrinter(channel, identifier, context);
        const write = (batch: Batch): void =>
          print(batch.rowCount, (i) => formatRow(rows.kind(batch, i), rows.row(batch, i), types));
        return { write, finish: () => undefined, close: () => undefined };
      },
    };
  },
};

/** Delivers lines on a channel, each with the prefix of the subtask. */
export function linePrinter(
  channel: string,
  identifier: string,
  { memory, subtaskIndex, parallelism, deliver }: ReaderContext,
): (count: number, lineAt: (index: number) => string) => void {
  const prefix = linePrefix(identifier, subtaskIndex, parallelism);
  return (count, lineAt) => {
    const builder = new BatchBuilder(memory, [STRING], count);
    for (let i = 0; i < count; i++) builder.append([prefix + lineAt(i)]);
    const lines = builder.finish();
    deliver(channel, lines, [STRING]);
    lines.release();
  };
}

/** `id:2> `, where subtasks are numbered from 1 if there are several. */
function linePrefix(identifier: string, subtaskIndex: number, parallelism: number): string {
  const number = parallelism > 1 ? String(subtaskIndex + 1) : '';
  const parts = [identifier, number].filter((part) => part !== '');
  return parts.length === 0 ? '' : `${parts.join(':')}> `;
}
