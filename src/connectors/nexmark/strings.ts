/**
 * The strings of Nexmark that events share: kept once per reader, so that a string of an event is a view of it.
 * Channels and their URLs, names, cities and states are tables of views; `extra` and the texts of auctions are cut from
 * long random texts.
 */
import { assert } from '../../base/assert.ts';
import { type Random, seededRandom } from '../../base/random.ts';
import type { Retained } from '../../columnar/batch.ts';
import type { LinearMemory } from '../../memory/arena.ts';

const CITIES = 'Phoenix,Los Angeles,San Francisco,Boise,Portland,Bend,Redmond,Seattle,Kent,Cheyenne'.split(',');
const STATES = 'AZ,CA,ID,OR,WA,WY'.split(',');
const FIRST_NAMES = 'Peter,Paul,Luke,John,Saul,Vicky,Kate,Julie,Sarah,Deiter,Walter'.split(',');
const LAST_NAMES = 'Shultz,Abrams,Spencer,White,Bartels,Walton,Smith,Jones,Noris'.split(',');
const NAMES = FIRST_NAMES.flatMap((first) => LAST_NAMES.map((last) => `${first} ${last}`));

export const HOT_CHANNELS: readonly string[] = ['Google', 'Facebook', 'Baidu', 'Apple'];
/** Channels that are not hot. */
export const COLD_CHANNELS = 10_000;

export const COUNTS = { names: NAMES.length, cities: CITIES.length, states: STATES.length } as const;

/** Where a text may be cut begins below this; it goes on for long enough behind. */
export const CUT_POSITIONS = 1 << 18;
const LONGEST_CUT = 1 << 16;

/** 10^(6u) is the product of three powers, one for every 8 bits of u. */
export const POWER_BITS = 8;

/** Offsets from the start of the block. Tables of views have 8 bytes an entry. */
export const OFFSETS = (() => {
  const powers = 0;
  const names = powers + 3 * (8 << POWER_BITS);
  const cities = names + 8 * NAMES.length;
  const states = cities + 8 * CITIES.length;
  const channels = states + 8 * STATES.length;
  const urls = channels + 8 * (HOT_CHANNELS.length + COLD_CHANNELS);
  const letters = urls + 8 * (HOT_CHANNELS.length + COLD_CHANNELS);
  const prose = letters + CUT_POSITIONS + LONGEST_CUT;
  return { powers, names, cities, states, channels, urls, letters, prose, end: prose + CUT_POSITIONS + LONGEST_CUT };
})();

/** Parts that take time to make, made only for those who need them. */
export interface StringsNeeded {
  readonly channels: boolean;
  readonly letters: boolean;
  readonly prose: boolean;
}

export class NexmarkStrings implements Retained {
  readonly address: number;
  readonly #memory: LinearMemory;
  readonly #strings: number;
  #references = 1;

  constructor(memory: LinearMemory, seed: number, needed: StringsNeeded) {
    this.#memory = memory;
    const random = seededRandom((seed + 1) * 0x2545f491);
    const tables: [offset: number, values: readonly string[]][] = [
      [OFFSETS.names, NAMES],
      [OFFSETS.cities, CITIES],
      [OFFSETS.states, STATES],
    ];
    if (needed.channels) {
      const { channels, urls } = makeChannels(random);
      tables.push([OFFSETS.channels, channels], [OFFSETS.urls, urls]);
    }
    const text = tables.map(([, values]) => values.join('')).join('');
    this.address = memory.allocate(OFFSETS.end);
    this.#strings = memory.allocate(text.length);
    writeAscii(memory.u8, this.#strings, text);
    let at = this.#strings;
    for (const [offset, values] of tables) {
      let view = (this.address + offset) >>> 2;
      for (const { length } of values) {
        memory.u32[view++] = at;
        memory.u32[view++] = length;
        at += length;
      }
    }
    this.#writePowers();
    // Texts have their own seeds, so that they do not change with what else is needed.
    if (needed.letters) this.#writeText(OFFSETS.letters, seededRandom((seed + 1) * 0x9e3779b1), 0);
    if (needed.prose) this.#writeText(OFFSETS.prose, seededRandom((seed + 1) * 0x85ebca6b), 13);
  }

  retain(): void {
    this.#references++;
  }

  release(): void {
    assert(this.#references > 0, 'strings are released twice');
    if (--this.#references > 0) return;
    this.#memory.free(this.address);
    this.#memory.free(this.#strings);
  }

  #writePowers(): void {
    const size = 1 << POWER_BITS;
    const at = (this.address + OFFSETS.powers) >>> 3;
    for (let table = 0; table < 3; table++) {
      const unit = 6 / size ** (3 - table);
      for (let i = 0; i < size; i++) this.#memory.f64[at + table * size + i] = 10 ** (i * unit);
    }
  }

  /** @param spaceOf one of so many characters is a space; 0: none */
  #writeText(offset: number, random: Random, spaceOf: number): void {
    const { u8 } = this.#memory;
    const begin = this.address + offset;
    for (let i = 0; i < CUT_POSITIONS + LONGEST_CUT; i++) {
      u8[begin + i] = spaceOf > 0 && random.below(spaceOf) === 0 ? 32 : 97 + random.below(26);
    }
  }
}

function makeChannels(random: Random): { readonly channels: readonly string[]; readonly urls: readonly string[] } {
  const channels = [...HOT_CHANNELS];
  const urls = HOT_CHANNELS.map(() => baseUrl(random));
  for (let i = 0; i < COLD_CHANNELS; i++) {
    channels.push(`channel-${i}`);
    const parameter = random.below(10) > 0 ? `&channel_id=${Math.abs(reverseBits(i))}` : '';
    urls.push(baseUrl(random) + parameter);
  }
  return { channels, urls };
}

function baseUrl(random: Random): string {
  return `https://www.nexmark.com/${word(random)}/${word(random)}/${word(random)}/item.htm?query=1`;
}

/** Three or four characters, of which one in thirteen is an underscore. */
function word(random: Random): string {
  let text = '';
  for (let left = 3 + random.below(2); left > 0; left--) {
    text += random.below(13) === 0 ? '_' : String.fromCharCode(97 + random.below(26));
  }
  return text;
}

function reverseBits(value: number): number {
  let result = 0;
  for (let bit = 0; bit < 32; bit++) result = (result << 1) | ((value >>> bit) & 1);
  return result;
}

function writeAscii(u8: Uint8Array, at: number, text: string): void {
  for (let i = 0; i < text.length; i++) u8[at + i] = text.charCodeAt(i);
}
