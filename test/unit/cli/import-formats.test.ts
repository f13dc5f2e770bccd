import { execFileSync } from 'node:child_process';
import { utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { MAX_LINE_BYTES } from '../../../server/cli/import/numbered-lines.ts';
import { messageOf } from '../../../server/common/errors.ts';
import { readFileIdentity } from '../../../server/cli/import/file-identity.ts';
import { importFormats } from '../../../server/cli/import/formats.ts';
import { failure } from '../../support/http/outcome.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';

const MODIFIED_MS = Date.UTC(2026, 4, 1, 13);
const NEVER = new AbortController().signal;

describe('the formats of npm run import', () => {
  let directory: TempDir;
  before(async () => {
    directory = await tempDir();
  });
  after(() => directory.remove());

  async function read(format: string, content: string | Buffer): Promise<(string | undefined)[]> {
    const file = path.join(directory.path, 'file');
    await writeFile(file, content);
    await utimes(file, MODIFIED_MS / 1000, MODIFIED_MS / 1000);
    const texts: (string | undefined)[] = [];
    const lines = importFormats[format]?.(file, (await readFileIdentity(file, NEVER)).identityOf) ?? [];
    for await (const { text } of lines) texts.push(text);
    return texts;
  }
  const parsed = async (format: string, content: string | Buffer) =>
    (await read(format, content)).map((text) => (text === undefined ? undefined : (JSON.parse(text) as unknown)));

  it('gives each line an id of the content and its place, the same each time, and the time of the file', async () => {
    const content = '{"name":"a"}\n\n{"name":"a"}\r\n{}';
    const first = await parsed('events', content);
    expect(await parsed('events', content)).to.deep.equal(first);
    const [id = ''] = JSON.stringify(first[0]).match(/[0-9a-f]{32}/) ?? [];
    expect(first).to.deep.equal([
      { event_id: `${id}-1`, timestamp: MODIFIED_MS, name: 'a' },
      { event_id: `${id}-3`, timestamp: MODIFIED_MS, name: 'a' },
      { event_id: `${id}-4`, timestamp: MODIFIED_MS },
    ]);
    expect(JSON.stringify(await parsed('events', `${content}\n{}`))).to.not.include(id);
  });

  it('leaves an event its own id and time, and everything as it is written', async () => {
    const whole = '{"data":{"n":1.0},"event_id":"e","timestamp":"2026-01-01"}';
    expect(await read('events', `\uFEFF${whole}\n[1]\n7\n{"cut":\n`)).to.deep.equal([whole, '[1]', '7', undefined]);
    const [line] = await read('events', '{ "timestamp":1, "data":{"n":1.0} }');
    expect(line).to.match(/^\{"event_id":"[0-9a-f]{32}-1", "timestamp":1, "data":\{"n":1\.0\} \}$/);
  });

  it('takes a line of an export without what no event is sent with, and its data as it is written', async () => {
    const line =
      '{"event_id":"e","received_at":"2026-05-01T00:00:00.000001Z","application":"","session_id":"","user":"u","category":"c",' +
      '"name":"n","data":{"n":1.0,"big":18446744073709551617},"timestamp":"2026-01-01T00:00:00.000001Z"}';
    expect(await read('events', line)).to.deep.equal([
      '{"event_id":"e","timestamp":"2026-01-01T00:00:00.000001Z","user":"u","category":"c","name":"n","data":{"n":1.0,"big":18446744073709551617}}',
    ]);
    const other = line.replace('"application"', '"app"');
    expect(await read('events', other)).to.deep.equal([other]);
  });

  it('takes a record of an export as one, and no other CSV that has a column data', async () => {
    const columns = [
      'event_id',
      'received_at',
      'application',
      'session_id',
      'user',
      'category',
      'name',
      'data',
      'timestamp',
    ];
    const header = columns.map((name) => `"${name}"`).join(',');
    expect(await read('csv', `${header}\r\n${exported('{""n"":\r\n1.0}')}${exported('{""')}`)).to.deep.equal([
      '{"event_id":"e","timestamp":"2026-01-01T00:00:00.000001Z","application":"shop","session_id":"s","category":"c","name":"n","data":{"n":  1.0}}',
      undefined,
    ]);
    const [event] = await parsed('csv', `${header.replace('received_at', 'at')}\r\n${exported('{}')}`);
    expect(event).to.have.deep.property('data', { at: 'r', application: 'shop', data: '{}' });
  });

  it('gives an RSVP without a time that of the file', async () => {
    const rsvps = await parsed('rsvp', '{"mtime":5,"member":{"member_id":7}}\n{"member":{}}\n');
    expect(rsvps[0]).to.deep.include({ timestamp: 5, user: 'meetup-7', name: 'rsvp' });
    expect(rsvps[1]).to.deep.include({ timestamp: MODIFIED_MS });
  });

  it('reads CSV: members by their column, everything else as data', async () => {
    const events = await parsed(
      'csv',
      [
        '\uFEFFtimestamp,name,user,"price, in €",note\r',
        '2026-05-01 13:00:00,order,ada,007,"says ""hi"",\r',
        'twice"\r',
        '\r',
        '1777640400000,view,,,\r',
        'too,few\r',
        '1,"bad"x,,,\r',
        ',last,,1,2',
      ].join('\n'),
    );
    const [id = ''] = JSON.stringify(events[0]).match(/[0-9a-f]{32}/) ?? [];
    expect(events).to.deep.equal([
      {
        event_id: `${id}-2`,
        timestamp: '2026-05-01 13:00:00',
        name: 'order',
        user: 'ada',
        data: { 'price, in €': '007', note: 'says "hi",\r\ntwice' },
      },
      {
        event_id: `${id}-5`,
        timestamp: 1_777_640_400_000,
        name: 'view',
        data: { 'price, in €': '', note: '' },
      },
      undefined,
      undefined,
      { event_id: `${id}-8`, timestamp: MODIFIED_MS, name: 'last', data: { 'price, in €': '1', note: '2' } },
    ]);
  });

  it('takes the ids of CSV that has its own, and data that is named like what every object has', async () => {
    expect(await read('csv', 'event_id,name,timestamp,__proto__\ne1,n,1,x\n')).to.deep.equal([
      '{"event_id":"e1","timestamp":1,"name":"n","data":{"__proto__":"x"}}',
    ]);
  });

  it('refuses a CSV header without a name, with one twice, or empty, and a quote that does not end', async () => {
    for (const header of ['timestamp,user\n', 'name,name\n', 'name,\n', '"name\n'])
      expect(String(await failure(read('csv', `${header}1,2\n`))), header).to.match(/header|does not end/);
    expect(String(await failure(read('csv', 'name,x\na,b\nc,"d\ne,f\n')))).to.include('line 3 begins');
    expect(await read('csv', 'name\n')).to.deep.equal([]);
  });

  it('unpacks gzip, and gives its lines the ids that they have unpacked', async () => {
    const content = '{"name":"a"}\n{"name":"b"}\n';
    const plain = await parsed('events', content);
    expect(await parsed('events', gzipSync(content))).to.deep.equal(plain);
    expect(messageOf(await failure(read('events', gzipSync(content).subarray(0, 30))))).to.include('gzip');
  });

  it('says of UTF-16 how to convert it', async () => {
    for (const content of [
      Buffer.from('\uFEFF{"name":"a"}', 'utf16le'),
      Buffer.from('{"name":"a"}', 'utf16le'),
      Buffer.from('\uFEFF{"name":"a"}', 'utf16le').swap16(),
      gzipSync(Buffer.from('{"name":"a"}', 'utf16le')),
    ])
      expect(messageOf(await failure(read('events', content))))
        .to.include('received UTF-16, expected UTF-8')
        .and.include('iconv -f UTF-16');
  });

  it('passes over a line that is too long, and reads what follows it', async () => {
    const long = 'x'.repeat(MAX_LINE_BYTES + 1);
    expect(await read('events', `[1]\n${long}\n[2]\n${long}`)).to.deep.equal(['[1]', undefined, '[2]', undefined]);
    const csv = await parsed('csv', `name,note\na,1\nb,"${long}\nc,2\n`);
    expect(csv.map((event) => (event as { name?: string } | undefined)?.name)).to.deep.equal(['a', undefined, 'c']);
  });

  it('takes no line that is not UTF-8, which would make different users one, and reads what follows it', async () => {
    expect(await read('events', latin('[1]\n{"user":"Jos\xe9"}\n[2]\n'))).to.deep.equal(['[1]', undefined, '[2]']);
    expect(await read('events', '["\ufffd"]')).to.deep.equal(['["\ufffd"]']);
    const csv = await parsed('csv', latin('name,user\na,Ren\xe9\nb,"M\xfcller\nSohn"\nc,ann\n'));
    expect(csv.map((event) => (event as { name?: string } | undefined)?.name)).to.deep.equal([
      undefined,
      undefined,
      'c',
    ]);
    expect(messageOf(await failure(read('csv', latin('name,Gr\xf6\xdfe\na,1\n'))))).to.include('not UTF-8');
  });

  it('refuses what is no regular file, without waiting for who writes into it', async () => {
    const pipe = path.join(directory.path, 'pipe');
    execFileSync('mkfifo', [pipe]);
    for (const place of [pipe, directory.path, '/dev/null'])
      expect(messageOf(await failure(readFileIdentity(place, NEVER))), place).to.include('expected a regular file');
  });

  it('stops in the first reading when it is interrupted', async () => {
    const file = path.join(directory.path, 'file');
    await writeFile(file, '{}\n');
    const interrupted = AbortSignal.abort(new Error('interrupted'));
    expect(messageOf(await failure(readFileIdentity(file, interrupted)))).to.equal('interrupted');
  });
});

function latin(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** A record of an export. */
function exported(data: string): string {
  return `"e","r","shop","s","","c","n","${data}","2026-01-01T00:00:00.000001Z"\r\n`;
}
