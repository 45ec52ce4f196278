// The API of a joined agent is loaded when it is asked for more than its health.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { lateApi } from '../../src/run/late-api.ts';

const test = suite('late API');
const get = (path: string): Request => new Request(`http://agent${path}`);

function counted({ ready = true, failures = 0 } = {}) {
  let loads = 0;
  const api = lateApi(
    async () => {
      loads += 1;
      if (loads <= failures) throw new Error('the disk is full');
      return { fetch: (request) => new Response(`whole ${new URL(request.url).pathname}`) };
    },
    () => ready,
  );
  return { loads: () => loads, ask: async (request: Request) => (await api.fetch(request)).text() };
}

test('health needs none of it, all else loads it once', async () => {
  const { ask, loads } = counted();
  assert.is(await ask(get('/healthz')), 'ok\n');
  assert.is(await ask(get('/readyz')), 'ready\n');
  assert.is(loads(), 0);
  assert.equal(await Promise.all([ask(get('/v1/status')), ask(get('/v1/nodes'))]), [
    'whole /v1/status',
    'whole /v1/nodes',
  ]);
  assert.is(loads(), 1);
  assert.is(await ask(get('/readyz')), 'whole /readyz');
});

test('who is not ready is told why by the whole API', async () => {
  const { ask, loads } = counted({ ready: false });
  assert.is(await ask(get('/readyz')), 'whole /readyz');
  assert.is(loads(), 1);
});

test('a load that failed is tried again', async () => {
  const { ask } = counted({ failures: 1 });
  let said = '';
  try {
    await ask(get('/v1/status'));
  } catch (error) {
    said = (error as Error).message;
  }
  assert.is(said, 'the disk is full');
  assert.is(await ask(get('/v1/status')), 'whole /v1/status');
});

test.run();
