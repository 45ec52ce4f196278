// Events and output as they come: replay, taking up again, slow readers, ends.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { removeTemporary, sample, type Sample } from '../support/api.ts';
import { letPass, until } from '../support/until.ts';

test.after(removeTemporary);

interface Sent {
  event: string;
  id: string | null;
  data: any;
} // oxlint-disable-line no-explicit-any

/** Reads a stream of server-sent events until told to stop. */
async function listen(made: Sample, path: string, headers: Record<string, string> = {}) {
  const abort = new AbortController();
  const response = await made.app.request(`http://localhost${path}`, {
    headers: { accept: 'text/event-stream', ...headers },
    signal: abort.signal,
  });
  const events: Sent[] = [];
  let text = '';
  let ended = false;
  const reader = response.body!.getReader();
  const reading = (async () => {
    const decoder = new TextDecoder();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      text += decoder.decode(value, { stream: true });
      for (let at = text.indexOf('\n\n'); at >= 0; at = text.indexOf('\n\n')) {
        const lines = text.slice(0, at).split('\n');
        text = text.slice(at + 2);
        const field = (name: string) =>
          lines
            .filter((l) => l.startsWith(`${name}: `))
            .map((l) => l.slice(name.length + 2))
            .join('\n');
        if (lines[0]!.startsWith(':')) continue;
        events.push({ event: field('event') || 'message', id: field('id') || null, data: JSON.parse(field('data')) });
      }
    }
  })()
    .catch(() => {})
    .finally(() => {
      ended = true;
    });
  return {
    response,
    events,
    messages: () => events.filter((e) => e.event === 'message'),
    ended: () => ended,
    stop: async () => {
      await reader.cancel().catch(() => {});
      await reading;
    },
  };
}

test('events by page: newest first, onwards, backwards, since', async () => {
  const { cluster, ask } = sample();
  for (let i = 1; i <= 30; i++)
    cluster.addEvent(`event ${i}`, {
      at: 1_700_000_000_000 + i * 1000,
      kind: i % 2 ? 'app.scaled' : 'app.deployed',
      subject: { app: i % 3 ? 'web' : 'web-2' },
    });
  const seqs = (answer: { body: { items: { seq: number }[] } }) => answer.body.items.map((e) => e.seq);
  const newest = await ask('/v1/events?size=3');
  assert.equal([seqs(newest), newest.body.total, newest.body.oldest, newest.body.newest], [[30, 29, 28], null, 1, 30]);
  assert.is((await ask('/v1/events?size=31')).body.total, 30, 'a page that holds everything counts');
  assert.is((await ask('/v1/events?after=28')).body.total, null, 'a part does not');
  assert.equal(seqs(await ask('/v1/events?size=3&before=28')), [27, 26, 25]);
  assert.equal(seqs(await ask('/v1/events?size=3&after=0')), [1, 2, 3]);
  assert.equal(seqs(await ask('/v1/events?after=28')), [29, 30]);
  assert.equal(seqs(await ask('/v1/events?size=2&query=kind:app.scaled')), [29, 27]);
  assert.equal(seqs(await ask('/v1/events?since=1700000025000&after=0')), [25, 26, 27, 28, 29, 30]);
  assert.equal(seqs(await ask('/v1/events?since=2023-11-14T22:13:48.500Z&after=0&query=kind:app.scaled')), [29]);
  assert.is((await ask('/v1/events?query=kind:app.scaled')).body.total, null, 'not counted');
  assert.is((await ask('/v1/events?since=soon')).status, 400);
  const bad = await ask('/v1/events?since=10m&query=(kind:x');
  assert.equal([bad.status, bad.body.code], [400, 'invalid-query']);
  assert.equal(
    bad.body.detail,
    (await ask('/v1/events?query=(kind:x')).body.detail,
    'the place is in what the caller wrote',
  );
});

test('events as they come, and replayed to who comes back', async () => {
  const made = sample();
  const { cluster } = made;
  for (let i = 1; i <= 5; i++) cluster.addEvent(`old ${i}`);
  const live = await listen(made, '/v1/events');
  assert.equal(
    [live.response.headers.get('content-type'), live.response.headers.get('cache-control')],
    ['text/event-stream', 'no-store'],
  );
  await until('it is open', () => live.events.length === 1);
  assert.equal(live.events[0], { event: 'open', id: null, data: { oldest: 1, newest: 5, after: 5 } });
  cluster.addEvent('new 6');
  cluster.addEvent('with\nlines', { detail: { a: 1 } });
  await until('both', () => live.messages().length === 2);
  assert.equal(
    live.messages().map((e) => [e.id, e.data.message]),
    [
      ['6', 'new 6'],
      ['7', 'with\nlines'],
    ],
  );
  await live.stop();
  await until('unsubscribed', () => cluster.listeners.size === 0);

  const back = await listen(made, '/v1/events', { 'last-event-id': '3' });
  await until('what was missed', () => back.messages().length === 4);
  assert.equal(
    back.messages().map((e) => e.id),
    ['4', '5', '6', '7'],
  );
  cluster.addEvent('new 8');
  await until('and on', () => back.messages().length === 5);
  await back.stop();

  const filtered = await listen(made, '/v1/events?query=message:new&after=0');
  await until('the matching ones', () => filtered.messages().length === 2);
  cluster.addEvent('old again');
  cluster.addEvent('new 10');
  await until('the new one', () => filtered.messages().length === 3);
  assert.equal(
    filtered.messages().map((e) => e.id),
    ['6', '8', '10'],
  );
  await filtered.stop();
  assert.is(
    (await made.ask('/v1/events', { headers: { accept: 'text/event-stream', 'last-event-id': 'x' } })).status,
    400,
  );
  assert.is(
    (await made.ask('/v1/events?query=(', { headers: { accept: 'text/event-stream' } })).status,
    400,
    'a bad query is refused before the stream begins',
  );
});

test('a gap is told when what was missed is no longer kept', async () => {
  const made = sample();
  for (let i = 1; i <= 5; i++) made.cluster.addEvent(`e ${i}`);
  made.cluster.log = made.cluster.log.slice(3);
  const stream = await listen(made, '/v1/events', { 'last-event-id': '1' });
  await until('what is left', () => stream.messages().length === 2);
  assert.equal(stream.events[1], { event: 'gap', id: null, data: { from: 2, to: 3 } });
  await stream.stop();
});

test('a long backlog is read as fast as it is taken, not at once', async () => {
  const made = sample();
  for (let i = 0; i < 5000; i++)
    made.cluster.log.push({
      seq: i + 1,
      at: i,
      kind: 'x.y',
      subject: {},
      message: 'm'.repeat(200),
      loudness: 'quiet',
      detail: {},
    });
  let reads = 0;
  const read = made.cluster.events.bind(made.cluster);
  made.cluster.events = (options) => {
    reads++;
    return read(options);
  };
  const response = await made.app.request('http://localhost/v1/events?after=0', {
    headers: { accept: 'text/event-stream' },
  });
  const reader = response.body!.getReader();
  for (let i = 0; i < 10; i++) await reader.read();
  await letPass(50);
  assert.ok(reads <= 3, `${reads} reads for ten events`);
  await reader.cancel();
});

test('stopping ends every stream', async () => {
  const made = sample();
  made.cluster.addInstance('web.0.aaaaaaaa');
  made.cluster.output = async function* (_request, signal) {
    yield { stream: 'stdout' as const, cursor: 2, bytes: new TextEncoder().encode('a\n') };
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
  };
  const events = await listen(made, '/v1/events');
  const log = await listen(made, '/v1/instances/web.0.aaaaaaaa/logs?follow=true');
  await until('both run', () => events.events.length && log.events.length);
  made.closing.abort();
  await until('both end', () => events.ended() && log.ended());
  assert.is(made.cluster.listeners.size, 0);
  assert.equal([(await made.ask('/readyz')).status, (await made.ask('/readyz')).body.code], [503, 'stopping']);
});

test('output: bytes as they are, or events that can be taken up again', async () => {
  const made = sample();
  const { cluster, ask } = made;
  cluster.addInstance('web.0.aaaaaaaa');
  const requests: object[] = [];
  const grin = new TextEncoder().encode('😀\n');
  cluster.output = async function* (request) {
    requests.push(request);
    yield { stream: 'stdout', cursor: 102, bytes: grin.slice(0, 2) };
    yield { stream: 'stderr', cursor: 7, bytes: Uint8Array.of(0xff, 0x0a) };
    yield { stream: 'stdout', cursor: 105, bytes: grin.slice(2) };
  };
  const response = await made.app.request(
    'http://localhost/v1/instances/web.0.aaaaaaaa/logs?stream=both&tail=5&grep=a%2Bb',
  );
  assert.equal([...new Uint8Array(await response.arrayBuffer())], [...grin.slice(0, 2), 0xff, 0x0a, ...grin.slice(2)]);
  assert.match(response.headers.get('content-type')!, /^text\/plain/);
  assert.equal(requests[0], {
    stream: 'both',
    tail: 5,
    follow: false,
    since: null,
    until: null,
    grep: 'a+b',
    after: null,
  });

  const stream = await listen(made, '/v1/instances/web.0.aaaaaaaa/logs', { 'last-event-id': '100.5' });
  await until('the end', () => stream.events.some((e) => e.event === 'end'));
  assert.equal(stream.events.slice(0, 3), [
    { event: 'stdout', id: '102.5', data: { cursor: 102, text: '' } },
    { event: 'stderr', id: '102.7', data: { cursor: 7, text: '\uFFFD\n' } },
    { event: 'stdout', id: '105.7', data: { cursor: 105, text: '😀\n' } },
  ]);
  assert.equal((requests[1] as { after: object }).after, { stdout: 100, stderr: 5 });
  for (const bad of [
    'tail=-1',
    'tail=100001',
    'tail=some',
    'until=soon',
    'stream=stdlog',
    'follow=maybe',
    'grep=%2F(%2F',
    'since=yesterday',
  ])
    assert.is((await ask(`/v1/instances/web.0.aaaaaaaa/logs?${bad}`)).status, 400, bad);
  await (
    await made.app.request(
      'http://localhost/v1/instances/web.0.aaaaaaaa/logs?since=1700000000000&until=1700000060000&tail=all',
    )
  ).text();
  await (await made.app.request('http://localhost/v1/instances/web.0.aaaaaaaa/logs?since=1700000000000')).text();
  assert.equal(
    requests.slice(-2).map((r: any) => [r.since, r.until, r.tail > 1e6]),
    [
      [1_700_000_000_000, 1_700_000_060_000, true],
      [1_700_000_000_000, null, true],
    ],
  ); // oxlint-disable-line no-explicit-any
  assert.is((await ask('/v1/instances/none.0.aaaaaaaa/logs')).body.code, 'instance-not-found');
});

test.run();
