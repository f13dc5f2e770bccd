import Koa from 'koa';
import { serveReference } from './serve-reference.ts';

// The reference of the benchmark: the least a Koa server can do, in a process of its own.
const app = new Koa();
app.use((ctx) => {
  ctx.status = 204;
});
await serveReference(app);
