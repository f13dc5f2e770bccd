/**
 * A process that owns an engine, to be killed by a test.
 *   node engine-owner-process.js DIRECTORY [alone]
 * Prints `{"url":…,"enginePid":…}` once it answers; ends in order when its standard input ends.
 */
import { startEngine } from '../../../clickhouse/embedded/embedded.ts';
import { createLogger } from '../../../server/common/log.ts';

const [directory = '', sharing] = process.argv.slice(2);
const engine = await startEngine({
  directory,
  log: createLogger('silent'),
  database: 'test_*',
  isShared: sharing !== 'alone',
});
process.stdout.write(`${JSON.stringify({ url: engine.endpoint.urls[0], enginePid: engine.pid })}\n`);
process.stdin.resume().on('end', () => void engine.close());
