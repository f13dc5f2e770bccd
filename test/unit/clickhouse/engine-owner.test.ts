import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { expect } from 'chai';
import { claimEngine, EngineInUse, isOnlyOwner } from '../../../clickhouse/embedded/engine-owner.ts';
import { engineFiles, type EngineFiles } from '../../../clickhouse/embedded/engine-files.ts';
import type { OwnerDirectory } from '../../../server/journal/owner-directory.ts';
import { eventually, failure } from '../../support/http/outcome.ts';
import { silentLog } from '../../support/logs.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';

describe('the right to run an embedded engine', () => {
  let temp: TempDir;
  let files: EngineFiles;
  let claims: OwnerDirectory[];

  beforeEach(async () => {
    temp = await tempDir();
    files = await engineFiles(`${temp.path}/clickhouse`);
    claims = [];
  });
  afterEach(async () => {
    for (const claim of claims) await claim.release();
    await temp.remove();
  });

  async function claim(): Promise<OwnerDirectory> {
    const made = await claimEngine(files, silentLog);
    claims.push(made);
    return made;
  }

  it('is that of one, however many try at once, and the next one has it once that is over', async () => {
    for (let round = 0; round < 3; round += 1) {
      const outcomes = await Promise.allSettled(Array.from({ length: 32 }, claim));
      const refusals = outcomes.flatMap((outcome) =>
        outcome.status === 'rejected' ? [outcome.reason as unknown] : [],
      );
      expect(refusals).to.have.length(31);
      for (const refusal of refusals) expect(refusal).to.be.instanceOf(EngineInUse);
      expect(await readdir(files.owners)).to.deep.equal([claims.at(-1)?.owner]);
      await claims.pop()?.release();
      expect(await readdir(files.owners)).to.deep.equal([]);
    }
  });

  it('is kept by who has it when all was moved away and is put back', async () => {
    const mine = await claim();
    expect(await isOnlyOwner(files, mine)).to.equal(true);
    await rename(files.directory, `${files.directory}-elsewhere`);
    await mkdir(files.directory);
    // Until it has made its lock again, in the empty directory.
    await eventually(async () => expect(await isOnlyOwner(files, mine)).to.equal(true), 10_000);
    await rm(files.directory, { recursive: true });
    await rename(`${files.directory}-elsewhere`, files.directory);
    await eventually(async () => expect(await isOnlyOwner(files, mine)).to.equal(true), 10_000);
    expect(await failure(claim())).to.be.instanceOf(EngineInUse);
  });
});
