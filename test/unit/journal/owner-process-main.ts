/** Run by `owner-process.ts`: holds a directory under the journal that is its argument, until it is killed. */
import { claimDirectory } from '../../../server/journal/owner-directory.ts';
import { takeOver } from '../../../server/journal/takeover.ts';

const [, , journal = ''] = process.argv;
const mine = await claimDirectory(journal, Date.now());
process.on('message', () => {
  void takeOver(journal, mine).then(({ files }) => process.send?.(files));
});
process.on('disconnect', () => process.exit(1));
process.send?.([mine.path]);
