import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'chai';
import { DataIdentity } from '../../../clickhouse/embedded/data-identity.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';

describe('DataIdentity', () => {
  let temp: TempDir;
  let data: string;
  const file = () => path.join(data, 'clickhour-data-id');

  beforeEach(async () => {
    temp = await tempDir();
    data = path.join(temp.path, 'data');
  });
  afterEach(async () => temp.remove());

  it('knows its data again, also after another start', async () => {
    const first = await DataIdentity.of(data);
    expect([first.isLost, (await DataIdentity.of(data)).isLost, first.isLost]).to.deep.equal([false, false, false]);
  });

  it('misses data that is gone, or is that of another', async () => {
    const identity = await DataIdentity.of(data);
    await writeFile(file(), 'another');
    expect(identity.isLost).to.equal(true);
    await rm(data, { recursive: true });
    expect(identity.isLost).to.equal(true);
  });

  it('does not take data for gone that it cannot read just now', async () => {
    const identity = await DataIdentity.of(data);
    await rm(file());
    await mkdir(file());
    expect(identity.isLost).to.equal(false);
  });
});
