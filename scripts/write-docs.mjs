// Writes the pages of docs/ that are made of the program's own lists.
import { writeFileSync } from 'node:fs';
import { configurationPage } from '../.build/server/config/configuration-page.js';

writeFileSync(new URL('../docs/configuration.md', import.meta.url), configurationPage());
