// npm run release -- patch|minor|major|X.Y.Z
// Gives what is under [Unreleased] in CHANGELOG.md its version and date, writes the version into package.json,
// package-lock.json and the Helm chart, commits and tags. Pushing the tag publishes: .github/workflows/release.yml.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const USAGE = `Usage: npm run release -- patch|minor|major|X.Y.Z

Example: npm run release -- minor && git push --follow-tags`;
const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const UNRELEASED = '## [Unreleased]\n';
const CHART = 'deploy/helm/clickhour/Chart.yaml';

const [wanted = '', ...rest] = process.argv.slice(2);
if (wanted === '--help') {
  console.log(USAGE);
  process.exit();
}
if (rest.length > 0 || !/^(patch|minor|major|\d+\.\d+\.\d+)$/.test(wanted)) {
  refuse(
    2,
    `received ${JSON.stringify([wanted, ...rest].join(' '))}, expected patch, minor, major or X.Y.Z\n\n${USAGE}`,
  );
}
if (git('status', '--porcelain') !== '') refuse(1, 'There are changes that are not committed: commit them first.');
const changelog = path.join(root, 'CHANGELOG.md');
const text = readFileSync(changelog, 'utf8');
const [before, after] = text.split(UNRELEASED);
if (after === undefined || after.split('\n## ')[0].trim() === '')
  refuse(1, 'CHANGELOG.md has nothing under [Unreleased]: say what is new there first.');

const tag = run('npm', 'version', wanted, '--no-git-tag-version', '--ignore-scripts').trim();
const version = tag.slice(1);
const date = new Date().toISOString().slice(0, 10);
writeFileSync(changelog, `${before}${UNRELEASED}\n## [${version}] - ${date}\n${after}`);
// The chart installs the image of its appVersion.
const chart = path.join(root, CHART);
writeFileSync(chart, readFileSync(chart, 'utf8').replaceAll(/^(version|appVersion): .*$/gm, `$1: ${version}`));
run('npm', 'run', 'docs', '--', '--released');
git('add', 'CHANGELOG.md', 'package.json', 'package-lock.json', 'docs/openapi-released.json', CHART);
git('commit', '--no-verify', '--message', `Release ${version}`);
git('tag', '--annotate', tag, '--message', tag);
console.log(`${tag} is committed and tagged. To publish it: git push --follow-tags`);

function git(...args) {
  return run('git', ...args);
}

function run(command, ...args) {
  return execFileSync(command, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
}

function refuse(exitCode, message) {
  console.error(message);
  process.exit(exitCode);
}
