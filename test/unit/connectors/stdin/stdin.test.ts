import { describe, expect, it } from 'vitest';
import type { ByteStream } from '../../../../src/base/fs.ts';
import { FileFormats } from '../../../../src/connectors/formats/index.ts';
import { StreamReader, stdinConnector } from '../../../../src/connectors/stdin/stdin.ts';
import { INT, nullable, STRING } from '../../../../src/types/data-type.ts';
import { schemaOf } from '../../../../src/types/schema.ts';
import { connectorContext, drain, projectedTypes, readerContext, spec } from '../harness.ts';

const SCHEMA = schemaOf([
  { name: 'id', type: nullable(INT) },
  { name: 'name', type: nullable(STRING) },
]);

/** Gives the pieces one after another, each some time after it was asked for. */
function streamOf(pieces: readonly string[], delay: number): ByteStream {
  const left = [...pieces];
  return {
    read: async (into) => {
      await new Promise((resolve) => setTimeout(resolve, delay));
      const bytes = new TextEncoder().encode(left.shift() ?? '');
      into.set(bytes);
      return bytes.length;
    },
  };
}

async function read(format: string, stream: ByteStream, limit: number | null = null) {
  const connectorSpec = spec(stdinConnector, { format }, SCHEMA);
  const context = readerContext();
  const request = { fields: SCHEMA.fields, projection: [0, 1], filters: [], options: {} };
  const decoder = new FileFormats().named(format).createDecoder!('standard input', request, context);
  const reader = new StreamReader(decoder, stream, context.memory, limit);
  reader.addSplits([{}]);
  let idle = 0;
  const rows = await drain(reader, context, projectedTypes(connectorSpec), () => {
    idle++;
  });
  return { rows, idle };
}

describe('stdin', () => {
  it('decodes lines as they come, wherever the pieces are cut', async () => {
    const { rows } = await read('csv', streamOf(['1,a\n2,', 'b\n', '3,c'], 0));
    expect(rows).toEqual(['+I [1,"a"]', '+I [2,"b"]', '+I [3,"c"]']);
  });

  it('has nothing yet while nothing comes', async () => {
    const { rows, idle } = await read('json', streamOf(['{"id": 1, "name": "a"}\n', '{"id": 2}\n'], 30));
    expect(rows).toEqual(['+I [1,"a"]', '+I [2,null]']);
    expect(idle).toBeGreaterThan(0);
  });

  it('does not look at bytes that are still coming', async () => {
    // The bytes are there before the read is done, as when another thread writes them.
    const text = new TextEncoder().encode('2,b\n3,c\n');
    let reads = 0;
    const stream: ByteStream = {
      read: async (into) => {
        reads++;
        if (reads > 2) return 0;
        into.set(reads === 1 ? new TextEncoder().encode('1,a\n') : text);
        await new Promise((resolve) => setTimeout(resolve, 20));
        return reads === 1 ? 4 : text.length;
      },
    };
    expect((await read('csv', stream)).rows).toEqual(['+I [1,"a"]', '+I [2,"b"]', '+I [3,"c"]']);
  });

  it('is done at once when there is nothing', async () => {
    expect((await read('csv', streamOf([], 0))).rows).toEqual([]);
  });

  it('is read by the subtask that has the split', async () => {
    const connectorSpec = spec(stdinConnector, { format: 'csv' }, SCHEMA);
    const source = stdinConnector.createSource!(connectorSpec, connectorContext());
    expect(source.splits()).toHaveLength(1);
    const reader = source.createReader(readerContext());
    reader.addSplits([]);
    expect(await reader.poll()).toBe('end-of-input');
    await reader.close();
  });

  it('refuses formats that need a whole file', () => {
    const connectorSpec = spec(stdinConnector, { format: 'parquet' }, SCHEMA);
    expect(() => stdinConnector.createSource!(connectorSpec, connectorContext())).toThrow(
      "format 'parquet' on standard input is not supported yet",
    );
  });
});
