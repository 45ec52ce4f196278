// What a slow fetch is doing is said while it does it.
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { FetchProgress, progressText } from '../../../../src/agent/instance/run/fetch-progress.ts';
import { Alone } from '../../alone.ts';

const agent = new Alone();
const test = suite('fetching');
const MiB = 1024 ** 2;
const answers = new Set<ServerResponse>();
const timers = new Set<NodeJS.Timeout>();
const origin = createServer((_request, response) => {
  answers.add(response);
  response.writeHead(200, { 'content-length': 40 * MiB });
  timers.add(setInterval(() => response.write(Buffer.alloc(MiB / 8)), 100));
});
test.before(async () => {
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  await agent.start();
});
test.after(async () => {
  for (const timer of timers) clearInterval(timer);
  for (const answer of answers) answer.destroy();
  origin.close();
  await agent.finish();
});

test('what is complete is not named, and a size is said where the origin tells it', () => {
  const part = (uri: string, received: number, total: number | null) => ({ uri, received, total });
  assert.is(progressText([part('http://h/a', 10, 10), part('http://h/b', 2 * MiB, null)]), 'http://h/b, 2 MiB');
  assert.is(progressText([part('http://h/a', 12.3 * MiB, 40 * MiB)]), 'http://h/a, 12.3 MiB of 40 MiB');
});

test('what is over soon is not told', () => {
  const told: string[] = [];
  const progress = new FetchProgress((text) => told.push(text));
  for (let n = 1; n <= 1000; n += 1) progress.saw({ uri: 'http://h/a', received: n, total: 1000 });
  assert.equal(told, []);
});

test('while it fetches, an instance says what and how far it is', async () => {
  const uri = `http://127.0.0.1:${(origin.address() as AddressInfo).port}/big.bin`;
  await agent.deploy({ name: 'big', uris: [uri] });
  const begun = await agent.see('big', 'fetches', (i) => i.status === 'fetching');
  assert.match(begun.reason.text, `Fetches ${uri}`);
  const slow = await agent.see('big', 'how far', (i) => i.reason?.text.endsWith(' of 40 MiB.') ?? false);
  assert.match(slow.reason.text, /^Fetches http:.*\/big\.bin, [\d.]+ (KiB|MiB) of 40 MiB\.$/);
  await agent.see('big', 'further', (i) => i.reason.text !== slow.reason.text && i.reason.text.endsWith(' of 40 MiB.'));
  await agent.ok('DELETE', '/v1/apps/big');
});

test.run();
