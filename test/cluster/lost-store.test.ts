// The master's store is gone: everything runs on, and the apps are made again from what runs.
import { rmSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { stathub } from '../support/cli.ts';
import { Hub } from '../support/hub.ts';
import { until } from '../support/until.ts';

test('take over the node, adopt an app with all its slots in one command, then everything else', async () => {
  const hub = new Hub();
  try {
    await hub.start(1);
    for (const [name, scale] of [
      ['web', 3],
      ['db', 1],
      ['mq', 1],
    ] as const)
      await hub.master.ok('PUT', `/v1/apps/${name}`, {
        name,
        toProcess: '/bin/sleep',
        args: ['1000'],
        placement: { scale },
      });
    const before = [...(await hub.running('web', 3)), ...(await hub.running('db', 1)), ...(await hub.running('mq', 1))];
    const facts = (instances: any[]): string[] =>
      instances.map(({ id, slot, pid, restarts }) => `${id} ${slot} ${pid} ${restarts}`).sort();
    await hub.master.end();
    rmSync(hub.master.directory, { recursive: true });
    await hub.master.start();
    const { address } = hub.master;
    await until('all is there, unknown', async () => (await hub.instances('status:unknown')).length === 5);
    const [node] = (await hub.master.get('/v1/nodes')).items;
    assert.equal(
      [(await stathub(address, 'adopt', 'web')).code, (await stathub(address, 'adopt', '--all', 'web')).code],
      [4, 2],
      'of another hub; said in two ways',
    );
    assert.is((await stathub(address, 'take-over', node.id)).code, 0);
    await until('the node obeys', async () => (await hub.master.get(`/v1/nodes/${node.id}`)).status === 'ready');

    const web = await until('web is adopted', async () => {
      const ran = await stathub(address, 'adopt', 'web', '--json');
      return ran.code === 0 ? JSON.parse(ran.out) : null;
    });
    assert.equal([web.total, web.items.map(({ slot }: any) => slot).sort()], [3, [0, 1, 2]]);
    assert.equal(
      (await hub.master.get('/v1/apps')).items.map(({ name, scale }: any) => [name, scale]),
      [['web', 3]],
    );
    const rest = await stathub(address, 'adopt', '--all');
    assert.is(rest.code, 0, rest.err);
    assert.is((await stathub(address, 'adopt', '--all')).code, 3, 'nothing is left');
    const after = [...(await hub.running('web', 3)), ...(await hub.running('db', 1)), ...(await hub.running('mq', 1))];
    assert.equal(facts(after), facts(before), 'the same slots and pids, nothing was restarted');
    assert.is((await hub.instances('status:unknown')).length, 0);
    // They obey, too: the lost hub had counted as far as this one has.
    await hub.master.ok('POST', '/v1/apps/web/scale', { scale: 1 });
    await hub.master.ok('POST', '/v1/apps/db/stop');
    await until('what is surplus leaves', async () => (await hub.instances('app:web')).length === 1);
    await until('what is stopped stops', async () => (await hub.instances('app:db AND status:running')).length === 0);
  } finally {
    await hub.end();
  }
});

test.run();
