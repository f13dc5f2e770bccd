import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect } from 'chai';
import { codeOf } from '../../../server/clickhouse/errors.ts';
import { connectAny, type Nodes } from '../../../server/clickhouse/nodes.ts';
import { failure } from '../../support/http/outcome.ts';
import { whileServing } from '../../support/server/serve.ts';

const NOBODY = 'http://127.0.0.1:9';
const user = { username: 'default', password: '' };

async function whileConnected(urls: [string, ...string[]], use: (nodes: Nodes) => Promise<void>): Promise<void> {
  const endpoint = { urls, cluster: 'main', isEmbedded: false, admin: user, ingest: user, query: user, analyst: user };
  const nodes = connectAny({ endpoint, role: 'query', requestTimeoutMs: 300 });
  try {
    await use(nodes);
  } finally {
    await nodes.close();
  }
}

async function ask(nodes: Nodes): Promise<string> {
  return await nodes.use(async (client) => {
    const result = await client.query({ query: 'SELECT 1', format: 'TabSeparated' });
    return await result.text();
  });
}

async function answerOne(_: IncomingMessage, response: ServerResponse): Promise<void> {
  response.end('1');
}

async function answerCutOff(_: IncomingMessage, response: ServerResponse): Promise<void> {
  response.writeHead(500).end('Code: 279. DB::Exception: All tries failed. (ALL_CONNECTION_TRIES_FAILED)');
}

async function neverAnswer(): Promise<void> {}

describe('Nodes', () => {
  it('goes by way of the next one while one cannot be reached, and stays there', async () => {
    let asked = 0;
    const answer = async (_: IncomingMessage, response: ServerResponse) => {
      asked += 1;
      response.end('1');
    };
    await whileServing(answer, async (url) => {
      await whileConnected([NOBODY, url], async (nodes) => {
        expect([await ask(nodes), await ask(nodes)]).to.deep.equal(['1', '1']);
        expect(asked).to.equal(2);
      });
    });
  });

  it('tries each once at most, and says what the last one said', async () => {
    await whileConnected([NOBODY, NOBODY, NOBODY], async (nodes) => {
      let tries = 0;
      const error = await failure(
        nodes.use(async (client) => {
          tries += 1;
          await client.query({ query: 'SELECT 1' });
        }),
      );
      expect(tries).to.equal(3);
      expect(error).to.have.property('code', 'ECONNREFUSED');
    });
  });

  it('takes the word of a node that answers, also when it refuses', async () => {
    let asked = 0;
    const refuse = async (_: IncomingMessage, response: ServerResponse) => {
      asked += 1;
      response.writeHead(400).end('Code: 62. DB::Exception: Syntax error. (SYNTAX_ERROR)');
    };
    await whileServing(refuse, async (url) => {
      await whileConnected([url, NOBODY], async (nodes) => {
        for (const time of [1, 2]) expect(codeOf(await failure(ask(nodes))), String(time)).to.equal('62');
        expect(asked).to.equal(2);
      });
    });
  });

  it('lets a request wait for one node alone, and sends the next by way of another', async () => {
    await whileServing(neverAnswer, async (silent) => {
      await whileServing(answerOne, async (url) => {
        await whileConnected([silent, url], async (nodes) => {
          expect(codeOf(await failure(ask(nodes)))).to.equal(undefined);
          expect(await ask(nodes)).to.equal('1');
        });
      });
    });
  });

  it('leaves a node that cannot reach the others', async () => {
    await whileServing(answerCutOff, async (first) => {
      await whileServing(answerOne, async (second) => {
        await whileConnected([first, second], async (nodes) => {
          expect(codeOf(await failure(ask(nodes)))).to.equal('279');
          expect(await ask(nodes)).to.equal('1');
        });
      });
    });
  });
});
