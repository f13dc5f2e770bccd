import { expect } from 'chai';
import * as fc from 'fast-check';
import { MAX_TIMESTAMP_MS } from '../../../server/events/event.ts';
import { isRefusal } from '../../../server/events/parse-event.ts';
import { compilePayloadSchemas } from '../../../server/events/payload-schemas.ts';
import { jsonObjectText, jsonValueText } from '../../support/events/json-text.ts';
import { accepted, NOW_MS, parse, refused, text } from '../../support/events/parsed-event.ts';
import { runs } from '../../support/events/property.ts';

const ROOT = '{"session_id":"s","category":"c","name":"n","timestamp":0';

/** As many objects, one in the other. */
function nested(levels: number): string {
  return '{"a":'.repeat(levels - 1) + '{}' + '}'.repeat(levels - 1);
}

describe('parseEvent', () => {
  it('keeps data byte for byte', () => {
    fc.assert(
      fc.property(jsonObjectText, fc.stringMatching(/^[ \t\r\n]{0,3}$/), fc.boolean(), (data, space, isLast) => {
        const whole = isLast
          ? `${ROOT},"data"${space}:${space}${data}${space}}`
          : `{${space}"data":${space}${data}${space},${ROOT.slice(1)}}`;
        expect(accepted(whole).data).to.equal(data);
      }),
      runs(500),
    );
  });

  it('finds the data whose name is escaped, and no other that looks like it', () => {
    expect(accepted(String.raw`${ROOT},"d\u0061ta":{"x":1}}`).data).to.equal('{"x":1}');
    const nested = '{"data":{"data":1},"s":"\\"data\\":{}"}';
    expect(accepted(`${ROOT},"data":${nested}}`).data).to.equal(nested);
    expect(
      accepted(`{"session_id":"\\"data\\":{\\\\","category":"data","name":"n","timestamp":0,"data":{}}`).data,
    ).to.equal('{}');
  });

  it('refuses a member that is given twice, so that what is validated is what is stored', () => {
    for (const twice of [
      `${ROOT},"data":{"a":1},"data":{}}`,
      String.raw`${ROOT},"data":{},"d\u0061ta":{}}`,
      `${ROOT},"data":{},"name":"n"}`,
    ]) {
      const { reason, errors } = refused(twice);
      expect(reason).to.equal('shape');
      expect(errors[0]?.message).to.equal('received it more than once, expected it once');
    }
  });

  it('takes 100 levels of data and not 101, and looks no deeper', () => {
    expect(accepted(`${ROOT},"data":${nested(100)}}`).data).to.equal(nested(100));
    expect(refused(`${ROOT},"data":${nested(101)}}`)).to.deep.equal({
      reason: 'shape',
      errors: [{ path: 'data', message: 'received more than 100 levels of nesting, expected at most 100' }],
    });
    // Minutes, if it grew with the square.
    const started = performance.now();
    refused('['.repeat(5_000_000));
    refused(`${ROOT},"data":${'{"a":'.repeat(1_000_000)}`);
    expect(performance.now() - started).to.be.below(5_000);
  });

  it('says of each member that is wrong its path, what came, and what was expected', () => {
    const { reason, errors } = refused('{"sesion_id":"s","category":"","name":1,"data":[],"timestamp":true}');
    expect(reason).to.equal('shape');
    expect(Object.fromEntries(errors.map(({ path, message }) => [path, message]))).to.deep.equal({
      category: 'received "", expected a string that is not empty',
      name: 'received 1, expected a string',
      data: 'received an array of 0, expected an object',
      timestamp: 'received true, expected a string or a number',
      sesion_id:
        'received a member that an event does not have, expected one of name, timestamp, session_id, category, data, event_id, user, application',
    });
  });

  it('says little, and soon, of an event that is wrong in a million ways', () => {
    const many = `{${Array.from({ length: 200_000 }, (_, i) => `"m${i}":1`).join(',')}}`;
    // Minutes here, too.
    const started = performance.now();
    expect(refused(many).errors).to.have.length(10);
    expect(performance.now() - started).to.be.below(10_000);
    const long = refused(text({ name: 'x'.repeat(1_000_000) })).errors[0]?.message ?? '';
    expect(long).to.contain('(1000000 characters), expected at most 256 characters');
    expect(long.length).to.be.below(300);
  });

  it('takes names of 256 characters of any script, and no half characters', () => {
    for (const name of ['é'.repeat(256), '👩'.repeat(256), '\u0000', ' ', '\ufffd'])
      expect(accepted(text({ name, user: name })).name).to.equal(name);
    expect(refused(text({ name: '👩'.repeat(257) })).reason).to.equal('shape');
    for (const member of ['session_id', 'category', 'name', 'user', 'event_id', 'application']) {
      const { reason, errors } = refused(text({ [member]: 'a\ud800' }));
      expect(reason).to.equal('shape');
      expect(errors).to.deep.equal([
        {
          path: member,
          message: String.raw`received "a\ud800", expected whole characters, not half of a surrogate pair`,
        },
      ]);
    }
    expect(accepted(text({ data: { half: '\ud800' } })).data).to.equal(String.raw`{"half":"\ud800"}`);
  });

  it('refuses bytes that are not UTF-8, and takes the character that stands for them', () => {
    const broken = Buffer.from(text({ data: { a: 'X' } }));
    broken[broken.indexOf('X')] = 0xff;
    expect(refused(broken).reason).to.equal('malformed');
    expect(refused(broken).errors[0]?.message).to.contain('UTF-8');
    expect(accepted(text({ data: { a: '\ufffd' } })).data).to.equal('{"a":"\ufffd"}');
  });

  it('reads times to the microsecond, in UTC when they name no zone', () => {
    const cases: readonly [string | number, number][] = [
      ['2021-01-01 09:15:27.243860', 1609492527243860],
      ['2021-01-01T09:15:27.24386Z', 1609492527243860],
      ['2021-01-01T10:15:27.243860+01:00', 1609492527243860],
      [1609492527243.86, 1609492527243860],
      [1609492527243, 1609492527243000],
      [0, 0],
      [-0, 0],
      [0.0004, 0],
    ];
    for (const [timestamp, us] of cases)
      expect(accepted(text({ timestamp })).timestampUs, String(timestamp)).to.equal(us);
    expect(accepted(text({ timestamp: NOW_MS + 1000 })).timestampUs).to.equal((NOW_MS + 1000) * 1000);
  });

  it('refuses other times, with what was expected', () => {
    const cases: readonly [unknown, string][] = [
      [NOW_MS + 1000.001, 'expected a time at most 1000 ms ahead'],
      ['2026-01-01T00:00:01.000001Z', 'expected a time at most 1000 ms ahead'],
      [1e300, 'expected a time at most 1000 ms ahead'],
      [-0.001, 'expected a time not before 1970'],
      ['1969-12-31', 'expected a time not before 1970'],
      ['2021-02-29', 'expected ISO 8601'],
      ['20210101', 'expected ISO 8601'],
      ['', 'expected ISO 8601'],
    ];
    for (const [timestamp, message] of cases) {
      const { reason, errors } = refused(text({ timestamp }));
      expect(reason, String(timestamp)).to.equal('timestamp');
      expect(errors[0]?.message).to.contain(message);
    }
    const farAhead = { maxFutureMs: Number.MAX_SAFE_INTEGER };
    expect(accepted(text({ timestamp: MAX_TIMESTAMP_MS }), farAhead).timestampUs).to.equal(MAX_TIMESTAMP_MS * 1000);
    expect(refused(text({ timestamp: MAX_TIMESTAMP_MS + 1 }), farAhead).errors[0]?.message).to.contain(
      'expected a time not after 2099-12-31T23:59:59.999Z',
    );
    expect(refused(`${ROOT.replace(':0', ':1e999')},"data":{}}`).reason).to.equal('timestamp');
  });

  it('records the application of the key, and refuses the claim of another', () => {
    expect(accepted(text(), { application: 'shop' }).application).to.equal('shop');
    expect(accepted(text({ application: 'shop' }), { application: 'shop' }).application).to.equal('shop');
    expect(accepted(text({ application: 'shop' })).application).to.equal('shop');
    expect(accepted(text()).application).to.equal('');
    expect(refused(text({ application: 'bank' }), { application: 'shop' })).to.deep.include({
      reason: 'foreign_application',
    });
  });

  it('never throws and never takes what JSON.parse does not, whatever the bytes', () => {
    const mutated = fc.tuple(jsonValueText, fc.nat(), fc.uint8Array({ maxLength: 4 })).map(([data, at, junk]) => {
      const bytes = Buffer.from(`${ROOT},"data":${data}}`);
      const place = at % (bytes.length + 1);
      return Buffer.concat([bytes.subarray(0, place), junk, bytes.subarray(place + (at % 3))]);
    });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array()), (bytes) => {
        const verdict = parse(Buffer.from(bytes));
        if (isRefusal(verdict)) expect(verdict.errors).not.to.have.length(0);
        else {
          const { data } = JSON.parse(bytes.toString()) as { data?: unknown };
          expect(JSON.parse(verdict.data)).to.deep.equal(data ?? {});
        }
      }),
      runs(2000),
    );
  });
});

describe('parseEvent with a schema', () => {
  const checkPayload = compilePayloadSchemas(
    [
      {
        category: 'c',
        name: 'n',
        schema: {
          type: 'object',
          required: ['toString'],
          properties: {
            toString: { const: 'x' },
            'a/b~c': { type: ['integer', 'null'] },
            list: { type: 'array', items: { type: 'number' } },
            mail: { format: 'email' },
          },
        },
      },
    ],
    (_, reason) => {
      throw new Error(reason);
    },
  );
  const check = (data: unknown) => parse(text({ data }), { checkPayload });

  it('takes data that satisfies it, and any data of other kinds', () => {
    expect(check({ toString: 'x', list: [1], other: 1 })).to.have.property('data');
    expect(parse(text({ name: 'other', data: { list: 1 } }), { checkPayload })).to.have.property('data');
  });

  it('refuses a member given twice, of which one is checked and the other is read; other kinds may have it', () => {
    const data = '{"toString":"x","b":[{"a":1,"a":2}]}';
    const [checked, other] = [{}, { name: 'other' }].map((event) =>
      parse(text(event).replace('"data":{}', `"data":${data}`), { checkPayload }),
    );
    const message = 'received a member more than once in one object, expected it once, because there is a schema';
    expect(checked).to.deep.equal({ reason: 'schema', errors: [{ path: 'data', message }] });
    expect(other).to.have.property('data', data);
  });

  it('names the path of what is wrong, also where names are inherited or need escapes', () => {
    const verdict = check({ 'a/b~c': 1.5, list: [1, 'x'], mail: 'nobody' });
    expect(verdict).to.deep.equal({
      reason: 'schema',
      errors: [
        { path: 'data.toString', message: 'received nothing, expected a value' },
        { path: 'data.a/b~c', message: 'received 1.5, expected a whole number or null' },
        { path: 'data.list.1', message: 'received "x", expected a number' },
        { path: 'data.mail', message: 'received "nobody", expected the format email' },
      ],
    });
  });

  it('does not gather a million errors', () => {
    const before = process.memoryUsage().rss;
    const verdict = check({ toString: 'x', list: Array.from({ length: 1_000_000 }, () => 'x') });
    expect(verdict).to.have.property('reason', 'schema');
    expect(process.memoryUsage().rss - before).to.be.below(200 * 1024 * 1024);
  });
});
