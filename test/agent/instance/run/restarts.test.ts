// What follows when a program ends, by real programs of an agent that runs alone.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { keptTo } from '../../../support/busyness.ts';
import { until } from '../../../support/until.ts';
import { Alone } from '../../alone.ts';

const agent = new Alone();
const test = suite('restarts');
test.before(async () => {
  await agent.start();
});
test.after(() => agent.finish());
const sh = (line: string) => ({ toProcess: 'sh', args: ['-c', line] });

test('kill -9 after a second of ready uptime: restarted at once, counted, its exit told', async () => {
  await agent.deploy({ name: 'once' });
  const before = await agent.settled('once');
  process.kill(before.pid, 'SIGKILL');
  const after = await agent.see('once', 'a new pid', (i) => i.pid !== null && i.pid !== before.pid);
  assert.is(after.restarts, 1);
  assert.equal([after.exit.signal, after.exit.code, after.exit.reason], [9, null, 'signal']);
  assert.ok(keptTo(500, after.startedAt - after.exit.at), `${after.startedAt - after.exit.at} ms`);
  await agent.told('subject.app:once AND kind:instance.started', 2);
  assert.equal(await agent.events('subject.app:once AND kind:instance.restarting'), [], 'it did not wait');
  assert.is(after.launch, 2);
});

test('a program that dies at once backs off, its code and last words told', async () => {
  await agent.deploy({
    name: 'dying',
    ...sh('echo first; echo bad luck >&2; exit 3'),
    restart: { delaySeconds: 0.2, jitter: 0, attempts: 100 },
  });
  const third = await agent.see('dying', 'two restarts', (i) => i.restarts >= 2);
  assert.equal([third.exit.code, third.exit.signal, third.exit.reason], [3, null, 'exited']);
  assert.ok(third.exit.tail.includes('bad luck') && third.exit.tail.includes('first'), third.exit.tail.join('|'));
  const delays = (
    await until('events', async () => {
      const found = await agent.events('kind:instance.restarting AND subject.app:dying');
      return found.length >= 3 && found;
    })
  )
    .map((e) => e.detail.delayMs)
    .reverse();
  assert.equal(delays.slice(0, 3), [200, 400, 800]);
});

test('a full window: a crash loop that goes on in place with growing delays, never at full speed', async () => {
  await agent.deploy({
    name: 'loop',
    ...sh('exit 1'),
    restart: { delaySeconds: 0.1, jitter: 0, attempts: 2, periodSeconds: 60 },
  });
  const i = await agent.see('loop', 'a crash loop', (each) => each.reason?.code === 'crash-loop');
  assert.is(i.status, 'restarting');
  assert.match(i.reason.text, 'ended 3 times within');
  assert.ok(i.reason.next.at > 0);
  assert.ok((await agent.events('kind:instance.escalated AND subject.app:loop')).length <= 1);
});

test('stopping it cancels a restart that waits', async () => {
  await agent.ok('POST', '/v1/apps/loop/stop');
  await until('nothing is left', async () => (await agent.instances('loop')).every((i) => i.status === 'stopped'));
  assert.not.ok((await agent.instances('loop')).some((i) => i.pid !== null));
});

test("an operator's restart starts at once, clears the counters and is no death", async () => {
  await agent.deploy({ name: 'asked' });
  const before = await agent.running('asked');
  await agent.ok('POST', `/v1/instances/${before.id}/restart`);
  const after = await agent.see('asked', 'a new pid', (i) => i.pid !== null && i.pid !== before.pid);
  assert.is(after.exit.reason, 'stop');
  assert.is(after.id, before.id);
  assert.ok(keptTo(1000, after.startedAt - after.exit.at), `${after.startedAt - after.exit.at} ms`);
});

test('kill by an operator is a SIGKILL with a name', async () => {
  const before = await agent.settled('asked');
  await agent.ok('POST', `/v1/instances/${before.id}/kill`);
  const after = await agent.see('asked', 'a new pid', (i) => i.pid !== null && i.pid !== before.pid);
  assert.is(after.exit.signal, 9);
  assert.ok(after.exit.by);
});

test('policies: on-failure is done after 0, never fails', async () => {
  await agent.deploy({ name: 'done', ...sh('exit 0'), restart: { policy: 'on-failure' } });
  await until('done', async () =>
    (await agent.instances('done')).some((i) => i.status === 'stopped' && i.exit?.code === 0),
  );
  await agent.deploy({ name: 'never', ...sh('exit 9'), restart: { policy: 'never' } });
  const failed = await agent.see('never', 'failed', (i) => i.status === 'failed');
  assert.is(failed.exit.code, 9);
  assert.is(failed.restarts, 0);
});

test.run();
