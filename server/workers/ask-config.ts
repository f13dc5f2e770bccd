import type { Config } from '../config/config.ts';
import type { FromPrimary } from './messages.ts';
import { tellPrimary } from './worker-rpc.ts';

/** In a worker: the configuration, as the primary has read it once, for every worker that is ever started. */
export async function askConfig(): Promise<Config> {
  return await new Promise((resolve) => {
    const take = (message: FromPrimary) => {
      if (message.clickhour !== 'configuration') return;
      process.off('message', take);
      resolve(message.config);
    };
    process.on('message', take);
    tellPrimary({ clickhour: 'configure' });
  });
}
