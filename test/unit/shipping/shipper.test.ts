import { readdir, rm } from 'node:fs/promises';
import { expect } from 'chai';
import { deferred } from '../../../server/common/deferred.ts';
import { eventually } from '../../support/http/outcome.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';
import { clickhouseError, INTERVAL_MS, row, ShippingByHand, UNANSWERED, UNREACHABLE } from './shipping-by-hand.ts';

/** CANNOT_PARSE_TEXT: the rows are refused. */
const REFUSAL = clickhouseError('6');
/** MEMORY_LIMIT_EXCEEDED: the rows may be why. */
const MEMORY = clickhouseError('241');

describe('Shipper', function () {
  this.timeout(30_000);
  let temp: TempDir;
  let hand: ShippingByHand;

  beforeEach(async () => {
    temp = await tempDir();
    hand = new ShippingByHand(temp.path);
  });

  afterEach(async () => {
    await hand.shipper.close(0);
    await temp.remove();
  });

  const files = async () => (await readdir(temp.path)).length;

  describe('with what is new', () => {
    it('sends at once when nothing is in flight, and the file goes when ClickHouse has it', async () => {
      const answer = deferred<void>();
      hand.answer = async () => answer.promise;
      await hand.write(row('a'));
      expect(hand.sent).to.deep.equal([{ ids: ['a'], atMs: 0 }]);
      expect([await files(), hand.backlog.rows]).to.deep.equal([1, 1]);
      answer.resolve();
      await hand.settled();
      expect([await files(), hand.backlog.rows]).to.deep.equal([0, 0]);
    });

    it('tells as it sends, and settles that when ClickHouse has it or does not', async () => {
      hand.answer = async () => Promise.reject(UNREACHABLE);
      await hand.write(row('a'));
      expect(hand.storing).to.have.length(1);
      await hand.storing[0];
      expect(hand.sentIds).to.deep.equal(['a']);
    });

    it('grows while one is in flight, and goes as one', async () => {
      const answer = deferred<void>();
      hand.answer = async () => answer.promise;
      await hand.write(row('a'));
      for (const name of ['b', 'c', 'd']) await hand.write(row(name));
      expect(hand.sentIds).to.deep.equal(['a']);
      answer.resolve();
      await eventually(async () => expect(hand.sentIds).to.deep.equal(['a', 'b c d']));
    });

    it('sends no more than one a half second in the long run, after a burst of three', async () => {
      for (let each = 0; each < 40; each += 1) {
        await hand.write(row(`e${each}`));
        await hand.pass(100);
      }
      const times = hand.sent.map(({ atMs }) => atMs);
      expect(times.filter((atMs) => atMs < INTERVAL_MS)).to.have.length(3);
      expect(times.length).to.be.within(9, 11);
      expect(hand.sent.flatMap(({ ids }) => ids)).to.have.length.at.least(36);
    });
  });

  describe('with history', () => {
    it('sends it beside what is new, and removes a mixed segment when both halves are stored', async () => {
      const historic = deferred<void>();
      hand.answer = async (ids) => (ids.includes('old') ? historic.promise : undefined);
      await hand.write(row('new'), row('old', true), row('newer'));
      expect(hand.sentIds.sort()).to.deep.equal(['new newer', 'old']);
      expect([await files(), hand.backlog.rows]).to.deep.equal([1, 3]);
      await hand.pass(INTERVAL_MS);
      await hand.write(row('next'));
      expect(hand.sentIds.at(-1)).to.equal('next');
      historic.resolve();
      await hand.settled();
      expect([await files(), hand.backlog.rows]).to.deep.equal([0, 0]);
    });

    it('gathers it while some of it is in flight', async () => {
      const answer = deferred<void>();
      hand.answer = async () => answer.promise;
      await hand.write(row('a', true));
      for (const name of ['b', 'c', 'd']) await hand.write(row(name, true));
      await hand.pass(3 * INTERVAL_MS);
      answer.resolve();
      await hand.pass(INTERVAL_MS);
      expect(hand.sentIds).to.deep.equal(['a', 'b c d']);
      expect(await files()).to.equal(0);
    });

    it('of many segments is one INSERT', async () => {
      const answer = deferred<void>();
      hand.answer = async () => answer.promise;
      const segments = [];
      for (let each = 0; each < 30; each += 1) segments.push(await hand.segment(row(`s${each}`)));
      for (const segment of segments) await hand.ship(segment);
      answer.resolve();
      await hand.pass(2 * INTERVAL_MS);
      expect(hand.sent.map(({ ids }) => ids.length)).to.deep.equal([1, 29]);
      expect([await files(), hand.backlog.segments]).to.deep.equal([0, 0]);
    });
  });

  describe('while ClickHouse is unavailable', () => {
    it('leaves what is new in one segment, tries with growing pauses, and then sends the newest first', async () => {
      hand.answer = async () => {
        throw UNREACHABLE;
      };
      for (const name of ['a', 'b']) await hand.ship(await hand.segment(row(name)));
      for (let each = 0; each < 60; each += 1) {
        await hand.write(row(`e${each}`));
        await hand.pass(100);
      }
      expect(await files()).to.equal(3);
      expect(hand.sent.length).to.be.within(4, 12);
      expect(hand.shipper.state).to.deep.equal({ fresh: 'unavailable', backlog: 'unavailable' });
      const tries = hand.sent.length;
      hand.answer = async () => undefined;
      await hand.pass(6_000);
      const [probe, first] = hand.sent.slice(tries);
      expect(probe?.ids).to.deep.equal(['b']);
      expect(first?.ids).to.have.length(60);
      expect([await files(), hand.backlog.rows]).to.deep.equal([0, 0]);
    });
  });

  describe('when ClickHouse does not take rows', () => {
    it('keeps what the check before an INSERT was not answered for, however often', async () => {
      hand.answer = async () => Promise.reject(UNANSWERED);
      await hand.write(row('a'));
      await hand.pass(10_000);
      expect([hand.sent.length > 3, hand.refused]).to.deep.equal([true, []]);
    });

    it('hands over at once what it refuses, and goes on', async () => {
      hand.answer = async (ids) => {
        if (ids.includes('bad')) throw REFUSAL;
      };
      await hand.write(row('bad'));
      await hand.write(row('good'));
      expect(hand.refused.flat().map(({ segment }) => segment.rows)).to.deep.equal([1]);
      expect(hand.sentIds).to.deep.equal(['bad', 'good']);
      expect([await files(), hand.backlog.rows]).to.deep.equal([1, 1]);
    });

    it('tries three times what may be for the rows, while later segments go on', async () => {
      hand.answer = async (ids) => {
        if (ids.includes('bad')) throw MEMORY;
      };
      await hand.write(row('bad'));
      await hand.write(row('good'));
      expect(hand.sentIds.slice(0, 2)).to.deep.equal(['bad', 'good']);
      expect(hand.refused).to.deep.equal([]);
      await hand.pass(6 * INTERVAL_MS);
      expect(hand.sentIds.filter((ids) => ids === 'bad')).to.have.length(3);
      expect(hand.refused).to.have.length(1);
      expect(hand.shipper.lastError).to.equal(undefined);
    });

    it('takes a segment whose file is gone for gone, and ships the others', async () => {
      const [lost, kept] = [await hand.segment(row('lost')), await hand.segment(row('kept'))];
      await rm(lost.path);
      await hand.ship(lost);
      await hand.ship(kept);
      await hand.pass(2 * INTERVAL_MS);
      expect(hand.sentIds).to.deep.equal(['kept']);
      expect([hand.backlog.segments, await files()]).to.deep.equal([0, 0]);
    });
  });

  describe('with both lanes busy', () => {
    it('gives the backlog every fourth INSERT at least', async () => {
      const waiting = async (name: string) => hand.ship(await hand.segment(row(name)));
      for (let each = 0; each < 60; each += 1) {
        await hand.write(row(`n${each}`));
        await waiting(`b${each}`);
        await hand.pass(100);
      }
      const late = hand.sent.filter(({ atMs }) => atMs > 2_000);
      const ofBacklog = late.filter(({ ids }) => ids[0]?.startsWith('b')).length;
      expect(late.length).to.be.within(7, 10);
      expect(ofBacklog).to.be.within(1, 3);
    });
  });

  describe('when it is closed', () => {
    it('ships what it holds, without a pace', async () => {
      for (const name of ['a', 'b', 'c', 'd', 'e']) await hand.ship(await hand.segment(row(name)));
      await hand.shipper.close(10_000);
      expect(hand.sent.flatMap(({ ids }) => ids).sort()).to.deep.equal(['a', 'b', 'c', 'd', 'e']);
      expect([await files(), hand.backlog.rows]).to.deep.equal([0, 0]);
    });

    it('stops at the first failure, and leaves the rest on disk', async () => {
      const goOn = deferred<void>();
      hand.answer = async () => {
        await goOn.promise;
        throw UNREACHABLE;
      };
      for (const name of ['a', 'b', 'c']) await hand.ship(await hand.segment(row(name)));
      const closed = hand.shipper.close(10_000);
      goOn.resolve();
      await closed;
      expect([hand.sent.length, await files(), hand.backlog.rows]).to.deep.equal([1, 3, 3]);
    });

    it('stops at its deadline although ClickHouse does not answer', async () => {
      const answer = deferred<void>();
      hand.answer = async () => answer.promise;
      await hand.write(row('a'));
      const closed = hand.shipper.close(1_000);
      await hand.pass(1_000);
      await closed;
      expect(await files()).to.equal(1);
      answer.resolve();
      await hand.settled();
    });
  });
});
