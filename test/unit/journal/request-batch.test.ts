import { expect } from 'chai';
import { ReceiveStamps } from '../../../server/events/receive-stamps.ts';
import { MAX_KEPT_BYTES_PER_BODY, MAX_KEPT_PER_BODY, type Rejection } from '../../../server/events/rejection.ts';
import { createBatch } from '../../../server/journal/request-batch.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { contents, journalIn, NOW_MS } from './journal-in-directory.ts';

interface RejectedRow {
  readonly reason: string;
  readonly payload?: string;
  readonly errors: string;
}

const nothing = () => undefined;

describe('Rejections of one body', () => {
  let directory: TempDir;

  beforeEach(async () => {
    directory = await tempDir();
  });
  afterEach(() => directory.remove());

  /** The rows in the journal after so many rejections of the same text. */
  async function kept(payload: string, times: number): Promise<{ rows: readonly RejectedRow[]; bytes: number }> {
    const { journal } = journalIn(directory.path);
    const batch = createBatch({
      events: journal,
      rejected: journal,
      maxBytes: Infinity,
      stamps: new ReceiveStamps(() => NOW_MS, Math.random),
      hit: nothing,
      onUntyped: nothing,
      onNotKept: nothing,
    });
    const rejection: Rejection = { reason: 'shape', errors: [{ path: '', message: 'no' }], application: '', payload };
    for (let i = 0; i < times; i += 1) batch.reject(rejection);
    expect(await batch.commit()).to.equal(undefined);
    await journal.close();
    const text = Object.values(await contents(directory.path)).join('');
    const rows = text.trimEnd().split('\n');
    return { rows: rows.map((row) => JSON.parse(row) as RejectedRow), bytes: Buffer.byteLength(text) };
  }

  it('are all kept up to a thousand, where their texts are as long as those of events', async () => {
    const { rows } = await kept(JSON.stringify({ some: 'x'.repeat(3000) }), MAX_KEPT_PER_BODY);
    expect(rows.map(({ reason }) => reason)).to.deep.equal(Array(MAX_KEPT_PER_BODY).fill('shape'));
  });

  it('take no more of the journal than a limit, whatever their texts become in it, and the others are counted', async () => {
    const { rows, bytes } = await kept('\u0001'.repeat(16_384), 600);
    expect(bytes).to.be.within(0.9 * MAX_KEPT_BYTES_PER_BODY, MAX_KEPT_BYTES_PER_BODY + 1000);
    const rest = rows.at(-1);
    expect(rest?.reason).to.equal('omitted');
    expect(rest?.errors).to.contain(`${600 - (rows.length - 1)} more events of this body were rejected`);
  });

  it('keep at least the one of a body that is refused whole', async () => {
    const { rows } = await kept('\u0001'.repeat(16_384), 1);
    expect(rows.map(({ payload }) => payload?.length)).to.deep.equal([16_384]);
  });
});
