// An agent without a master: its own API, its own apps, which survive it.
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { stathub } from '../support/cli.ts';
import { Daemon, freshDirectory } from '../support/hub.ts';
import { until } from '../support/until.ts';

const story = suite('alone');
const agent = new Daemon('agent', join(freshDirectory('alone'), 'agent'), ['--ports', '27000-27300']);
story.before(() => agent.start().then(() => undefined));
story.after(async () => {
  await agent.end('SIGQUIT');
});

const running = (count: number): Promise<any[]> =>
  until(`${count} run`, async () => {
    const { items } = await agent.get('/v1/instances?query=status:running');
    return items.length === count && items;
  });

story('it takes apps, scales and restarts them', async () => {
  assert.is((await agent.get('/v1/status')).role, 'agent');
  await agent.ok('POST', '/v1/apps', { name: 'web', toProcess: 'sleep', args: ['100000'] });
  const [first] = await running(1);
  await agent.ok('POST', '/v1/apps/web/scale', { scale: 3 });
  const three = await running(3);
  assert.ok(three.some(({ pid }) => pid === first.pid));
  const ran = await stathub(agent.address, 'instances');
  assert.is(ran.out.trim().split('\n').length, 3);
});

story('its apps survive kill -9 of it: same pids', async () => {
  const before = (await running(3)).map(({ pid }) => pid).sort();
  await agent.restart();
  assert.equal((await running(3)).map(({ pid }) => pid).sort(), before);
  await agent.ok('POST', '/v1/apps/web/scale', { scale: 1 });
  await running(1);
});

story('a second agent on the same directory is told who has it and ends with 4', async () => {
  const second = await stathub(null, 'agent', '--store-directory', agent.directory, '--port', '0');
  assert.is(second.code, 4);
  assert.match(second.err, new RegExp(`in use by the agent with pid ${agent.pid} at ${agent.address}`));
});

story('its page is there', async () => {
  const { status, body } = await agent.call<string>('GET', '/');
  assert.is(status, 200);
  assert.match(body, /<div id="app"|<title>/);
});

story.run();
