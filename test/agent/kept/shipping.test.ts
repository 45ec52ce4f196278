// Output on its way to an Elasticsearch that is away, slow to agree, and back again: every line once, in order.
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Shipping, type Shipped } from '../../../src/agent/kept/shipping.ts';
import { scratch } from '../../support/scratch.ts';
import { until } from '../../support/until.ts';

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of request) text += String(piece);
  return text;
}

test('lines arrive once and in order, over refusals and a restart; the cursor is kept with the output', async () => {
  const documents = new Map<string, { message: string; stream: string; app: string }>();
  const asked: string[] = [];
  let mood: 'fine' | 'away' | 'half' = 'away';
  const server = createServer((request, response) => {
    void textOf(request).then((text) => {
      asked.push(`${request.url} ${request.headers.authorization}`);
      const answer = (status: number, body: object): void => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      };
      if (mood === 'away') return answer(503, {});
      if (!request.url!.endsWith('/_bulk')) return answer(200, {});
      const lines = text.trimEnd().split('\n');
      const items: object[] = [];
      for (let i = 0; i < lines.length; i += 2) {
        const {
          create: { _id: id },
        } = JSON.parse(lines[i]!) as { create: { _id: string } };
        if (mood === 'half' && i >= lines.length / 2) {
          items.push({ create: { status: 429, error: { reason: 'too much' } } });
          continue;
        }
        items.push({ create: { status: documents.has(id) ? 409 : 201 } });
        if (!documents.has(id)) documents.set(id, JSON.parse(lines[i + 1]!));
      }
      if (mood === 'half') mood = 'fine';
      answer(200, { errors: false, items });
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const directory = join(scratch('shipping'), 'web.0.abcdefgh');
  const said: string[] = [];
  const alive = setInterval(() => {}, 1000);
  mkdirSync(directory);
  const sources: Shipped[] = [{ id: 'web.0.abcdefgh', app: 'web', slot: 0, directory, over: false }];
  const begin = (): Shipping => {
    const one = new Shipping({
      url: `http://u:p%40ss@127.0.0.1:${(server.address() as AddressInfo).port}/`,
      node: 'n1',
      sources: () => sources,
      warn: (message) => said.push(message),
    });
    return one;
  };
  try {
    writeFileSync(join(directory, 'stdout.log'), 'one\ntwo\nthree\nhal');
    writeFileSync(join(directory, 'stderr.log'), 'oops\r\n');
    const first = begin();
    await until('it was told that it is away', () => said.length === 1);
    assert.match(said[0]!, /answers 503/);
    mood = 'half';
    await until('all whole lines', () => documents.size === 4);
    await until(
      'the cursor is kept',
      () =>
        (JSON.parse(readFileSync(join(directory, 'shipped'), 'utf8')) as { stdout: number; stderr: number }).stderr ===
        6,
    );
    await first.stop();
    appendFileSync(join(directory, 'stdout.log'), 'f\nlast\n');
    const second = begin();
    await until('the rest', () => documents.size === 6);
    appendFileSync(join(directory, 'stderr.log'), 'no end');
    sources[0] = { ...sources[0]!, over: true };
    await until('the last words', () => documents.size === 7);
    await second.stop();
    const of = (stream: string): string[] =>
      [...documents.values()].filter((one) => one.stream === stream).map(({ message }) => message);
    assert.equal(
      [of('stdout'), of('stderr')],
      [
        ['one', 'two', 'three', 'half', 'last'],
        ['oops', 'no end'],
      ],
    );
    assert.equal([...documents.keys()].slice(-3, -1), ['web.0.abcdefgh/stdout/14', 'web.0.abcdefgh/stdout/19']);
    assert.is(
      asked.find((one) => one.includes('_bulk')),
      `/logs-stathub-default/_bulk Basic ${Buffer.from('u:p@ss').toString('base64')}`,
    );
    assert.is(said.length, 1);
  } finally {
    clearInterval(alive);
    server.close();
    server.closeAllConnections();
  }
});

/** A server that takes all; what came, by instance. */
async function taker() {
  const taken = new Map<string, number>();
  const largest = { documents: 0 };
  const server = createServer((request, response) => {
    void textOf(request).then((text) => {
      const ids = request.url!.endsWith('/_bulk') ? [...text.matchAll(/^\{"create":\{"_id":"([^/]+)/gm)] : [];
      for (const [, id] of ids) taken.set(id!, (taken.get(id!) ?? 0) + 1);
      largest.documents = Math.max(largest.documents, ids.length);
      response.end(JSON.stringify({ items: ids.map(() => ({ create: { status: 201 } })) }));
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    taken,
    largest,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

test('what stands in the way of one instance holds up no other, and short lines make no endless request', async () => {
  const server = await taker();
  const source = (id: string, text: string): Shipped => {
    const directory = scratch(id);
    writeFileSync(join(directory, 'stdout.log'), text);
    return { id, app: id, slot: 0, directory, over: false };
  };
  const sources = [source('stuck', 'one\n'), source('short', 'y\n'.repeat(100_000)), source('other', 'two\n')];
  mkdirSync(join(sources[0]!.directory, 'shipped.new')); // its cursor cannot be written
  const said: string[] = [];
  const alive = setInterval(() => {}, 1000);
  const shipping = new Shipping({
    url: server.url,
    node: 'n1',
    sources: () => sources,
    warn: (text) => said.push(text),
  });
  try {
    await until('all of it', () => server.taken.get('other') === 1 && server.taken.get('short') === 100_000);
    appendFileSync(join(sources[0]!.directory, 'stdout.log'), 'more\n');
    await until('what came to the stuck one', () => server.taken.get('stuck') === 2);
  } finally {
    await shipping.stop();
    clearInterval(alive);
    server.close();
  }
  assert.is(said.length, 1);
  assert.match(said[0]!, /^output of stuck cannot be read, or how far it is shipped not be noted: EISDIR/);
  assert.ok(server.largest.documents < 50_000, `${server.largest.documents} in one request`);
});

test.run();
