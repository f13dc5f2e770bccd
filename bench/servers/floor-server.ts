import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Koa from 'koa';
import { createDurableFile } from '../../server/journal/segment-file.ts';
import { serveReference } from './serve-reference.ts';

// The least that a durable answer takes: a Koa app that writes a line for each request, synced once for all that wait, and
// only then answers 204. It reads no parameter, ships nothing, and never begins another file.
const LINE = `{"timestamp":1700000000000000,"user":"someone","category":"analytics","name":"click","data":"{}"}\n`;

const folder = await mkdtemp(path.join(tmpdir(), 'clickhour-bench-floor-'));
const file = await createDurableFile(path.join(folder, 'lines'));
let position = 0;
let waiting: (() => void)[] = [];
let isWriting = false;

const app = new Koa();
app.use(async (ctx) => {
  const durable = new Promise<void>((resolve) => waiting.push(resolve));
  void writeAll();
  await durable;
  ctx.status = 204;
});

async function writeAll(): Promise<void> {
  if (isWriting) return;
  isWriting = true;
  await new Promise((resolve) => setImmediate(resolve));
  while (waiting.length > 0) {
    const group = waiting;
    waiting = [];
    const lines = Buffer.from(LINE.repeat(group.length));
    await file.write(lines, position);
    position += lines.length;
    for (const resolve of group) resolve();
  }
  isWriting = false;
}

await serveReference(app, async () => {
  await file.close();
  await rm(folder, { recursive: true });
});
