// What is written down of an event holds no secret: events are read, searched, streamed and moved as they are.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { until } from '../support/until.ts';
import { discard, testMaster } from '../support/test-master.ts';

test('secrets are masked before an event is written', async () => {
  const master = await testMaster();
  try {
    master.cluster.note!({
      at: 1,
      kind: 'test.happened',
      subject: { app: 'web' },
      message: 'fetched http://user:hunter2@files/x',
      loudness: 'quiet',
      detail: { envs: { DB_PASSWORD: 'hunter2', MODE: 'prod' }, args: ['--token', 'hunter2'] },
    });
    const read = () => master.cluster.events({ query: 'kind:test.happened', after: 0, limit: 10, newestFirst: true });
    const {
      items: [event],
    } = await until('it is written', async () => {
      const page = await read();
      return page.items.length === 1 ? page : null;
    });
    assert.is(event!.message, 'fetched http://user:***@files/x');
    assert.equal(event!.detail, { envs: { DB_PASSWORD: '***', MODE: 'prod' }, args: ['--token', '***'] });
    assert.not.match(JSON.stringify(await master.store.readLog({ limit: 1000 })), /hunter2/);
  } finally {
    await master.stop();
    discard(master.directory);
  }
});

test.run();
