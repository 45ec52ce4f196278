// Programs that do not stay: back-off, escalation, a failing health check, a program that will not stop.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Hub } from '../support/hub.ts';
import { until } from '../support/until.ts';

const story = suite('crash loop');
const hub = new Hub();
story.before(() => hub.start(2).then(() => undefined));
story.after(() => hub.end());

const eventsOf = async (app: string): Promise<any[]> =>
  (await hub.master.get(`/v1/events?size=500&query=${encodeURIComponent(`subject.app:${app}`)}`)).items.sort(
    (a: any, b: any) => a.seq - b.seq,
  );

story('a program that dies at once backs off, escalates, is moved, and what happened is told', async () => {
  await hub.master.ok('POST', '/v1/apps', {
    name: 'dies',
    toProcess: 'sh',
    args: ['-c', 'echo no disk >&2; exit 7'],
    restart: { delaySeconds: 0.1, jitter: 0, attempts: 3, periodSeconds: 60 },
  });
  const moved = await until('it was moved', async () => (await eventsOf('dies')).find((e) => e.kind === 'slot.moved'));
  assert.ok(moved);
  // What its node tells comes on its own way.
  const of = (all: any[], kind: string): any[] => all.filter((e) => e.kind === kind);
  const all = await until('its ends are told', async () => {
    const told = await eventsOf('dies');
    return of(told, 'instance.exited').length >= 3 && of(told, 'instance.restarting').length >= 2 && told;
  });
  const exits = of(all, 'instance.exited');
  assert.equal([exits[0].detail.code, exits[0].detail.reason], [7, 'exited']);
  assert.ok(exits[0].detail.tail.some((line: string) => line.includes('no disk')));
  const delays = all
    .filter((e) => e.kind === 'instance.restarting' && e.subject.instance === exits[0].subject.instance)
    .map((e) => e.detail.delayMs);
  assert.ok(delays.length >= 2 && delays[1] > delays[0], `the delays grow: ${delays.join()}`);
  await until('why', async () => (await hub.master.get('/v1/apps/dies/why')).reason?.text.length > 0);
  await hub.master.ok('DELETE', '/v1/apps/dies');
});

story('a failing health check: unhealthy, ended, started again', async () => {
  await hub.master.ok('POST', '/v1/apps', {
    name: 'ill',
    toProcess: 'sh',
    args: ['-c', 'echo ok > state; sleep 2; echo bad > state; exec sleep 1000'],
    healthChecks: [
      {
        protocol: 'FILE',
        path: 'state',
        match: 'ok',
        initialDelaySeconds: 0,
        intervalSeconds: 0.3,
        timeoutSeconds: 1,
        maxConsecutiveFailures: 2,
      },
    ],
  });
  const [first] = await hub.running('ill', 1);
  const after = await until('another pid runs', async () => {
    const [i] = await hub.instances('app:ill AND status:running');
    return i && i.pid !== first.pid && i;
  });
  assert.is(after.exit.reason, 'unhealthy');
  for (const kind of ['instance.ready', 'instance.unhealthy', 'instance.stopping'])
    await until(`${kind} is told`, async () => (await eventsOf('ill')).some((e) => e.kind === kind));
  await hub.master.ok('DELETE', '/v1/apps/ill');
});

story('a program that ignores TERM and has left children behind is killed whole at its deadline', async () => {
  await hub.master.ok('POST', '/v1/apps', {
    name: 'stubborn',
    toProcess: 'bash',
    args: [
      '-c',
      'trap "" TERM; (setsid bash -c \'trap "" TERM; while :; do sleep 0.5; done\' &) ; echo up; while :; do sleep 0.5; done',
    ],
    killTimeoutSeconds: 1,
  });
  const [instance] = await hub.running('stubborn', 1);
  const marked = (): number[] => pidsWith(instance.id);
  await until('both run', () => marked().length >= 2);
  await hub.master.ok('DELETE', '/v1/apps/stubborn');
  await until('nobody of it is left', () => marked().length === 0);
  await until('the app is gone', async () => (await hub.master.call('GET', '/v1/apps/stubborn')).status === 404);
});

story.run();

import { readdirSync, readFileSync } from 'node:fs';
/** Live processes whose environment names an instance. */
function pidsWith(instance: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      try {
        return (
          readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`STAT_INSTANCE=${instance}`) &&
          !/\) [ZX]/.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
        );
      } catch {
        return false;
      }
    });
}
