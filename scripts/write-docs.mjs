// Writes the pages of docs/ that are made of the program's own lists.
import { writeFileSync } from 'node:fs';
import { configurationPage } from '../.build/server/config/configuration-page.js';
import { openApiDocument } from '../.build/server/http/openapi/openapi.js';
import { operations } from '../.build/server/http/routes.js';
import { httpDependencies } from '../.build/test/support/server/http-dependencies.js';

write('configuration.md', configurationPage());
if (process.argv.includes('--released')) {
  // What the next release is compared with, by test/unit/http/breaking-changes.test.ts.
  const document = openApiDocument(operations(httpDependencies));
  write('openapi-released.json', `${JSON.stringify(document, undefined, 2)}\n`);
}
// What the metrics of the operations hold open.
process.exit();

function write(name, text) {
  writeFileSync(new URL(`../docs/${name}`, import.meta.url), text);
}
