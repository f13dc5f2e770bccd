import { expect } from 'chai';
import { answerArguments } from '../../server/start-arguments.ts';

describe('The arguments of npm start', () => {
  it('are none', () => {
    expect(answerArguments([])).to.equal(undefined);
  });

  it('are refused by name, with the variable that was meant', () => {
    for (const args of [['--port', '9090'], ['--port=9090']]) {
      expect(answerArguments(args)).to.deep.equal({
        exitCode: 2,
        text: `received ${args[0]}, expected no arguments: set PORT in the environment, as in PORT=9090 npm start`,
      });
    }
    expect(answerArguments(['--data-dir', '/d'])?.text).to.include('DATA_DIR=/d npm start');
    expect(answerArguments(['--verbose'])).to.deep.equal({
      exitCode: 2,
      text: 'received --verbose, expected no arguments: the service is set by environment variables; --help lists them',
    });
  });

  it('may be --help, which lists every variable', () => {
    const { exitCode, text = '' } = answerArguments(['--help']) ?? {};
    expect(exitCode).to.equal(0);
    for (const name of ['PORT', 'DATA_DIR', 'API_KEYS_FILE', 'JOURNAL_MAX_BYTES'])
      expect(text).to.match(new RegExp(`^  ${name} `, 'm'));
  });
});
