// A node that has less to give than its master thinks: what finds no room is told with the numbers, what runs is not touched.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Hub } from '../support/hub.ts';
import { until } from '../support/until.ts';
import { lives } from '../agent/alone.ts';

const story = suite('room');
const hub = new Hub();
story.before(() => hub.start(1).then(() => undefined));
story.after(() => hub.end());

story('a master places by what the node was; the node counts again', async () => {
  const agent = hub.agents[0]!;
  await hub.master.ok('POST', '/v1/apps', {
    name: 'web',
    toProcess: 'sleep',
    args: ['100000'],
    resAlloc: { mem: '64MB' },
  });
  const [first] = await hub.running('web', 1);
  await agent.end('SIGKILL');
  await hub.master.ok('POST', '/v1/apps/web/scale', { scale: 2 }); // its node is away for a moment, as far as the master knows
  await until('the master has placed it', async () => (await hub.instances('app:web')).length === 2);
  await agent.start(['--reserve-memory', '100000GB']);
  const refused = await until('it finds no room', async () =>
    (await hub.instances('app:web')).find((i) => i.id !== first.id && i.exit?.reason === 'no-room'),
  );
  assert.match(
    refused.exit.tail.at(-1),
    /^memory does not suffice on this node: it needs 64 MiB \(67108864 bytes\), free are 0 B \(0 bytes\) of 0 B \(0 bytes\)$/,
  );
  assert.match(refused.reason.text, /found no room: memory does not suffice/);
  const [stays] = (await hub.instances('app:web')).filter((i) => i.id === first.id);
  assert.equal([stays.status, stays.pid], ['running', first.pid]);
  assert.ok(lives(first.pid));
});

story.run();
