import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { expect } from 'chai';
import { programFile } from '../../../server/common/project-root.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';

/** Nobody listens there, so the commands end once they ask it. */
const NOBODY = 'http://127.0.0.1:9';

describe('A command that looks at the journals of a ClickHouse server', () => {
  let directory: TempDir;
  beforeEach(async () => {
    directory = await tempDir();
  });
  afterEach(() => directory.remove());

  const complaints = async (program: string, ...args: string[]) => {
    const env = { PATH: process.env['PATH'], DATA_DIR: directory.path, CLICKHOUSE_URL: NOBODY };
    const child = spawn(process.execPath, [programFile(`server/cli/${program}.js`), ...args], { env });
    return await text(child.stderr);
  };

  it('says so where there are none, and names DATA_DIR', async () => {
    const commands = { backup: [path.join(directory.path, 'copy')], erase: ['--user', 'u'] };
    for (const [program, args] of Object.entries(commands)) {
      const warned = await complaints(program, ...args);
      expect(warned).to.include(`There is no ${directory.path}/journal`).and.include('Set DATA_DIR');
    }
    await mkdir(path.join(directory.path, 'journal'));
    for (const [program, args] of Object.entries(commands))
      expect(await complaints(program, ...args)).to.not.include('DATA_DIR');
  }).timeout(60_000);
});
