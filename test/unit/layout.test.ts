import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../server/common/project-root.ts';

const TREES = ['server', 'dashboard', 'clickhouse', 'bench', 'test'];
const MAX_FILES = 16;

describe('the layout', () => {
  it('has no two folders that import each other, directly or through others', () => {
    const imports = new Map<string, Set<string>>();
    for (const file of ['server', 'dashboard', 'clickhouse'].flatMap(filesBelow)) {
      const folder = path.posix.dirname(file);
      for (const target of importedBy(file)) {
        if (path.posix.dirname(target) === folder) continue;
        imports.set(folder, (imports.get(folder) ?? new Set()).add(path.posix.dirname(target)));
      }
    }
    const circles = [...imports.keys()].filter((folder) => reachable(folder, imports).has(folder));
    expect(imports.size).to.be.greaterThan(10);
    expect(circles).to.deep.equal([]);
  });

  it(`has no folder of more than ${MAX_FILES} files`, () => {
    const files = TREES.flatMap(filesBelow);
    const counts = grouped(files);
    const crowded = [...counts].filter(([, inside]) => inside.length > MAX_FILES).map(([folder]) => folder);
    expect(crowded).to.deep.equal([]);
  });

  it('is walked by the document of the architecture as the imports say', () => {
    const document = readFileSync(path.join(projectRoot, 'docs/architecture.md'), 'utf8');
    const [, ways = ''] = /^## Request paths\n([^]*?)^## /m.exec(document) ?? [];
    const sections = ways.split(/^### /m).slice(1);
    expect(sections.length).to.be.greaterThan(4);
    // They belong to every way: what puts the parts together, and what each request passes.
    const passed = ['server/app.ts', 'server/open-answers.ts', 'server/open-gate.ts'];
    for (const section of sections) {
      const files = [...section.matchAll(/^\d+\. `([^`]+)`: /gm)].map(([, file = '']) => file);
      expect(files, section).to.have.length.above(3);
      for (const file of files) {
        const known = passed.flatMap(importedBy);
        expect(known, `what is named before it imports ${file}`).to.include(file);
        passed.push(file);
      }
    }
  });
});

function grouped(files: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const file of files) {
    const folder = path.posix.dirname(file);
    groups.set(folder, [...(groups.get(folder) ?? []), file]);
  }
  return groups;
}

function filesBelow(folder: string): string[] {
  return readdirSync(path.join(projectRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    const place = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesBelow(place);
    return /\.tsx?$/.test(entry.name) ? [place] : [];
  });
}

function importedBy(file: string): string[] {
  const text = readFileSync(path.join(projectRoot, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+\.tsx?)'/g)].map(([, specifier = '']) =>
    path.posix.join(path.posix.dirname(file), specifier),
  );
}

function reachable(from: string, imports: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const seen = new Set<string>();
  const ahead = [...(imports.get(from) ?? [])];
  for (let next = ahead.pop(); next !== undefined; next = ahead.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    ahead.push(...(imports.get(next) ?? []));
  }
  return seen;
}
