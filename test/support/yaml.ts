import { createRequire } from 'node:module';

interface Yaml {
  load(text: string): unknown;
  loadAll(text: string): unknown[];
}

/** mocha reads its own settings with it. */
export const yaml = createRequire(createRequire(import.meta.url).resolve('mocha'))('js-yaml') as Yaml;
