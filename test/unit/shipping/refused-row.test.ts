import { expect } from 'chai';
import { EVENTS } from '../../../server/journal/segment.ts';
import { keepRefusedRow } from '../../../server/shipping/refused-row.ts';
import { failure } from '../../support/http/outcome.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { contents, journalIn, line } from '../journal/journal-in-directory.ts';
import { ShippingByHand } from './shipping-by-hand.ts';

const quarantine = { save: async () => undefined };

describe('A row that was acknowledged and is refused', () => {
  it('is kept also where the journal is full, because only then there is room again', async () => {
    const directory = await tempDir();
    try {
      const { journal: rejected, backlog } = journalIn(directory.path, { maxBytes: 32 });
      backlog.add({ ...(await new ShippingByHand(directory.path).segment('{"a":1}\n')), bytes: 32 });
      expect(await failure(rejected.append(line('1\n')))).to.include({ code: 'overloaded' });
      const segment = { name: 'events-a-1', table: EVENTS, path: '', openedMs: 0, rows: 1, bytes: 8, historicRows: 0 };
      await keepRefusedRow({ rejected, quarantine }, segment, '{"a":1}', 'no');
      await rejected.close();
      const texts = Object.values(await contents(directory.path));
      expect(texts.filter((text) => text.includes('"reason":"refused_by_clickhouse"'))).to.have.length(1);
    } finally {
      await directory.remove();
    }
  });
});
