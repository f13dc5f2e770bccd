import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { projectRoot } from '../../../server/common/project-root.ts';
import { tempDir, type TempDir } from '../../support/temp-dir.ts';

const CHART = 'deploy/helm/clickhour/Chart.yaml';
const FILES: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({
    name: 'clickhour',
    version: '0.1.0',
    scripts: { docs: 'echo {} > docs/openapi-released.json' },
  }),
  'package-lock.json': JSON.stringify({ name: 'clickhour', version: '0.1.0', lockfileVersion: 3, packages: {} }),
  'CHANGELOG.md': '# Changelog\n\n## [Unreleased]\n\n### Added\n\n- Something.\n',
  'docs/openapi-released.json': '{"openapi": "3.1.0"}',
};
const someone = { name: 'Someone', email: 'someone@example.org' };
const env = {
  ...process.env,
  GIT_AUTHOR_NAME: someone.name,
  GIT_AUTHOR_EMAIL: someone.email,
  GIT_COMMITTER_NAME: someone.name,
  GIT_COMMITTER_EMAIL: someone.email,
};

/** `version` and `appVersion` of a chart. */
function versionsIn(chart: string): string[] {
  return [...chart.matchAll(/^(?:version|appVersion): (.*)$/gm)].map(([, version = '']) => version);
}

describe('A release', function () {
  this.timeout(30_000);
  let clone: TempDir;

  beforeEach(async () => {
    clone = await tempDir();
    for (const folder of ['docs', 'scripts', path.dirname(CHART)])
      await mkdir(path.join(clone.path, folder), { recursive: true });
    for (const file of ['scripts/release.mjs', CHART])
      await cp(path.join(projectRoot, file), path.join(clone.path, file));
    for (const [name, content] of Object.entries(FILES)) await writeFile(path.join(clone.path, name), content);
  });
  afterEach(async () => clone.remove());

  function run(command: string, ...args: string[]): string {
    return execFileSync(command, args, { cwd: clone.path, env, encoding: 'utf8' });
  }

  it('gives the chart its version with the package, in one commit that leaves nothing behind', async () => {
    run('git', 'init', '--quiet');
    run('git', 'add', '.');
    run('git', 'commit', '--quiet', '--message', 'All of it');
    run(process.execPath, 'scripts/release.mjs', '1.2.3');
    expect(versionsIn(await readFile(path.join(clone.path, CHART), 'utf8'))).to.deep.equal(['1.2.3', '1.2.3']);
    expect(JSON.parse(await readFile(path.join(clone.path, 'package.json'), 'utf8'))).to.include({ version: '1.2.3' });
    expect(run('git', 'status', '--porcelain')).to.equal('');
    expect(run('git', 'tag').trim()).to.equal('v1.2.3');
  });

  it('begins with a chart and a package of one version', async () => {
    const { version } = JSON.parse(await readFile(path.join(projectRoot, 'package.json'), 'utf8')) as {
      version: string;
    };
    expect(versionsIn(await readFile(path.join(projectRoot, CHART), 'utf8'))).to.deep.equal([version, version]);
    // The workflow names the version; what is built elsewhere claims none.
    expect(await readFile(path.join(projectRoot, 'Dockerfile'), 'utf8')).to.match(/^ARG VERSION=unknown$/m);
  });
});
