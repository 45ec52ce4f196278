// App-supervisors come with the first instance of an app on this node, and go with the last.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { until } from '../support/until.ts';
import { Alone } from './alone.ts';

const agent = new Alone();
const test = suite('supervisors of an agent');
test.before(async () => {
  await agent.start();
});
test.after(() => agent.finish());

async function supervisors(): Promise<string[]> {
  const { items } = await agent.get<{ items: { id: string }[] }>('/v1/actors');
  return items.flatMap(({ id }) => /\/supervisor:([^/]+)$/.exec(id)?.[1] ?? []);
}
const gone = (name: string): Promise<boolean> =>
  until(`the supervisor of ${name} is let go of`, async () => !(await supervisors()).includes(`${name}#0`));

test('one whose app was deleted is let go of, others stay, and it comes again with its app', async () => {
  await agent.deploy({ name: 'stays' });
  await agent.deploy({ name: 'goes' });
  await agent.running('stays');
  const { id } = await agent.running('goes');
  assert.equal((await supervisors()).sort(), ['goes#0', 'stays#0']);
  await agent.ok('DELETE', '/v1/apps/goes');
  await gone('goes');
  assert.equal(await supervisors(), ['stays#0']);
  await until('the app is gone, too', async () => {
    const { items } = await agent.get<{ items: { name: string }[] }>('/v1/apps');
    return !items.some(({ name }) => name === 'goes');
  });
  await agent.deploy({ name: 'goes' });
  const again = await agent.running('goes');
  assert.is.not(again.id, id);
  assert.equal((await supervisors()).sort(), ['goes#0', 'stays#0']);
  process.kill(again.pid, 'SIGKILL');
  await agent.see('goes', 'guarded as before', (i) => i.status === 'running' && i.pid !== again.pid);
});

test('an app that is scaled to nothing needs none, and is guarded again when it comes back', async () => {
  await agent.deploy({ name: 'rests' });
  await agent.running('rests');
  await agent.ok('POST', '/v1/apps/rests/scale', { scale: 0 });
  await gone('rests');
  await agent.ok('POST', '/v1/apps/rests/scale', { scale: 1 });
  await agent.running('rests');
  assert.ok((await supervisors()).includes('rests#0'));
});

test.run();
