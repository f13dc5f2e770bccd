import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { projectRoot } from '../../../server/common/project-root.ts';
import { runProgram } from '../../support/server/run-program.ts';
import { startTestApp, type TestApp } from '../../support/server/test-app.ts';

const run = promisify(execFile);
const SHOWN = 'http://127.0.0.1:8080';
const PAGES = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md', ...pagesIn('docs')];

interface Block {
  readonly language: string;
  readonly text: string;
}

describe('The documents', () => {
  let service: TestApp;

  before(async () => {
    service = await startTestApp();
  });
  after(async () => service.remove());

  const shell = (line: string) =>
    run('bash', ['-c', line.replaceAll(SHOWN, service.url).replaceAll(/\bcurl\b/g, 'curl --fail-with-body -sS -m 20')]);

  it('are short where they are read first: README has 150 lines at most, and no cell over 100 characters', () => {
    const lines = read('README.md').split('\n');
    expect(lines.length).to.be.at.most(151);
    const cells = lines.filter((line) => line.startsWith('|')).flatMap((line) => line.split(/(?<!\\)\|/));
    expect(cells.filter((cell) => cell.trim().length > 100)).to.deep.equal([]);
  });

  it('lead to files that are there', () => {
    const broken = PAGES.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#]+)/g)]
        .map(([, target = '']) => path.join(path.dirname(page), target))
        .filter((target) => !existsSync(path.join(projectRoot, target)))
        .map((target) => `${page}: ${target}`),
    );
    expect(broken).to.deep.equal([]);
  });

  it('name files and commands that are there', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    for (const page of PAGES) {
      const text = read(page);
      for (const [, name = ''] of text.matchAll(/npm run ([a-z:]+)/g)) expect(scripts, page).to.have.property(name);
      for (const [, file = ''] of text.matchAll(/node \.build\/([\w/-]+)\.js/g))
        expect(existsSync(path.join(projectRoot, `${file}.ts`)), `${page}: ${file}`).to.equal(true);
      for (const [, file = ''] of text.matchAll(/`((?:server|test|bench|clickhouse|dashboard)\/[\w/.-]+\.\w+)`/g))
        expect(existsSync(path.join(projectRoot, file)), `${page}: ${file}`).to.equal(true);
    }
  });

  it('show lines for a shell that work: each request of README and of the page about the API is answered', async () => {
    for (const page of ['README.md', 'docs/api.md']) {
      const requests = blocksOf(page, 'sh')
        .flatMap(commandsIn)
        .filter((line) => line.startsWith('curl'));
      expect(requests.length, page).to.be.greaterThan(2);
      // A stream goes on, and one with a key needs a server that has it.
      const ending = requests.filter((line) => !/curl -N|\$KEY/.test(line));
      for (const line of ending) await shell(line);
    }
  });

  it('show SQL that works', async () => {
    for (const page of ['README.md', 'docs/api.md']) {
      for (const command of blocksOf(page, 'sh').flatMap(commandsIn)) {
        const [, query] = /^npm run sql -- "(.*)"$/s.exec(command) ?? [];
        if (query === undefined) continue;
        const { exitCode, stderr } = await runProgram('server/cli/sql.js', [query], { database: service.database });
        expect(exitCode, `${page}: ${query}\n${stderr}`).to.equal(0);
      }
    }
  });

  it('show programs that send an event', async () => {
    for (const { language, text } of blocksOf('README.md', 'js', 'python')) {
      const program = text.replaceAll(SHOWN, service.url);
      if (language === 'js') await run(process.execPath, ['--input-type=module', '--eval', program]);
      else if (await exists('python3')) await run('python3', ['-c', program]);
    }
  });
});

function read(page: string): string {
  return readFileSync(path.join(projectRoot, page), 'utf8');
}

function pagesIn(folder: string): string[] {
  const names = readdirSync(path.join(projectRoot, folder));
  return names.filter((name) => name.endsWith('.md')).map((name) => `${folder}/${name}`);
}

function blocksOf(page: string, ...languages: readonly string[]): Block[] {
  const all = [...read(page).matchAll(/^```(\w+)\n(.*?)^```/gms)];
  return all
    .map(([, language = '', text = '']) => ({ language, text }))
    .filter(({ language }) => languages.includes(language));
}

/** A command goes on while a quote is open or a line ends with a backslash. */
function commandsIn({ text }: Block): string[] {
  const commands: string[] = [];
  let command = '';
  for (const line of text.split('\n')) {
    command += command === '' ? line : `\n${line}`;
    const isOpen = (command.match(/'/g) ?? []).length % 2 === 1 || command.endsWith('\\');
    if (isOpen) continue;
    if (command.trim() !== '' && !command.startsWith('#')) commands.push(command);
    command = '';
  }
  return commands;
}

async function exists(program: string): Promise<boolean> {
  return run(program, ['--version']).then(
    () => true,
    () => false,
  );
}
