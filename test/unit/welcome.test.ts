import { expect } from 'chai';
import { welcome } from '../../server/welcome.ts';

describe('What npm start prints', () => {
  const lines = welcome({ url: 'http://h:1', consoleUrl: 'http://h:2/play' }, 1700).split('\n');

  it('says where the service, its dashboard and the SQL console are', () => {
    expect(lines).to.include('clickhour listens on http://h:1');
    expect(lines.filter((line) => /^Dashboard: +http:\/\/h:1\/$/.test(line))).to.have.length(1);
    expect(lines.filter((line) => /^SQL console: +http:\/\/h:2\/play$/.test(line))).to.have.length(1);
  });

  it('has three lines to try, with the time that it is', () => {
    const commands = lines.filter((line) => line.startsWith('  curl '));
    expect(commands).to.have.length(3);
    expect(commands.filter((line) => line.includes('timestamp=1700'))).to.have.length(2);
  });
});
