import { expect } from 'chai';
import { titleOf, stateOf } from '../../../../dashboard/views/explore/explore-state.ts';
import { sqlOf } from '../../../../dashboard/views/explore/sql.ts';

const MINUTE_MS = 60_000;

const titled = (query: string) => titleOf(stateOf(new URLSearchParams(query)));

describe('What is explored', () => {
  it('is called what is counted of what', () => {
    expect(titled('')).to.equal('Events');
    expect(titled('measure=users&category=shop')).to.equal('Unique users in shop');
    expect(titled('measure=sessions&name=view&by=data.plan')).to.equal('Sessions · view by plan');
  });

  it('is counted by the same SQL, without the events that have no key', () => {
    const question = { measure: 'events', interval: 'day', timezone: 'UTC', where: ["data.a:it's"] } as const;
    const whereOf = (by: string) =>
      /WHERE ([^]+)\nGROUP/.exec(sqlOf({ ...question, by }, { fromMs: 0, toMs: MINUTE_MS }))?.[1];
    const conditions = [
      "timestamp >= toDateTime64('1970-01-01 00:00:00.000', 6, 'UTC')",
      "timestamp < toDateTime64('1970-01-01 00:01:00.000', 6, 'UTC')",
      String.raw`JSONExtract(data, 'a', 'Nullable(String)') = 'it\'s'`,
    ];
    expect(whereOf('')?.split('\n  AND ')).to.deep.equal(conditions);
    expect(whereOf('user')?.split('\n  AND ')).to.deep.equal([...conditions, "user != ''"]);
    const path = "JSONExtract(data, 'plan', 'Nullable(String)') IS NOT NULL";
    expect(whereOf('data.plan')?.split('\n  AND ')).to.deep.equal([...conditions, path]);
  });
});
