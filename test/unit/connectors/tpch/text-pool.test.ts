import { describe, expect, it } from 'vitest';
import { LONGEST_SENTENCE, TEXT_SEED, TextGenerator } from '../../../../src/connectors/tpch/text-generator.ts';
import { PIECE_BYTES, TEXT_POOL_BYTES, TextPool } from '../../../../src/connectors/tpch/text-pool.ts';
import { ModuleCache } from '../../../../src/kernel/cache.ts';
import { kernelCompiler } from '../../../../src/kernel/program.ts';
import { LinearMemory } from '../../../../src/memory/arena.ts';

describe('the pool of text', () => {
  it('has the same bytes by pieces as when written in one go', () => {
    const memory = new LinearMemory();
    const compiler = kernelCompiler(memory, new ModuleCache());
    const generator = new TextGenerator(memory, compiler);
    const length = 3 * PIECE_BYTES;
    const whole = memory.allocate(length + 2 * LONGEST_SENTENCE);
    generator.write(TEXT_SEED, whole, whole + length);
    const pool = TextPool.of(memory, compiler);
    for (let position = 0; position + 256 < length; position += 97) {
      const address = pool.address(position);
      const actual = memory.bytes(address, 200);
      const expected = memory.bytes(whole + position, 200);
      if (Buffer.compare(actual, expected) !== 0) expect.fail(`the text at ${position} differs`);
    }
    expect(Buffer.from(memory.bytes(whole, 66)).toString()).toBe(
      'furiously special foxes haggle furiously blithely ironic deposits.',
    );
    pool.release();
    generator.close();
    memory.free(whole);
    expect(memory.statistics.used).toBe(0);
  });

  it('has an index that follows from the grammar: every piece leads to the next', () => {
    const memory = new LinearMemory();
    const compiler = kernelCompiler(memory, new ModuleCache());
    const pool = TextPool.of(memory, compiler);
    // A piece is written until behind the beginning of the next; what both hold must agree.
    for (let piece = 1; piece * PIECE_BYTES < TEXT_POOL_BYTES; piece++) {
      const position = piece * PIECE_BYTES - 1;
      const before = Buffer.from(memory.bytes(pool.address(position), 256)).toString();
      const next = piece * PIECE_BYTES + 128;
      const after = Buffer.from(memory.bytes(pool.address(next), 256)).toString();
      expect(after.startsWith(before.slice(129))).toBe(true);
    }
    pool.release();
    expect(memory.statistics.used).toBe(0);
  });
});
