// The bytes of a revision stay the same although its origin gives others by now: they come from a node that has them. Where
// nobody has them, the instance waits and says so, and goes on by itself when they are there again.
import { createHash, randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Hub } from '../support/hub.ts';
import { until } from '../support/until.ts';

const story = suite('contents');
const hub = new Hub();
/** Above one piece, so that it travels in several. */
const ballast = `\n# ${randomBytes(2_500_000).toString('hex')}\n`;
const version = (n: number): string => `echo "this is version ${n}"; exec sleep 100000${ballast}`;
const sha = (text: string): string => createHash('sha256').update(text).digest('hex');
let served: string | null = version(1);
let asked = 0;
const origin = createServer((_request, response) => {
  asked++;
  if (served === null) {
    response.writeHead(404).end();
    return;
  }
  response.end(served);
});
const spec = (scale: number) => ({
  name: 'web',
  toProcess: 'sh',
  args: ['run.sh'],
  uris: [`http://127.0.0.1:${(origin.address() as AddressInfo).port}/run.sh`],
  placement: { scale, maxPerNode: 1 },
});
const outputOf = async (id: string): Promise<string> =>
  String((await hub.master.call('GET', `/v1/instances/${id}/logs?stream=stdout`)).body);

story.before(async () => {
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  await hub.start(2);
});
story.after(async () => {
  await hub.end();
  origin.closeAllConnections();
  await new Promise((resolve) => origin.close(resolve));
});

story('a second node runs the bytes of the revision, although the origin has other ones now', async () => {
  await hub.master.ok('POST', '/v1/apps', spec(1));
  const [first] = await hub.running('web', 1);
  await until(
    'the first report is in the revision',
    async () => Object.keys((await hub.master.get('/v1/apps/web/revisions')).items[0].contents).length === 1,
  );
  served = version(2);
  await hub.master.ok('POST', '/v1/apps/web/scale', { scale: 2 });
  const second = (await hub.running('web', 2)).find((i) => i.node !== first.node);
  assert.ok(second, 'it runs on the other node');
  assert.match(
    await until('it has said its version', async () => (await outputOf(second.id)).trim()),
    'this is version 1',
  );
  const note = await until('it is told', async () =>
    (await hub.master.get('/v1/events?size=200')).items.find((event: any) => event.kind === 'content.noted'),
  );
  assert.ok(
    note.message.includes(sha(version(2))) &&
      note.message.includes(sha(version(1))) &&
      note.message.includes('the copy of another node is used'),
    note.message,
  );
});

story(
  'nobody has them: it waits in fetching with both hashes, and goes on when the origin gives them again',
  async () => {
    for (const agent of hub.agents) rmSync(join(agent.directory, 'cache'), { recursive: true });
    await hub.addAgent();
    await hub.master.ok('POST', '/v1/apps/web/scale', { scale: 3 });
    const third = await until('it waits', async () =>
      (await hub.instances('app:web')).find((i) => i.status === 'fetching' && i.reason?.code === 'content-gone'),
    );
    assert.ok(
      third.reason.text.includes(sha(version(2))) && third.reason.text.includes(sha(version(1))),
      third.reason.text,
    );
    served = version(1);
    await hub.running('web', 3);
  },
);

story('asked for by hash: whole, refused where nobody has it, and no hash is refused', async () => {
  const answer = await fetch(`${hub.master.address}/v1/blobs/${sha(version(1))}`);
  assert.is(answer.status, 200);
  assert.is(sha(await answer.text()), sha(version(1)));
  assert.is((await hub.master.call('GET', `/v1/blobs/${'0'.repeat(64)}`)).status, 404);
  assert.is((await hub.master.call('GET', '/v1/blobs/..%2f..%2fetc')).status, 400);
  assert.ok(asked < 20);
});

story.run();
