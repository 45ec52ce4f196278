// The port: HTTP and WebSockets together, what is no request, and an end that waits for nobody.
import { request } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openHttp, type OpenPort } from '../../src/live/serve.ts';
import { keptTo } from '../support/busyness.ts';
import { removeTemporary, sample, temporary, type Sample } from '../support/api.ts';
import { selfSigned } from '../support/certificate.ts';
import { specOf } from '../support/sample-cluster.ts';
import { until } from '../support/until.ts';
import { watcher } from '../support/watcher.ts';

test.after(removeTemporary);

async function open(made: Sample, graceMs = 2000): Promise<OpenPort & { end(): Promise<number> }> {
  const port = await openHttp({ app: made.app, port: 0, bind: '127.0.0.1', closing: made.closing });
  return {
    ...port,
    end: async () => {
      const at = Date.now();
      await port.close(graceMs);
      return Date.now() - at;
    },
  };
}

/** Sends bytes as they are and gives all that comes back. */
const raw = (port: number, bytes: string) =>
  new Promise<string>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let text = '';
    socket
      .on('data', (data) => {
        text += data;
      })
      .on('close', () => resolve(text))
      .on('error', reject);
  });

test("an address is told, requests are answered, and the caller's address is known", async () => {
  const made = sample();
  const { address, port, end } = await open(made);
  assert.is(address, `http://127.0.0.1:${port}`);
  assert.is((await fetch(`${address}/v1/status`)).status, 200);
  await fetch(`${address}/v1/apps`, { method: 'POST', body: JSON.stringify({ name: 'web', toProcess: 'sleep' }) });
  assert.equal(made.cluster.calls[0]!.by, { name: 'local', role: 'admin', from: '127.0.0.1' });
  const took = await end();
  assert.ok(keptTo(1000, took), `took ${took} ms`);
  let refused = false;
  await fetch(`${address}/v1/status`).catch(() => {
    refused = true;
  });
  assert.ok(refused, 'closed');
});

test('a body that is too large is answered, also to who says no length and sends on', async () => {
  const made = sample();
  const { port, end } = await open(made);
  const { status, type, text } = await new Promise<{ status: number; type: string; text: string }>(
    (resolve, reject) => {
      const asked = request({ port, host: '127.0.0.1', method: 'POST', path: '/v1/apps' }, (answer) => {
        let body = '';
        answer.on('data', (data) => (body += data));
        answer.on('end', () =>
          resolve({ status: answer.statusCode!, type: answer.headers['content-type'] ?? '', text: body }),
        );
      });
      asked.on('error', reject);
      for (let n = 0; n < 30; n += 1) asked.write(Buffer.alloc(1024 ** 2, 32));
      asked.end();
    },
  );
  assert.equal([status, type], [413, 'application/problem+json']);
  assert.is(JSON.parse(text).code, 'too-large');
  assert.is((await fetch(`http://127.0.0.1:${port}/v1/status`)).status, 200);
  await end();
});

test('a port that is taken is told with what to do', async () => {
  const made = sample();
  const { port, end } = await open(made);
  let message = '';
  await openHttp({ app: made.app, port, bind: '127.0.0.1' }).catch((error: Error) => {
    message = error.message;
  });
  assert.is(
    message,
    `cannot open port ${port} on 127.0.0.1: another program listens there. Choose another with --port`,
  );
  await openHttp({ app: made.app, port: 0, bind: '203.0.113.7' }).catch((error: Error) => {
    message = error.message;
  });
  assert.match(message, /this machine has no such address/);
  await end();
});

test('over TLS, sockets and cookies too', async () => {
  const tls = selfSigned(temporary());
  if (!tls) return;
  const hub = sample({ bind: '0.0.0.0' });
  const port = await openHttp({
    app: hub.app,
    port: 0,
    bind: '127.0.0.1',
    closing: hub.closing,
    tls,
  });
  assert.is(port.address, `https://127.0.0.1:${port.port}`);
  const ca = tls.cert;
  const viewer = await watcher(port.address, {
    ca,
    headers: { authorization: `Bearer ${hub.admin}`, origin: port.address },
  });
  await viewer.next('hello');
  assert.match(
    await watcher(port.address, {
      ca,
      headers: { authorization: `Bearer ${hub.admin}`, origin: port.address.replace('https', 'http') + '0' },
    }).then(
      () => 'opened',
      (error: Error) => error.message,
    ),
    /403/,
  );
  const cookie = await new Promise<string>((resolve, reject) => {
    const body = `token=${hub.admin}`;
    const request = httpsRequest(
      `${port.address}/login`,
      { method: 'POST', ca, headers: { 'content-length': body.length } },
      (response) => {
        response.resume();
        resolve(String(response.headers['set-cookie']));
      },
    );
    request.on('error', reject).end(body);
  });
  assert.match(cookie, /; HttpOnly; Secure; SameSite=Strict$/);
  const began = Date.now();
  await port.close();
  assert.is((await viewer.closed).code, 1012);
  assert.ok(keptTo(10_000, Date.now() - began));
});

test('what is no request is answered as a problem, and nothing ends', async () => {
  const made = sample();
  const { port, address, end } = await open(made);
  assert.match(await raw(port, 'nonsense\r\n\r\n'), /^HTTP\/1\.1 400 .*"code":"invalid-request"/s);
  assert.match(
    await raw(port, `GET / HTTP/1.1\r\nHost: localhost\r\nX-Large: ${'x'.repeat(20_000)}\r\n\r\n`),
    /^HTTP\/1\.1 431 .*"code":"too-large"/s,
  );
  assert.match(
    await raw(port, `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`),
    /^HTTP\/1\.1 (431|413)/,
  );
  assert.match(
    await raw(port, 'GET /v1/status HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n'),
    /^HTTP\/1\.1 403/,
  );
  assert.match(await raw(port, 'GET /v1/status HTTP/1.1\r\nConnection: close\r\n\r\n'), /^HTTP\/1\.1 400/);
  assert.is((await fetch(`${address}/healthz`)).status, 200);
  await end();
});

test('bodies that do not say their length are read and bounded; requests without one need none', async () => {
  const made = sample();
  const { address, port, end } = await open(made);
  const chunked = (size: number) =>
    new ReadableStream({
      pull(controller) {
        controller.enqueue(new TextEncoder().encode(`{"name": "web", "toProcess": "sleep"${' '.repeat(size)}}`));
        controller.close();
      },
    });
  const post = (size: number) =>
    fetch(`${address}/v1/apps`, { method: 'POST', body: chunked(size), duplex: 'half' } as RequestInit);
  assert.is((await post(10)).status, 201);
  assert.is((await post(3_000_000)).status, 413);
  assert.is((await fetch(`${address}/v1/apps/web`, { method: 'DELETE' })).status, 202);
  assert.match(
    await raw(
      port,
      'POST /v1/apps HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\nConnection: close\r\n\r\n',
    ),
    /^HTTP\/1\.1 413/,
  );
  assert.match(
    await raw(port, 'POST /v1/apps HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'),
    /^HTTP\/1\.1 400 .*the body is empty/s,
  );
  await end();
});

test('a WebSocket of another page, or without a token where one is needed, is refused before it opens', async () => {
  const made = sample();
  const { address, end } = await open(made);
  const refusal = (options: object) =>
    watcher(address, options).then(
      () => 'opened',
      (error: Error) => error.message,
    );
  assert.match(await refusal({ headers: { origin: 'https://evil.example' } }), /403/);
  assert.match(await refusal({ headers: { host: 'evil.example' } }), /403/);
  assert.match(await refusal({ headers: { authorization: 'Bearer wrong' } }), /401/);
  assert.is((await fetch(`${address}/v1/live`)).status, 400, 'a plain GET');
  const fine = await watcher(address, { headers: { origin: address } });
  await fine.next('hello');
  fine.socket.close();
  await end();

  const guarded = sample({ bind: '0.0.0.0' });
  const there = await open(guarded);
  assert.match(
    await watcher(there.address).then(
      () => 'opened',
      (error: Error) => error.message,
    ),
    /401/,
  );
  const read = guarded.tokens.create('r', 'read').token;
  guarded.cluster.addApp(specOf('web', { envs: { DB_PASSWORD: 'hunter2' } }));
  const viewer = await watcher(there.address, { headers: { cookie: `stathub=${read}` } });
  viewer.watch('cluster');
  const { apps } = await viewer.next('snapshot', 'cluster');
  assert.is(apps![0]!.spec.envs['DB_PASSWORD'], '***');
  guarded.cluster.changed({ apps: ['web'] });
  assert.is((await viewer.next('change', 'cluster')).apps!['web']!.spec.envs['DB_PASSWORD'], '***');
  viewer.socket.close();
  await there.end();
});

test('closing ends streams and WebSockets in order, and cuts what does not end', async () => {
  const made = sample();
  const { address, end } = await open(made, 300);
  const events = await fetch(`${address}/v1/events`, { headers: { accept: 'text/event-stream' } });
  const reader = events.body!.getReader();
  await reader.read();
  const polite = await watcher(address);
  await polite.next('hello');
  // One that never answers the closing handshake, and one request that is never finished.
  const deaf = connect(Number(new URL(address).port), '127.0.0.1');
  deaf.write(
    [
      'GET /v1/live HTTP/1.1',
      'Host: localhost',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      '\r\n',
    ].join('\r\n'),
  );
  const half = connect(Number(new URL(address).port), '127.0.0.1');
  half.write('POST /v1/apps HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{');
  for (const socket of [deaf, half]) socket.on('error', () => {});
  await until('both are connected', () => deaf.bytesRead > 0 && half.bytesWritten > 0);
  const took = await end();
  assert.ok(took >= 250 && keptTo(1500, took), `took ${took} ms`);
  assert.equal(await polite.closed, { code: 1012, reason: 'the hub is stopping' });
  for (;;) {
    const { done } = await reader.read().catch(() => ({ done: true }));
    if (done) break;
  }
  deaf.destroy();
  half.destroy();
});

test('a reader of events that goes away leaves nothing behind', async () => {
  const made = sample();
  const { address, end } = await open(made);
  const abort = new AbortController();
  const response = await fetch(`${address}/v1/events`, {
    headers: { accept: 'text/event-stream' },
    signal: abort.signal,
  });
  await response.body!.getReader().read();
  await until('it is subscribed', () => made.cluster.listeners.size === 1);
  abort.abort();
  await until('it is gone', () => made.cluster.listeners.size === 0);
  await end();
});

test('a followed log ends with its reader', async () => {
  const made = sample();
  made.cluster.addInstance('web.0.aaaaaaaa');
  let ended = false;
  made.cluster.output = async function* (_request, signal) {
    try {
      yield { stream: 'stdout' as const, cursor: 6, bytes: new TextEncoder().encode('hello\n') };
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    } finally {
      ended = true;
    }
  };
  const { address, end } = await open(made);
  const abort = new AbortController();
  const response = await fetch(`${address}/v1/instances/web.0.aaaaaaaa/logs?follow=true`, { signal: abort.signal });
  const { value } = await response.body!.getReader().read();
  assert.is(new TextDecoder().decode(value), 'hello\n');
  assert.is(ended, false);
  abort.abort();
  await until('the log is let go', () => ended);
  await end();
});

test.run();
