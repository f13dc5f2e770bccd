import * as fc from 'fast-check';

/** Whitespace that JSON allows between tokens. */
const gap = fc.stringMatching(/^[ \t\n\r]{0,2}$/);

const number = fc.oneof(
  fc.constantFrom('0', '-0', '1.0', '1e999', '-1E+400', '1e-400', '18446744073709551616', '0.1000', '9007199254740993'),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.bigInt().map(String),
);

const string = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
  fc.constantFrom(
    '""',
    String.raw`"\ud800"`,
    String.raw`"\udfff\ud800"`,
    String.raw`"\u0000"`,
    String.raw`"\/\b\f\n\r\t\"\\"`,
    String.raw`"\uD83D\uDE00"`,
    '"😀"',
    '"2024-02-30"',
    '"2024-01-01 00:00:00.123456"',
    '"\u2028\u2029\ufeff\ufffd"',
    '"{[,:]}"',
    `"'; DROP TABLE events"`,
  ),
);

const key = fc.oneof(
  string,
  fc.constantFrom('"a"', '"a.b"', '"a"', '"b"', '""', '"__proto__"', '"data"', '"."', '"a..b"'),
);

/** Texts with everything that JSON allows and one seldom sees. */
const { value, object } = fc.letrec<{ value: string; object: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6, withCrossShrink: true },
    fc.constantFrom('null', 'true', 'false'),
    number,
    string,
    tie('object'),
    fc
      .tuple(gap, fc.array(tie('value'), { maxLength: 4 }))
      .map(([space, items]) => `[${space}${items.join(`,${space}`)}]`),
  ),
  object: fc.tuple(gap, fc.array(fc.tuple(key, gap, tie('value')), { maxLength: 5 })).map(([space, members]) => {
    const texts = members.map(([name, inner, item]) => `${name}${inner}:${inner}${item}`);
    return `{${space}${texts.join(`${space},`)}${space}}`;
  }),
}));

/** The texts of JSON values of any type. */
export const jsonValueText = value;

/** The texts of JSON objects. */
export const jsonObjectText = object;

/** Cuts bytes into chunks at the given places. */
export function chunked(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  return [...places, bytes.length].map((end, i) => bytes.subarray(i === 0 ? 0 : places[i - 1], end));
}
