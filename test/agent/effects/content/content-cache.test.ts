// What several launches want of one cache at the same time, and bytes that are those of the origin.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ContentCache } from '../../../../src/agent/effects/content/content-cache.ts';
import { FetchError } from '../../../../src/agent/effects/content/fetch-error.ts';
import { until } from '../../../support/until.ts';

const fresh = (): string => mkdtempSync(join(process.env['TEST_DIRECTORY'] ?? tmpdir(), 'cache-'));
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

async function origin(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(resolve);
      }),
  };
}

/** An origin that gives the first half of a body at once, and the rest when it is told to. */
async function slowOrigin(body: Buffer) {
  const held: ServerResponse[] = [];
  let asked = 0;
  let gone = 0;
  const from = await origin((_, response) => {
    asked++;
    response.on('close', () => {
      if (!response.writableFinished) gone++;
    });
    response.writeHead(200, { 'content-length': body.length });
    response.write(body.subarray(0, body.length / 2));
    held.push(response);
  });
  return {
    ...from,
    asked: () => asked,
    /** Askers that hung up. */
    gone: () => gone,
    finish: () => {
      for (const response of held.splice(0)) response.end(body.subarray(body.length / 2));
    },
  };
}

const body = Buffer.from('0123456789'.repeat(20_000));

test('who wants it no more does not end the download of the others, who all hear of its progress', async () => {
  const from = await slowOrigin(body);
  const cache = new ContentCache(fresh());
  const first = new AbortController();
  const seen = [0, 0];
  const of = (n: 0 | 1) => (progress: { received: number }) => {
    seen[n] = progress.received;
  };
  const one = cache.blob(`${from.url}/f`, null, of(0), first.signal).catch((error: unknown) => error);
  const two = cache.blob(`${from.url}/f`, null, of(1));
  await until('its beginning', () => seen[0]! > 0);
  first.abort(new Error('stopped'));
  assert.is(((await one) as Error).message, 'stopped');
  from.finish();
  const blob = await two;
  await from.close();
  assert.equal(readFileSync(blob.path), body);
  assert.is(from.asked(), 1);
  assert.is(seen[1], body.length);
});

test('a download that nobody wants any more ends, and leaves nothing; who wants it then begins anew', async () => {
  const from = await slowOrigin(body);
  const directory = fresh();
  const cache = new ContentCache(directory);
  const askers = [new AbortController(), new AbortController()];
  const ended = askers.map(({ signal }) => cache.blob(`${from.url}/f`, null, undefined, signal).then(null, () => true));
  await until('the question', () => from.asked() === 1);
  for (const asker of askers) asker.abort();
  const again = cache.blob(`${from.url}/f`, null);
  assert.equal(await Promise.all(ended), [true, true]);
  await until('the second question', () => from.gone() === 1 && from.asked() === 2);
  from.finish();
  assert.equal(readFileSync((await again).path), body);
  await from.close();
  assert.equal(readdirSync(join(directory, 'parts')), []);
});

test('the same URI, wanted as it is now and by its hash at the same time: both get whole bytes', async () => {
  const from = await slowOrigin(body);
  const cache = new ContentCache(fresh(), { attempts: 1 });
  const asIs = cache.blob(`${from.url}/f`, null);
  await until('the question', () => from.asked() === 1);
  const byHash = cache.blob(`${from.url}/f`, sha256(body));
  from.finish();
  for (const blob of await Promise.all([asIs, byHash])) {
    assert.is(blob.sha256, sha256(body));
    assert.equal(readFileSync(blob.path), body);
  }
  await from.close();
  assert.is(from.asked(), 1, 'what came meanwhile is not asked for again');
});

test('an archive that its server calls encoded is kept as it is', async () => {
  const archive = gzipSync(Buffer.alloc(100_000, 'tar'));
  const from = await origin((_, response) =>
    response
      .writeHead(200, {
        'content-encoding': 'x-gzip',
        'content-type': 'application/x-tar',
        'content-length': archive.length,
      })
      .end(archive),
  );
  const blob = await new ContentCache(fresh(), { attempts: 1 }).blob(`${from.url}/a.tgz`, sha256(archive));
  await from.close();
  assert.is(blob.size, archive.length);
});

test('redirects are followed; another origin is told no password, and one that leads in circles is given up', async () => {
  const told: (string | undefined)[] = [];
  const other = await origin((request, response) => {
    told.push(request.headers.authorization);
    response.end('there');
  });
  const from = await origin((request, response) => {
    told.push(request.headers.authorization);
    const location = { '/one': '/two', '/two': `${other.url}/f`, '/circle': '/circle', '/away': 'file:///etc/passwd' };
    response.writeHead(302, { location: location[request.url as '/one'] }).end('elsewhere');
  });
  const cache = new ContentCache(fresh(), { attempts: 1 });
  const blob = await cache.blob(`${from.url.replace('//', '//u:100%@')}/one`, null);
  assert.is(readFileSync(blob.path, 'utf8'), 'there');
  const basic = `Basic ${Buffer.from('u:100%').toString('base64')}`;
  assert.equal(told, [basic, basic, undefined]);
  for (const [path, why] of [
    ['/circle', /leads on 20 times/],
    ['/away', /leads to what is no http address/],
  ] as const) {
    const error = await cache.blob(from.url + path, null).catch((thrown: unknown) => thrown);
    assert.ok(error instanceof FetchError && error.final);
    assert.match(error.message, why);
  }
  await Promise.all([from.close(), other.close()]);
});

test.run();
