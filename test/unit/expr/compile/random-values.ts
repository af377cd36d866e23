/** Types of every physical form, and values of them: ordinary ones, and those at which implementations differ. */
import type { Random } from '../../../../src/base/random.ts';
import type { DataType } from '../../../../src/types/data-type.ts';
import * as types from '../../../../src/types/data-type.ts';
import type { Value } from '../../../../src/types/value.ts';

/** Draws from a source of randomness. */
export class Draw {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  below(limit: number): number {
    return Math.floor(this.#random.next() * limit);
  }

  chance(probability: number): boolean {
    return this.#random.next() < probability;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  bigint(bits: number): bigint {
    let value = 0n;
    for (let i = 0; i < bits; i += 30) value = (value << 30n) | BigInt(this.below(1 << 30));
    return BigInt.asIntN(bits, value) >> BigInt(this.below(bits));
  }

  value(type: DataType): Value {
    if (type.nullable && this.chance(0.15)) return null;
    return this.#present(type);
  }

  #present(type: DataType): Value {
    switch (type.kind) {
      case 'BOOLEAN':
        return this.chance(0.5);
      case 'TINYINT':
        return this.chance(0.2) ? this.pick([-128, 127, 0, 1, -1, 10]) : Number(this.bigint(8));
      case 'SMALLINT':
        return this.chance(0.2) ? this.pick([-32768, 32767, 0, 1, -1]) : Number(this.bigint(16));
      case 'INT':
        return this.chance(0.2) ? this.pick([-(2 ** 31), 2 ** 31 - 1, 0, 1, -1, 2, 3]) : Number(this.bigint(32));
      case 'BIGINT':
        return this.chance(0.2) ? this.pick([-(2n ** 63n), 2n ** 63n - 1n, 0n, 1n, -1n, 5n]) : this.bigint(64);
      case 'FLOAT':
        return Math.fround(this.#double());
      case 'DOUBLE':
        return this.#double();
      case 'DECIMAL': {
        const limit = 10n ** BigInt(type.precision);
        if (this.chance(0.25))
          return this.pick([limit - 1n, 1n - limit, 0n, 1n, -1n, limit / 2n, 5n, -5n, 50n % limit]);
        return this.bigint(Math.max(4, Math.ceil(type.precision * 3.32))) % limit;
      }
      case 'CHAR': {
        const points = Array.from(this.#text()).slice(0, type.length);
        return points.join('') + ' '.repeat(type.length - points.length);
      }
      case 'VARCHAR':
        return Array.from(this.#text()).slice(0, type.length).join('');
      case 'BINARY':
        return Uint8Array.from({ length: type.length }, () => this.below(256));
      case 'VARBINARY':
        return Uint8Array.from({ length: this.below(20) }, () => this.below(256));
      case 'DATE':
        return this.#days();
      case 'TIME': {
        const millis = this.pick([0, 86_399_999, this.below(86_400_000)]);
        return millis - (millis % 10 ** (3 - Math.min(3, type.precision)));
      }
      case 'TIMESTAMP':
      case 'TIMESTAMP_LTZ': {
        const unit = 10n ** BigInt(9 - type.precision);
        const ofDay = this.pick([
          0n,
          86_399_999_999_999n,
          BigInt(this.below(86_400)) * 1_000_000_000n + this.bigint(29),
        ]);
        const nanos = BigInt(this.#days()) * 86_400_000_000_000n + (ofDay < 0n ? 0n : ofDay);
        return nanos - (((nanos % unit) + unit) % unit);
      }
      case 'INTERVAL_YEAR_MONTH':
        return this.below(400) - 200;
      case 'INTERVAL_DAY_TIME':
        return this.chance(0.3) ? BigInt(this.below(100) - 50) * 86_400_000n : this.bigint(38);
      case 'ARRAY':
        return Array.from({ length: this.below(4) }, () => this.value(type.element));
      case 'ROW':
        return type.fields.map((field) => this.value(field.type));
      case 'MAP': {
        const key = type.key;
        return [[this.#present(key), this.value(type.value)]];
      }
      case 'MULTISET':
        return [[this.#present(type.element), 1 + this.below(3)]];
      case 'NULL':
        return null;
    }
  }

  #double(): number {
    const choice = this.below(10);
    if (choice === 0) return this.pick([Number.NaN, 0, -0, Infinity, -Infinity, 0.5, -0.5, 1.5, 2.5, 5e-324, 1e300]);
    if (choice < 4) return Number(this.bigint(40)) / this.pick([1, 2, 10, 100, 1000]);
    if (choice < 6) return Number(this.bigint(64));
    if (choice < 8) return Number(this.bigint(20));
    return (this.#random.next() - 0.5) * 10 ** this.pick([-20, -5, 0, 3, 9, 18, 22, 40]);
  }

  #days(): number {
    const choice = this.below(10);
    if (choice === 0) return this.pick([0, -1, 1, 59, 60, -719_162, -719_163, 2_932_896, 2_932_897, 18_321, -25_509]);
    if (choice === 1) return this.below(4_000_000) - 2_000_000;
    return this.below(40_000) - 10_000;
  }

  #text(): string {
    switch (this.below(12)) {
      case 0:
        return '';
      case 1:
        return this.pick([' ', '   ', ' a ', '\t x', '%', '_', 'a%b', '\\', '\n', ',', ',,', 'a,b,,c', "it's"]);
      case 2:
        return this.pick([
          'é',
          '한국어',
          '😀',
          'a😀b',
          'İi',
          'ß',
          'ÀÉ',
          'naïve café',
          '日本 語',
          'x\u00a0y',
          'ǆ',
          'Σίσυφος',
        ]);
      case 3:
        return String(this.bigint(40));
      case 4:
        return this.pick([
          '12.50',
          '-0.5',
          '+7',
          ' 42 ',
          '1e3',
          '.5',
          '5.',
          '-',
          '+',
          '.',
          '99999999999999999999',
          '0',
          '-0',
          '007',
          '1.7976931348623157e308',
          '1E400',
          '123456789.987654321',
          '0.1',
          '12345678901234567890.5',
          'NaN',
          '1d',
          '1_0',
        ]);
      case 5:
        return this.pick([
          '2020-02-29',
          '2021-02-29',
          '1999-12-31 23:59:59',
          '2020-02-29 12:34:56.789',
          '2020-2-9',
          '2020',
          '12:34:56',
          '1:2:3',
          '2020-02-29T12:34:56',
          '2020-13-01',
          '0001-01-01',
          '9999-12-31',
          '24:00:00',
          '2020-01-01 24:00:00',
          '2020-02-30 00:00:00',
          '12:34:56.123456',
          ' 2020-02-29 ',
          '10000-01-01',
          '2020-02-29 12:34',
          '1970-01-01 00:00:00.1',
        ]);
      case 6:
        return this.pick(['true', 'FALSE', 't', 'no', '1', '0', 'yes', 'Y']);
      case 7:
        return Array.from({ length: this.below(60) }, () => this.pick(['a', 'b', 'c', ' ', 'é', '.', '한', 'z'])).join(
          '',
        );
      default:
        return Array.from({ length: this.below(12) }, () =>
          this.pick(['a', 'b', 'ab', 'B', ' ', 'x', '1', '-', ',']),
        ).join('');
    }
  }
}

/** One or more types of every physical form. */
export const TYPES: readonly DataType[] = [
  types.BOOLEAN,
  types.TINYINT,
  types.SMALLINT,
  types.INT,
  types.BIGINT,
  types.FLOAT,
  types.DOUBLE,
  types.decimal(1, 0),
  types.decimal(5, 2),
  types.decimal(15, 2),
  types.decimal(18, 9),
  types.decimal(19, 0),
  types.decimal(25, 10),
  types.decimal(38, 0),
  types.decimal(38, 18),
  types.decimal(38, 38),
  types.char(1),
  types.char(5),
  types.varchar(3),
  types.varchar(10),
  types.STRING,
  types.binary(3),
  types.BYTES,
  types.DATE,
  types.time(0),
  types.time(3),
  types.timestamp(0),
  types.timestamp(3),
  types.timestamp(6),
  types.timestamp(9),
  types.timestampLtz(3),
  types.timestampLtz(9),
  types.INTERVAL_YEAR_MONTH,
  types.INTERVAL_DAY_TIME,
  types.array(types.nullable(types.INT)),
  types.map(types.STRING, types.nullable(types.INT)),
  types.row([
    { name: 'a', type: types.nullable(types.INT) },
    { name: 'b', type: types.STRING },
  ]),
];
