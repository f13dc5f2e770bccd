import { Redis } from 'ioredis';
import Koa from 'koa';
import { serveReference } from './serve-reference.ts';

// What one would build instead: a Koa app that adds each event to a Redis stream and then answers 204. The stream is
// trimmed, as a consumer would; nothing reads it, and no database has its events.
const MAX_LENGTH = 100_000;

const redis = new Redis(process.env['REDIS_SOCKET'] ?? '', { enableAutoPipelining: true });

const app = new Koa();
app.use(async (ctx) => {
  const { timestamp = '', user = '' } = ctx.query;
  const name = 'click' in ctx.query ? 'click' : 'impression';
  const fields = ['timestamp', String(timestamp), 'user', String(user), 'name', name];
  await redis.xadd('events', 'MAXLEN', '~', MAX_LENGTH, '*', ...fields);
  ctx.status = 204;
});

await serveReference(app, async () => {
  await redis.quit();
});
