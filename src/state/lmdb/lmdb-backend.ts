/**
 * The backend `lmdb`: keyed state in a database file of the subtask, for more of it than fits the heap. What was read
 * or written last is kept as objects; changes go to the file many at a time, in one transaction. The file is scratch
 * space: it is never synced, and gone with the task; what survives are snapshots.
 */
import type { RootDatabase } from 'lmdb';
import { assert } from '../../base/assert.ts';
import { keyGroupOf } from '../key-groups.ts';
import type {
  KeyedStateBackend,
  KeyedStateBackendFactory,
  KeyedStateContext,
  MapCell,
  StateInfo,
  ValueCell,
} from '../keyed/backend.ts';
import { KeyMap } from '../keyed/key-map.ts';
import { ChunkWriter, encodeState, sectionName, writeNames } from '../keyed/snapshot-format.ts';
import { decodePlain } from '../plain-data.ts';
import type { StateWriter } from '../snapshot.ts';
import {
  afterPrefix,
  decodeKeyPart,
  encodeKeyPart,
  isSelfDescribing,
  type KeyPart,
  recordKey,
  recordPrefix,
  sameKey,
  splitRecordKey,
} from './record-key.ts';

/** Records that are kept as objects, changed or not. */
const CACHE_RECORDS = 1 << 16;
const NO_MAP_KEY: KeyPart = { bytes: new Uint8Array(0), opaque: false };

/** The package is loaded only by jobs that use it. */
export async function loadLmdbBackend(): Promise<KeyedStateBackendFactory> {
  const { open } = await import('lmdb');
  return (context) =>
    new LmdbBackend(
      context,
      open<Uint8Array, Buffer>({
        path: context.makeFile(),
        noSubdir: true,
        keyEncoding: 'binary',
        encoding: 'binary',
        noSync: true,
        overlappingSync: false,
        maxDbs: 1,
      }),
    );
}

/** One value, or one entry of a map, as it is or will be in the file. */
interface CachedRecord {
  /** undefined: nothing. */
  value: unknown;
  dirty: boolean;
  readonly state: number;
  readonly key: unknown;
  readonly mapKey: unknown;
}

/** What records hold whose key does not tell the keys: those that share it. */
type Bucket = readonly (readonly [key: unknown, mapKey: unknown, value: unknown])[];

interface DeclaredState {
  readonly info: StateInfo;
  readonly values: KeyMap<CachedRecord>;
  readonly maps: KeyMap<KeyMap<CachedRecord>>;
}

class LmdbBackend implements KeyedStateBackend {
  readonly #context: KeyedStateContext;
  readonly #database: RootDatabase<Uint8Array, Buffer>;
  readonly #states: DeclaredState[] = [];
  #dirty: CachedRecord[] = [];
  #cached = 0;
  #key: unknown;

  constructor(context: KeyedStateContext, database: RootDatabase<Uint8Array, Buffer>) {
    this.#context = context;
    this.#database = database;
  }

  setCurrentKey(key: unknown): void {
    this.#key = key;
    if (this.#cached > CACHE_RECORDS) this.#evict();
  }

  valueCell(info: StateInfo): ValueCell {
    const state = this.#declare(info);
    return {
      get: () => this.#record(state, undefined).value,
      set: (value) => this.#change(this.#record(state, undefined), value),
      clear: () => this.#change(this.#record(state, undefined), undefined),
    };
  }

  mapCell(info: StateInfo): MapCell {
    const state = this.#declare(info);
    const entries = (): readonly (readonly [unknown, unknown])[] => {
      this.#flush();
      const key = encodeKeyPart(this.#key);
      const found = this.#scan(state, recordPrefix(state, this.#keyGroup(this.#key), key));
      return [...found].filter((record) => sameKey(record.key, this.#key)).map(({ mapKey, value }) => [mapKey, value]);
    };
    return {
      get: (key) => this.#record(state, key).value,
      set: (key, value) => this.#change(this.#record(state, key), value),
      delete: (key) => this.#change(this.#record(state, key), undefined),
      entries,
      isEmpty: () => entries().length === 0,
      clear: () => {
        for (const [key] of entries()) this.#change(this.#record(state, key), undefined);
      },
    };
  }

  *keys(name: string): Iterable<unknown> {
    const state = this.#states.findIndex(({ info }) => info.name === name);
    if (state < 0) return;
    this.#flush();
    const seen = new KeyMap<true>();
    for (const { key } of this.#scan(state, recordPrefix(state))) seen.set(key, true);
    for (const [key] of seen.entries()) yield key;
  }

  snapshot(writer: StateWriter): void {
    this.#flush();
    const { restored } = this.#context;
    writeNames(
      writer,
      this.#states.map(({ info }) => info.name),
      restored,
    );
    for (const [number, { info }] of this.#states.entries()) {
      const [first, end] = this.#context.keyGroups;
      for (let keyGroup = first; keyGroup < end; keyGroup++) {
        const chunks = new ChunkWriter(info, (bytes) => writer.writeKeyed(sectionName(info.name), keyGroup, bytes));
        const records = this.#scan(number, recordPrefix(number, keyGroup));
        if (info.kind === 'map') for (const [key, entries] of groupByKey(records)) chunks.map(key, entries);
        else for (const { key, value } of records) chunks.value(key, value);
        chunks.finish();
      }
    }
  }

  close(): void {
    this.#dirty = [];
    void this.#database.close();
  }

  #keyGroup(key: unknown): number {
    return keyGroupOf(key, this.#context.maxParallelism);
  }

  #declare(info: StateInfo): number {
    assert(
      this.#states.every((other) => other.info.name !== info.name),
      `state '${info.name}' is declared twice`,
    );
    const number = this.#states.push({ info, values: new KeyMap(), maps: new KeyMap() }) - 1;
    const { restored } = this.#context;
    if (restored !== null) {
      const key = this.#key;
      restored.claim(info, (of, value, mapKey) => {
        this.setCurrentKey(of);
        this.#change(this.#record(number, mapKey), value);
      });
      this.#key = key;
    }
    return number;
  }

  #record(state: number, mapKey: unknown): CachedRecord {
    const { info, values, maps } = this.#states[state]!;
    let cache = values;
    let cacheKey = this.#key;
    if (info.kind === 'map') {
      cache = maps.get(this.#key) ?? new KeyMap();
      if (cache.size === 0) maps.set(this.#key, cache);
      cacheKey = mapKey;
    }
    const cached = cache.get(cacheKey);
    if (cached !== undefined) return cached;
    const record = { value: this.#read(state, this.#key, mapKey), dirty: false, state, key: this.#key, mapKey };
    cache.set(cacheKey, record);
    this.#cached++;
    return record;
  }

  #change(record: CachedRecord, value: unknown): void {
    if (value === undefined && record.value === undefined) return;
    record.value = value;
    if (record.dirty) return;
    record.dirty = true;
    this.#dirty.push(record);
  }

  #place(state: number, key: unknown, mapKey: unknown): { readonly at: Buffer; readonly opaque: boolean } {
    const keyPart = encodeKeyPart(key);
    const mapPart = mapKey === undefined ? NO_MAP_KEY : encodeKeyPart(mapKey);
    const prefix = recordPrefix(state, this.#keyGroup(key), keyPart);
    return { at: recordKey(prefix, mapPart), opaque: keyPart.opaque || mapPart.opaque };
  }

  #read(state: number, key: unknown, mapKey: unknown): unknown {
    const { at, opaque } = this.#place(state, key, mapKey);
    const bytes = this.#database.get(at);
    if (bytes === undefined) return undefined;
    const content = decodePlain(bytes);
    if (!opaque) return content;
    return (content as Bucket).find(([k, m]) => sameKey(k, key) && sameKey(m, mapKey))?.[2];
  }

  /** Writes what has changed. */
  #flush(): void {
    if (this.#dirty.length === 0) return;
    this.#database.transactionSync(() => {
      for (const record of this.#dirty) this.#write(record);
    });
    this.#dirty = [];
  }

  #write(record: CachedRecord): void {
    const { state, key, mapKey, value } = record;
    record.dirty = false;
    const { at, opaque } = this.#place(state, key, mapKey);
    let content: unknown = value;
    if (opaque) {
      const bytes = this.#database.get(at);
      const others = ((bytes === undefined ? [] : decodePlain(bytes)) as Bucket).filter(
        ([k, m]) => !sameKey(k, key) || !sameKey(m, mapKey),
      );
      const bucket = value === undefined ? others : [...others, [key, mapKey, value]];
      content = bucket.length === 0 ? undefined : bucket;
    }
    if (content === undefined) this.#database.removeSync(at);
    else this.#database.putSync(at, encodeState(this.#states[state]!.info.name, content));
  }

  /** Forgets the objects; what has changed is written first. */
  #evict(): void {
    this.#flush();
    for (const { values, maps } of this.#states) {
      values.clear();
      maps.clear();
    }
    this.#cached = 0;
  }

  /** What the file holds of a state under the prefix; those of one key stand together unless its hash is another's. */
  *#scan(
    state: number,
    prefix: Buffer,
  ): Iterable<{ readonly key: unknown; readonly mapKey: unknown; readonly value: unknown }> {
    const isMap = this.#states[state]!.info.kind === 'map';
    for (const { key: at, value: bytes } of this.#database.getRange({ start: prefix, end: afterPrefix(prefix) })) {
      const content = decodePlain(bytes);
      const parts = splitRecordKey(at);
      if (!isSelfDescribing(parts.key) || (isMap && !isSelfDescribing(parts.mapKey))) {
        for (const [key, mapKey, value] of content as Bucket) yield { key, mapKey, value };
      } else {
        const mapKey = isMap ? decodeKeyPart(parts.mapKey) : undefined;
        yield { key: decodeKeyPart(parts.key), mapKey, value: content };
      }
    }
  }
}

function groupByKey(
  records: Iterable<{ readonly key: unknown; readonly mapKey: unknown; readonly value: unknown }>,
): Iterable<readonly [unknown, readonly (readonly [unknown, unknown])[]]> {
  const groups = new KeyMap<(readonly [unknown, unknown])[]>();
  for (const { key, mapKey, value } of records) {
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [[mapKey, value]]);
    else group.push([mapKey, value]);
  }
  return groups.entries();
}
