import { expect } from 'chai';
import type { ApiKey } from '../../server/auth/api-keys.ts';
import { welcome } from '../../server/welcome.ts';

describe('What npm start prints', () => {
  const APP = { url: 'http://h:1', consoleUrl: 'http://h:2/play' };
  const KEY: ApiKey = { application: 'shop', sha256: '00', roles: ['write'] };
  const lines = welcome(APP, { keys: [] }, 1700).split('\n');

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

  it('has the place of a key in each line that needs one, where keys are configured', () => {
    const commands = welcome(APP, { keys: [KEY] }, 1700)
      .split('\n')
      .filter((line) => line.startsWith('  curl '));
    for (const command of commands)
      expect(command.includes('-H "Authorization: Bearer $KEY"'), command).to.equal(!command.includes('/health'));
  });

  it('says what is not well, and nothing else where all is', () => {
    expect(welcome({ ...APP, problem: 'ClickHouse is not ready' }, { keys: [] }, 1700)).to.include(
      '\nClickHouse is not ready\n',
    );
    expect(lines.join('\n')).not.to.include('undefined');
  });
});
