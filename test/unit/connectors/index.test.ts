import { describe, expect, it } from 'vitest';
import { Configuration } from '../../../src/base/config.ts';
import { applyDefaults, ConnectorRegistry, validateOptions } from '../../../src/connectors/index.ts';

const registry = new ConnectorRegistry();

describe('the registry of connectors', () => {
  it('finds every connector by its name', () => {
    expect(registry.names).toContain('nexmark');
    for (const name of registry.names) expect(registry.find(name).connector).toBe(name);
  });

  it('names the nearest for one that it does not know', () => {
    expect(() => registry.find('nexmrk')).toThrow(
      expect.objectContaining({
        code: 'CONNECTOR-UNKNOWN',
        message: "there is no connector 'nexmrk'",
        detail: expect.objectContaining({
          hint: expect.stringMatching(/^did you mean 'nexmark'\? connectors are .*tpch/),
        }),
      }),
    );
  });
});

describe('options of connectors', () => {
  const nexmark = registry.find('nexmark');
  const datagen = registry.find('datagen');

  it('come from WITH, else from the session, else from the connector', () => {
    const configuration = new Configuration({ 'nexmark.events.num': '500', 'nexmark.seed': '7' });
    const written = { connector: 'nexmark', 'events.num': '10', 'bid.proportion': '40' };
    const options = applyDefaults(nexmark, written, configuration);
    const rest = { seed: '7', 'bid.proportion': '40', 'first-event.rate': '10000' };
    expect(options).toMatchObject({ 'events.num': '10', ...rest });
  });

  it('must be known', () => {
    validateOptions(datagen, { connector: 'datagen', 'fields.a.b.min': '1', 'number-of-rows': '5' });
    expect(() => validateOptions(nexmark, { 'event.num': '1' })).toThrow(
      expect.objectContaining({
        message: "connector 'nexmark' has no option 'event.num'",
        detail: expect.objectContaining({ hint: "did you mean 'events.num'?" }),
      }),
    );
    expect(() => validateOptions(registry.find('blackhole'), { x: '1' })).toThrow(/no option 'x'/);
    expect(() => validateOptions(datagen, { 'fields..min': '1' })).toThrow(/no option/);
  });

  it('must be there if they are required', () => {
    expect(() => validateOptions(registry.find('tpch'), {})).toThrow("connector 'tpch' needs the option 'table'");
  });
});
