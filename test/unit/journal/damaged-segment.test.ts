import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { FRAME_BYTES, intactGroups, withFrame } from '../../../server/journal/checksum-frame.ts';
import { recoverSegment } from '../../../server/journal/recover-segment.ts';
import { rowsOf } from '../../../server/journal/segment-rows.ts';
import { Quarantine } from '../../../server/journal/quarantine.ts';
import { runs } from '../../support/events/property.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';

const NAME = 'events-20240101000000000-0a1b2c3d-00000001';
const GROUPS = [['{"a":1}\n', '{"a":2}\n'], ['{"b":"🦊#"}\n'], ['{"c":1}\n', '{"c":2}\n', '{"c":3}\n']] as const;

const framed = (groups: readonly (readonly string[])[]) =>
  Buffer.concat(groups.map((rows) => withFrame(rows.join(''))));

describe('A damaged segment', () => {
  let directory: TempDir;
  let file: string;
  let quarantine: Quarantine;

  beforeEach(async () => {
    directory = await tempDir();
    file = path.join(directory.path, `${NAME}.ndjson`);
    quarantine = new Quarantine(directory.path);
  });
  afterEach(async () => directory.remove());

  /** The rows that are shipped. */
  async function recovered(content: Buffer): Promise<string[]> {
    await writeFile(file, content);
    const segment = await recoverSegment(file, quarantine);
    const again = await recoverSegment(file, quarantine);
    expect(again, 'a second recovery').to.deep.equal({ ...segment, openedMs: again.openedMs });
    const rows = rowsOf((await readFile(file)).subarray(0, segment.bytes)).map(String);
    expect(rows).to.have.length(segment.rows);
    return rows;
  }

  async function copies(): Promise<string[]> {
    const folder = path.join(directory.path, 'quarantine');
    const files = (await readdir(folder).catch((): string[] => [])).sort();
    return await Promise.all(files.map(async (name) => readFile(path.join(folder, name), 'latin1')));
  }

  it('that is not damaged is left as it is', async () => {
    const content = framed(GROUPS);
    expect(await recovered(content)).to.deep.equal(GROUPS.flat());
    expect((await readFile(file)).equals(content)).to.equal(true);
    expect([quarantine.files, await copies()]).to.deep.equal([0, []]);
  });

  it('loses the group that has a flipped bit, wherever that is, and no other; the group is copied first', async () => {
    const content = framed(GROUPS);
    const groups = intactGroups(content);
    // Without the newline at the very end, the file looks like one that was cut; see below.
    for (let bit = 0; bit < (content.length - 1) * 8; bit += 7) {
      const damaged = Buffer.from(content);
      const at = bit >> 3;
      damaged.writeUInt8((content[at] ?? 0) ^ (1 << (bit & 7)), at);
      const rows = await recovered(damaged);
      const hit = groups.findIndex(({ from, to }) => at >= from && at < to);
      expect(rows, `bit ${bit}`).to.deep.equal(GROUPS.filter((_, index) => index !== hit).flat());
      const { from, to } = groups[hit] ?? { from: 0, to: 0 };
      expect(await copies(), `bit ${bit}`).to.deep.equal([damaged.toString('latin1', from, to)]);
      await directory.remove();
      directory = await tempDir();
      quarantine = new Quarantine(directory.path);
      file = path.join(directory.path, `${NAME}.ndjson`);
    }
  });

  it('with a block of NUL bytes or of anything keeps every group outside of it', async () => {
    const groups = Array.from({ length: 20 }, (_, group) => [`{"g":${group},"x":"${'x'.repeat(group * 7)}"}\n`]);
    const content = framed(groups);
    const ranges = intactGroups(content);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(content.length - 1),
        fc.integer({ min: 1, max: 700 }),
        fc.constantFrom('\0', 'x', '\n', ' ', '{"a":1}\n'),
        async (from, length, filling) => {
          const to = Math.min(content.length, from + length);
          const damaged = Buffer.from(content).fill(filling, from, to);
          const rows = await recovered(damaged);
          const outside = groups.filter((_, index) => {
            const range = ranges[index];
            return range !== undefined && (range.to <= from || range.from >= to);
          });
          expect(rows).to.include.members(outside.flat());
        },
      ),
      runs(60),
    );
  });

  it('that is cut keeps every whole row before the cut', async () => {
    const content = framed(GROUPS);
    const rows = GROUPS.flat();
    for (let length = 0; length < content.length; length += 1) {
      const kept = await recovered(content.subarray(0, length));
      const text = content.toString('utf8', 0, length);
      expect(kept, `${length} bytes`).to.deep.equal(rows.filter((row) => text.includes(row)));
    }
    // A checksum of which so much is left that it looks like one says that its group was written whole.
    expect(quarantine.files).to.equal(0);
  });
});

describe('withFrame', () => {
  it('adds a line of white space, the same for the same rows', () => {
    const bytes = withFrame('{"é":1}\n');
    expect(bytes.toString()).to.match(/^\{"é":1\}\n[ \t]{64}\n$/);
    expect(bytes.length).to.equal(9 + FRAME_BYTES);
    expect(withFrame('{"é":1}\n').equals(bytes)).to.equal(true);
  });
});
