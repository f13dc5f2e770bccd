import { once } from 'node:events';
import Koa from 'koa';

// The reference of the benchmark: the least a Koa server can do, in a process of its own.
const app = new Koa();
app.use((ctx) => {
  ctx.status = 204;
});

const server = app.listen(0, '127.0.0.1');
await once(server, 'listening');
const address = server.address();
if (address === null || typeof address === 'string') throw new Error('expected to listen on a port');
console.log(`reference listens on http://127.0.0.1:${address.port}`);

process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
});
