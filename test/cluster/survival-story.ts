// kill -9 of everything: programs, the agent, the master. What must run on runs on; what is reported is exact.
// Told on either store.
import { isDeepStrictEqual } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Hub } from '../support/hub.ts';
import { until } from '../support/until.ts';

/** @param masterArgs times, and the store if it is not the embedded one */
export function survival(name: string, masterArgs: string[]): void {
  const story = suite(name);
  const hub = new Hub(masterArgs);
  const sleeper = { name: 'web', toProcess: 'sleep', args: ['100000'], placement: { scale: 3 } };
  story.before(async () => {
    await hub.start(1);
    await hub.master.ok('POST', '/v1/apps', sleeper);
  });
  story.after(() => hub.end());

  const pidsOf = (instances: any[]): Record<string, number> => Object.fromEntries(instances.map((i) => [i.id, i.pid]));

  /** Until its agents are back a master shows what it had kept, which may be older than what it had shown. */
  const assertSame = async (before: Record<string, number>): Promise<void> => {
    let now: Record<string, number> = {};
    await until('its agent is back and all run as before', async () => {
      const [node] = (await hub.master.get('/v1/nodes')).items;
      now = pidsOf(await hub.running('web', 3));
      return node.status === 'ready' && node.link !== 'none' && isDeepStrictEqual(now, before);
    }).catch(() => assert.equal(now, before));
  };

  story('kill -9 of a program: restarting, running again, counted, with its exit', async () => {
    const [victim] = await hub.running('web', 3);
    await until('it was ready for over a second', async () => {
      const i = await hub.master.get(`/v1/instances/${victim.id}`);
      return i.readyAt && Date.now() - i.readyAt > 1100;
    });
    process.kill(victim.pid, 'SIGKILL');
    const after = await until('a new pid', async () => {
      const i = await hub.master.get(`/v1/instances/${victim.id}`);
      return i.status === 'running' && i.pid !== victim.pid && i;
    });
    assert.is(after.restarts, 1);
    assert.is(after.exit.signal, 9);
    assert.is(after.exit.reason, 'signal');
  });

  story('kill -9 of the agent: same pids, no restart; what ended meanwhile is told exactly', async () => {
    const before = await hub.running('web', 3);
    const victim = before[0];
    await hub.agents[0]!.restart(() => {
      for (const { pid } of before) process.kill(pid, 0);
      process.kill(victim.pid, 'SIGTERM');
    });
    const after = await until('all run', async () => {
      const all = await hub.running('web', 3);
      return all.every((i) => i.pid) && all.find((i) => i.id === victim.id).pid !== victim.pid && all;
    });
    const untouched = before.slice(1).map((i) => i.id);
    for (const id of untouched) assert.is(pidsOf(after)[id], pidsOf(before)[id]);
    const again = after.find((i) => i.id === victim.id);
    assert.is(again.exit.signal, 15);
    assert.is(again.restarts, victim.restarts + 1);
  });

  story('kill -9 of the master: all that was acknowledged is there, nothing restarts', async () => {
    const before = await hub.running('web', 3);
    for (let n = 0; n < 5; n++)
      await hub.master.ok('POST', '/v1/apps', { ...sleeper, name: `kept-${n}`, start: false });
    await hub.master.restart();
    const names = (await hub.master.get('/v1/apps')).items.map((a: any) => a.name).sort();
    assert.equal(names, ['kept-0', 'kept-1', 'kept-2', 'kept-3', 'kept-4', 'web']);
    await assertSame(pidsOf(before));
  });

  story('kill -9 of both at once, then both back', async () => {
    const before = await hub.running('web', 3);
    await hub.master.restart(() => hub.agents[0]!.end('SIGKILL'));
    await hub.agents[0]!.start();
    await assertSame(pidsOf(before));
  });

  story('what happens while the master is away is told when it is back', async () => {
    const [victim] = await hub.running('web', 3);
    await hub.master.restart(async () => {
      process.kill(victim.pid, 'SIGKILL');
      await until('the agent alone has started it again', async () => {
        const i = await hub.agents[0]!.get(`/v1/instances/${victim.id}`);
        return i.status === 'running' && i.pid !== victim.pid;
      });
    });
    const event = await until('the event', async () =>
      (
        await hub.master.get(`/v1/events?size=100&query=${encodeURIComponent(`subject.instance:"${victim.id}"`)}`)
      ).items.find((e: any) => e.kind === 'instance.exited' && e.detail?.signal === 9),
    );
    assert.ok(event.seq > 0);
  });

  story.run();
}
