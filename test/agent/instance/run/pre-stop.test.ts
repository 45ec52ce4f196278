// preStop: done before the kill signal, within the kill timeout, and told; whatever comes of it, the stop goes on.
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { preStopMs } from '../../../../src/agent/instance/run/pre-stop.ts';
import { scratch } from '../../../support/scratch.ts';
import { until } from '../../../support/until.ts';
import { Alone, lives } from '../../alone.ts';

const agent = new Alone();
const test = suite('preStop');
const asked: string[] = [];
const server = createServer((request, response) => {
  asked.push(`${request.method} ${request.url}`);
  response.end();
});
test.before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await agent.start();
});
test.after(async () => {
  await agent.finish();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const told = (app: string): Promise<any> =>
  until(`preStop of ${app} is told`, async () =>
    (await agent.events('kind:instance.preStop')).find((e) => e.subject.app === app),
  );
const program = (file: string) => ({
  toProcess: `trap 'echo term >> ${file}; exit 0' TERM; while :; do sleep 0.05; done`,
  args: [],
  shell: true,
});

test('a command runs as the program does, before its kill signal; an event says what came of it', async () => {
  const file = join(scratch('order'), 'log');
  await agent.deploy({
    name: 'web',
    ...program(file),
    envs: { WORD: 'farewell' },
    preStop: {
      command: ['sh', '-c', `echo "$1 of $STAT_INSTANCE" >> ${file}; sleep 0.3; echo done >> ${file}`, 'sh', '${WORD}'],
    },
  });
  const i = await agent.running('web');
  await agent.ok('POST', '/v1/apps/web/stop');
  await until('it is gone', () => !lives(i.pid));
  assert.equal(readFileSync(file, 'utf8').trim().split('\n'), [`farewell of ${i.id}`, 'done', 'term']);
  assert.match((await told('web')).message, /^preStop of web\.0 is done after .*\(exit 0\); its kill signal follows$/);
});

test('one that takes too long is ended at half of the kill timeout, and the signal still has the other half', async () => {
  const file = join(scratch('slow'), 'log');
  await agent.deploy({ name: 'slow', ...program(file), killTimeoutSeconds: 6, preStop: { command: ['sleep', '100'] } });
  const i = await agent.running('slow');
  const began = Date.now();
  await agent.ok('POST', '/v1/apps/slow/stop');
  await until('it is gone', () => !lives(i.pid));
  assert.ok(Date.now() - began >= 2900, 'it had its time');
  assert.is(readFileSync(file, 'utf8'), 'term\n', 'asked by its signal, not killed');
  const event = await told('slow');
  assert.match(event.message, /failed after .* \(not done within 3 s\)/);
  assert.is(event.detail.ok, false);
});

test('a URL is asked with POST, its variables replaced; a program that crashes is not asked', async () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/drain/\${STAT_SLOT}?port=\${PORT}`;
  await agent.deploy({ name: 'api', ports: [0], preStop: { url } });
  const i = await agent.settled('api');
  process.kill(i.pid, 'SIGKILL');
  const again = await agent.see('api', 'started again', (each) => each.status === 'running' && each.pid !== i.pid);
  assert.equal(asked, []);
  await agent.ok('POST', '/v1/apps/api/stop');
  await until('it is gone', () => !lives(again.pid));
  assert.equal(asked, [`POST /drain/0?port=${again.ports[0]}`]);
  assert.match((await told('api')).message, 'HTTP 200');
});

test('its time lies within the kill timeout; another preStop needs no restart; a wrong one is refused with its path', async () => {
  assert.is(preStopMs({ url: 'http://x', timeoutSeconds: null }, 10_000), 5000);
  assert.is(preStopMs({ url: 'http://x', timeoutSeconds: 2 }, 10_000), 2000);
  assert.is(preStopMs({ url: 'http://x', timeoutSeconds: 60 }, 10_000), 9000);
  await agent.deploy({ name: 'same' });
  const before = await agent.running('same');
  const mark = join(scratch('same'), 'mark');
  await agent.deploy({ name: 'same', preStop: { command: ['touch', mark] } });
  await until('it has the new revision', async () => (await agent.one('same')).revision > before.revision);
  assert.is((await agent.one('same')).pid, before.pid);
  await agent.ok('POST', '/v1/apps/same/stop');
  await until('it is gone', () => !lives(before.pid));
  assert.ok(existsSync(mark));
  const refused = await agent.call('PUT', '/v1/apps/bad', {
    name: 'bad',
    toProcess: 'sleep',
    preStop: { command: [] },
  });
  assert.is(refused.status, 422);
  assert.ok(
    refused.body.errors.some((e: any) => e.path.startsWith('preStop')),
    JSON.stringify(refused.body),
  );
});

test.run();
