import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { projectRoot } from '../../../server/common/project-root.ts';
import { servePages, type PageServer } from '../server/page-server.ts';

/**
 * Serves the example page of the snippet on an origin of its own, whose policy allows no script in the page itself and no
 * other host but the service. At `/heeding` the page heeds who asks not to be tracked.
 * @param service asked for each request
 */
export async function snippetPage(service: () => { readonly url: string; readonly key: string }): Promise<PageServer> {
  const example = await sourceOf('example.html');
  const script = await sourceOf('example.js');
  return await servePages(
    () => {
      const { url, key } = service();
      const page = example.replace('http://127.0.0.1:8080', url).replace('PAGE_KEY', key);
      return {
        '/': ['text/html', page],
        '/heeding': ['text/html', page.replace('data-key', 'data-dnt data-key')],
        '/example.js': ['text/javascript', script],
      };
    },
    () => `default-src 'none'; script-src 'self' ${service().url}; connect-src ${service().url}`,
  );
}

async function sourceOf(name: string): Promise<string> {
  return await readFile(path.join(projectRoot, 'snippet', name), 'utf8');
}
