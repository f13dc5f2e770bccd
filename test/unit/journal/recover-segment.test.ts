import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { recoverSegment } from '../../../server/journal/recover-segment.ts';
import { Quarantine } from '../../../server/journal/quarantine.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';

const MIB = 1024 * 1024;
const NAME = 'events-20240101000000000-0a1b2c3d-00000001';

describe('recoverSegment', () => {
  let directory: TempDir;
  let file: string;
  let quarantine: Quarantine;

  beforeEach(async () => {
    directory = await tempDir();
    quarantine = new Quarantine(directory.path);
    file = path.join(directory.path, `${NAME}.ndjson`);
  });

  afterEach(async () => directory.remove());

  async function recovered(content: string | Buffer) {
    await writeFile(file, content);
    const { rows, bytes } = await recoverSegment(file, quarantine);
    return { rows, bytes, content: await readFile(file) };
  }

  it('takes name, table and age from the file', async () => {
    await writeFile(file, '{}\n');
    const { mtimeMs } = await stat(file);
    expect(await recoverSegment(file, quarantine)).to.deep.equal({
      name: NAME,
      table: 'events',
      path: file,
      openedMs: mtimeMs,
      rows: 1,
      bytes: 3,
      historicRows: 0,
    });
  });

  it('leaves a whole file as it is', async () => {
    const content = Buffer.from('{"a":"🦊"}\n{"a":"\\u0000"}\n{}\n');
    expect(await recovered(content)).to.deep.equal({ rows: 3, bytes: content.length, content });
  });

  it('finds nothing in an empty file', async () => {
    expect(await recovered('')).to.deep.equal({ rows: 0, bytes: 0, content: Buffer.alloc(0) });
  });

  it('cuts off a last line without its newline', async () => {
    expect(await recovered('{"a":1}\n{"b":2')).to.deep.equal({
      rows: 1,
      bytes: 8,
      content: Buffer.from('{"a":1}\n'),
    });
    expect(await recovered('{"a":1}')).to.deep.equal({ rows: 0, bytes: 0, content: Buffer.alloc(0) });
  });

  it('cuts off blocks of NUL bytes, and a row that they have torn', async () => {
    const zeros = Buffer.alloc(4096);
    const whole = Buffer.from('{"a":1}\n');
    const kept = { rows: 1, bytes: 8, content: whole };
    expect(await recovered(Buffer.concat([whole, zeros]))).to.deep.equal(kept);
    expect(await recovered(Buffer.concat([whole, Buffer.from('{"b":'), zeros]))).to.deep.equal(kept);
    expect(await recovered(Buffer.concat([whole, zeros, Buffer.from('{"c":3}\n')]))).to.deep.equal(kept);
    expect(await recovered(Buffer.concat([zeros, whole]))).to.deep.equal({
      rows: 0,
      bytes: 0,
      content: Buffer.alloc(0),
    });
  });

  it('reads on where a chunk of 1 MiB ends in a newline, before it or after it', async () => {
    for (const length of [MIB - 1, MIB, MIB + 1, 2 * MIB]) {
      const line = `${'x'.repeat(length - 1)}\n`;
      const content = Buffer.from(`${line}{"b":2}\n`);
      expect((await recovered(content)).content.equals(content), `line of ${length} bytes`).to.equal(true);
      expect(await recoverSegment(file, quarantine)).to.include({ rows: 2, bytes: content.length });
      const torn = await recovered(`${line}{"b":2`);
      expect([torn.rows, torn.bytes, torn.content.length]).to.deep.equal([1, length, length]);
    }
  });

  it('cuts at NUL bytes in a later chunk, keeping every row before them', async () => {
    const line = `${'x'.repeat(99)}\n`;
    const rows = Math.ceil((2 * MIB) / line.length);
    const whole = line.repeat(rows);
    const found = await recovered(Buffer.concat([Buffer.from(`${whole}{"torn`), Buffer.alloc(MIB)]));
    expect([found.rows, found.bytes]).to.deep.equal([rows, whole.length]);
    expect(found.content.equals(Buffer.from(whole))).to.equal(true);
  });

  it('does not take white space for rows', async () => {
    const { rows, bytes } = await recovered(' \t\n{"a":1}\n\t\n');
    expect([rows, bytes]).to.deep.equal([1, 13]);
  });
});
