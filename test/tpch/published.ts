/**
 * What the TPC-H specification publishes for scale 1 and its validation parameters: rows of the tables, rows of the
 * answers, and for some queries the answer itself, to as many digits as are printed there.
 */

/** Rows at scale 1. */
export const TABLE_ROWS: Readonly<Record<string, number>> = {
  region: 5,
  nation: 25,
  supplier: 10_000,
  customer: 150_000,
  part: 200_000,
  partsupp: 800_000,
  orders: 1_500_000,
  lineitem: 6_001_215,
};

/** Rows of the answers at scale 1, LIMIT included. */
export const ANSWER_ROWS: Readonly<Record<string, number>> = {
  q01: 4,
  q02: 100,
  q03: 10,
  q04: 5,
  q05: 5,
  q06: 1,
  q07: 4,
  q08: 2,
  q09: 175,
  q10: 20,
  q11: 1048,
  q12: 2,
  q13: 42,
  q14: 1,
  q15: 1,
  q16: 18_314,
  q17: 1,
  q18: 57,
  q19: 1,
  q20: 186,
  q21: 100,
  q22: 7,
};

/** Leading rows of answers, by column; numbers to be compared as rounded to the digits given. */
export const ANSWERS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  q01: [
    [
      'A',
      'F',
      '37734107.00',
      '56586554400.73',
      '53758257134.87',
      '55909065222.83',
      '25.52',
      '38273.13',
      '0.05',
      '1478493',
    ],
    ['N', 'F', '991417.00', '1487504710.38', '1413082168.05', '1469649223.19', '25.52', '38284.47', '0.05', '38854'],
    [
      'N',
      'O',
      '74476040.00',
      '111701729697.74',
      '106118230307.61',
      '110367043872.50',
      '25.50',
      '38249.12',
      '0.05',
      '2920374',
    ],
    [
      'R',
      'F',
      '37719753.00',
      '56568041380.90',
      '53741292684.60',
      '55889619119.83',
      '25.51',
      '38250.85',
      '0.05',
      '1478870',
    ],
  ],
  q03: [['2456423', '406181.01', '1995-03-05', '0']],
  q04: [
    ['1-URGENT', '10594'],
    ['2-HIGH', '10476'],
    ['3-MEDIUM', '10410'],
    ['4-NOT SPECIFIED', '10556'],
    ['5-LOW', '10487'],
  ],
  q05: [
    ['INDONESIA', '55502041.17'],
    ['VIETNAM', '55295087.00'],
    ['CHINA', '53724494.26'],
    ['INDIA', '52035512.00'],
    ['JAPAN', '45410175.70'],
  ],
  q06: [['123141078.23']],
  q07: [
    ['FRANCE', 'GERMANY', '1995', '54639732.73'],
    ['FRANCE', 'GERMANY', '1996', '54633083.31'],
    ['GERMANY', 'FRANCE', '1995', '52531746.67'],
    ['GERMANY', 'FRANCE', '1996', '52520549.02'],
  ],
  q08: [
    ['1995', '0.03'],
    ['1996', '0.04'],
  ],
  q12: [
    ['MAIL', '6202', '9324'],
    ['SHIP', '6200', '9262'],
  ],
  q13: [
    ['0', '50005'],
    ['9', '6641'],
    ['10', '6532'],
  ],
  q14: [['16.38']],
  q17: [['348406.05']],
  q19: [['3083843.06']],
};
