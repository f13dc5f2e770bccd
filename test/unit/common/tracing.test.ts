import { expect } from 'chai';
import { parseTraceparent } from '../../../server/common/tracing.ts';
import { createHttpApp } from '../../../server/http/routes.ts';
import { keptLog } from '../../support/logs.ts';
import { httpDependencies } from '../../support/server/http-dependencies.ts';
import { whileServing } from '../../support/server/serve.ts';

const [TRACE, SPAN] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'] as const;
const VALID = `00-${TRACE}-${SPAN}-01`;
const INVALID = [
  '',
  'x',
  `00-${TRACE}-${SPAN}`,
  `ff-${TRACE}-${SPAN}-01`,
  `00-${TRACE}-${SPAN}-01-more`,
  `00-${TRACE.toUpperCase()}-${SPAN}-01`,
  `00-${'0'.repeat(32)}-${SPAN}-01`,
  `00-${TRACE}-${'0'.repeat(16)}-01`,
  `00-${TRACE}-${SPAN}-1`,
  ` ${VALID}`,
  `01-${TRACE}-${SPAN}-01-${'x'.repeat(1000)}`,
];

describe('traceparent', () => {
  it('is read as the W3C says, later versions included', () => {
    const found = { traceId: TRACE, spanId: SPAN, traceFlags: 1, isRemote: true };
    expect(parseTraceparent(VALID)).to.deep.equal(found);
    expect(parseTraceparent(`00-${TRACE}-${SPAN}-fe`)).to.deep.equal({ ...found, traceFlags: 0 });
    expect(parseTraceparent(`01-${TRACE}-${SPAN}-01-more`)).to.deep.equal(found);
  });

  for (const header of INVALID) {
    it(`counts as none: ${JSON.stringify(header.slice(0, 70))}`, () => {
      expect(parseTraceparent(header)).to.equal(undefined);
    });
  }

  it('of a request is in its log lines, without any SDK', async () => {
    const { log, lines } = keptLog();
    await whileServing(createHttpApp({ ...httpDependencies, log }).callback(), async (url) => {
      for (const traceparent of [VALID, 'nonsense']) {
        expect((await fetch(`${url}/events`, { headers: { traceparent } })).status).to.equal(500);
      }
    });
    expect(lines[0]).to.include({ trace_id: TRACE, span_id: SPAN, msg: 'a request failed' });
    expect(lines[1]).not.to.have.any.keys('trace_id', 'span_id');
  });
});
