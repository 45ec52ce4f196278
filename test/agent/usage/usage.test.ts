// What real programs use, as an agent measures it: by cgroup where there is one, by session and marker without; and memory that
// only the agent holds to its limit.
import { readFileSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { scanMarked } from '../../../src/agent/effects/processes/strays.ts';
import { defaultTimes } from '../../../src/agent/settings.ts';
import { startStandalone, type RunningStandalone } from '../../../src/run/standalone/standalone.ts';
import type { InstanceView } from '../../../src/model/instance/instance.ts';
import { crowding } from '../../support/busyness.ts';
import { scratch } from '../../support/scratch.ts';
import { sideBySide } from '../../support/side-by-side.ts';
import { deploy, operator } from '../../support/test-master.ts';
import { until } from '../../support/until.ts';

const MiB = 1024 ** 2;
const times = { ...defaultTimes, usageWatchedMs: 200, usageIdleMs: 3000 };
const hubs: Record<'bestThere' | 'bare', RunningStandalone> = {} as never;
const test = suite('usage');
const story = sideBySide(test);
test.before(async () => {
  hubs.bestThere = await startStandalone({
    storeDirectory: scratch('usage'),
    ports: { first: 29_200, last: 29_300 },
    times,
  });
  hubs.bare = await startStandalone({
    storeDirectory: scratch('usage-bare'),
    ports: { first: 29_300, last: 29_400 },
    times,
    membership: ['session'],
    controllers: [],
  });
});
test.after(async () => {
  for (const hub of Object.values(hubs)) await hub.stop({ processes: true });
});

const one = async (hub: RunningStandalone, app: string): Promise<InstanceView> =>
  (await hub.cluster.instances(`app:${app}`, { from: 0, size: 10 })).items[0]!;
const see = (
  hub: RunningStandalone,
  app: string,
  what: string,
  is: (i: InstanceView) => unknown,
): Promise<InstanceView> =>
  until(`${app}: ${what}`, async () => {
    const i = await one(hub, app);
    return i && is(i) ? i : null;
  });
const sh = (line: string) => ({ toProcess: 'sh', args: ['-c', line] });
const events = async (hub: RunningStandalone, query: string) =>
  (await hub.cluster.events({ query, after: 0, limit: 50, newestFirst: false })).items;
const minute = (): number => Math.floor(Date.now() / 60_000);

for (const [name, hub] of [
  ['the best membership there is', () => hubs.bestThere],
  ['session and marker only', () => hubs.bare],
] as const) {
  story(`a tree is measured as a whole, also what left its session (${name})`, async () => {
    // A child in a session of its own that burns and one that holds 60 MiB; the leader does nothing.
    const holds = `${process.execPath} -e "globalThis.held=Buffer.alloc(60*1024*1024,1);setInterval(()=>{},1000)"`;
    await deploy(hub().cluster, {
      name: 'tree',
      ...sh(`setsid sh -c 'while :; do :; done' & ${holds} & while :; do sleep 1; done`),
      resAlloc: { cpus: 2 },
    });
    const { id } = await see(hub(), 'tree', 'running', (i) => i.status === 'running');
    const unwatch = hub().cluster.watchUsage({ kind: 'instance', of: id });
    try {
      const { usage, pid } = await see(
        hub(),
        'tree',
        'all of it, and no more than one that burns once Node has started',
        ({ usage: u }) => u && u.processes! >= 4 && u.mem! > 60 * MiB && u.cpu! > 0.05 && u.cpu! < 1.6,
      );
      assert.ok(usage!.mem! < 160 * MiB, `${usage!.mem! / MiB} MiB`);
      assert.ok(usage!.threads! > usage!.processes!, 'Node has threads');
      assert.ok(usage!.fds! >= 9, `${usage!.fds} descriptors`);
      assert.is(usage!.cpuShare, usage!.cpu === null ? null : Math.round((usage!.cpu! / 2) * 1e4) / 1e4);
      assert.is(usage!.memShare, null, 'nothing is allotted');
      assert.ok(pid);
      const answer = await until('five minutes of samples', async () => {
        const a = await hub().cluster.usage(id, minute() - 1, minute());
        return (a.recent?.at.length ?? 0) > 4 && a;
      });
      assert.ok(
        answer.recent!.at.every((at, i, all) => i === 0 || at - all[i - 1]! < 5000 * crowding()),
        'at the pace of who watches',
      );
      assert.ok(answer.recent!.cpu.slice(1).some((cpu) => cpu! > 0.05));
    } finally {
      unwatch();
    }
    await hub().cluster.appAction('tree', 'stop', operator);
    await until('stopped', async () => {
      const i = await one(hub(), 'tree');
      return !i || i.pid === null;
    });
    // Without a cgroup nobody scans at a stop: what left its session is the test's to end.
    for (const { pid, instance } of await scanMarked(hub().agent.context.node))
      if (name.startsWith('session') && instance === id)
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          /* ended by the stop */
        }
  });
}

story('nobody watches: measured all the same, and no file stays open for it', async () => {
  const { cluster, agent } = hubs.bestThere;
  await deploy(cluster, { name: 'quiet', toProcess: 'sleep', args: ['100000'], placement: { scale: 5 } });
  await until(
    'five run',
    async () => (await cluster.instances('app:quiet status:running', { from: 0, size: 10 })).total >= 5,
  );
  await until('each was measured', async () =>
    (await cluster.instances('app:quiet', { from: 0, size: 10 })).items.every((i) => i.usage?.mem),
  );
  const pids = (await cluster.instances('app:quiet', { from: 0, size: 10 })).items.map((i) => String(i.pid));
  const open = (): string[] =>
    openFiles().filter((path) => /^\/proc\/\d+\/(stat|io)$/.test(path) && pids.includes(path.split('/')[2]!));
  const unwatch = cluster.watchUsage({ kind: 'cluster' });
  await until('files are open while somebody watches', () => open().length >= 5);
  unwatch();
  agent.usage.stop();
  assert.equal(open(), []);
  agent.usage.start();
});

story(
  'memory over what is allotted, where no cgroup limits it: told, ended as oom with sample and limit, also in its log',
  async () => {
    const { cluster, agent } = hubs.bare;
    // Slowly more until it was warned, then quickly.
    const warned = join(scratch('grows'), 'warned');
    const more = `held.push(Buffer.alloc(2*${MiB},1))`;
    const when = `if(++n%6===0||require('fs').existsSync('${warned}'))`;
    const grows = `let n=0;const held=[Buffer.alloc(50*${MiB},1)];setInterval(()=>{${when}${more}},50);`;
    await deploy(cluster, {
      name: 'grows',
      toProcess: process.execPath,
      args: ['-e', grows],
      resAlloc: { mem: 120 * MiB },
      restart: { policy: 'never' },
    });
    await until('it is warned', async () => (await events(hubs.bare, 'kind:instance.memoryHigh')).length > 0);
    writeFileSync(warned, '');
    const ended = await see(hubs.bare, 'grows', 'ended', (i) => i.exit && i.status === 'failed');
    const { exit } = ended;
    const { now, recent } = await cluster.usage(ended.id, minute(), minute());
    assert.is(now, null);
    assert.ok(
      recent!.mem.some((mem) => mem! > 90 * MiB),
      'what led to its end is still there',
    );
    assert.equal([exit!.reason, exit!.quota?.what, exit!.quota?.limit], ['oom', 'memory', 120 * MiB]);
    assert.ok(exit!.quota!.used > 120 * MiB && exit!.quota!.used < 250 * MiB * crowding(), String(exit!.quota!.used));
    assert.ok(exit!.peakMem! >= exit!.quota!.used, 'the peak is no less');
    assert.match(exit!.text!, /of memory; 120 MiB are allowed/);
    assert.match(ended.reason!.text, /ran out of memory: it uses \d{3} MiB of memory; 120 MiB are allowed/);
    await until('its output says so', () =>
      /^\[stathub \S+\] stopped for its memory: it uses \d{3} MiB of memory; 120 MiB are allowed/m.test(
        readFileSync(join(agent.context.instancesDirectory, ended.id, 'stdout.log'), 'utf8'),
      ),
    );
    await until(
      'written',
      async () => (await events(hubs.bare, `subject.instance:"${ended.id}" AND kind:instance.failed`)).length > 0,
    );
    assert.is(
      (await events(hubs.bare, `kind:instance.memoryHigh AND subject.instance:"${ended.id}"`)).length,
      1,
      'one warning',
    );
    await until('told', async () =>
      (await events(hubs.bare, `kind:instance.exited AND subject.instance:"${ended.id}"`))[0]?.message.includes(
        'ran out of memory',
      ),
    );
  },
);

story('who is far over it is not asked for long', async () => {
  const { cluster } = hubs.bare;
  const rushes = `process.on('SIGTERM',()=>{});globalThis.held=Buffer.alloc(300*${MiB},1);setInterval(()=>{},1000)`;
  await deploy(cluster, {
    name: 'rushes',
    toProcess: process.execPath,
    args: ['-e', rushes],
    resAlloc: { mem: 100 * MiB },
    restart: { policy: 'never' },
    killTimeoutSeconds: 60,
  });
  const { exit } = await see(hubs.bare, 'rushes', 'killed', (i) => i.exit);
  assert.equal([exit!.reason, exit!.signal, exit!.quota?.what], ['oom', 9, 'memory']);
});

story('what it allots may grow while it runs: then it is fine', async () => {
  const { cluster, agent } = hubs.bare;
  const holds = `globalThis.held=Buffer.alloc(60*${MiB},1);setInterval(()=>{},1000)`;
  await deploy(cluster, {
    name: 'holds',
    toProcess: process.execPath,
    args: ['-e', holds],
    resAlloc: { mem: 1024 * MiB },
  });
  const { id, pid } = await see(hubs.bare, 'holds', 'measured often', (i) => i.usage?.memShare);
  const first = (await cluster.usage(id, minute(), minute())).recent!.at.length;
  await until(
    'sampled although nobody watches',
    () => agent.usage.answer(agent.instances.entries.get(id)!).recent!.at.length > first + 2,
  );
  assert.is((await one(hubs.bare, 'holds')).pid, pid);
});

/** The files that this process has open. */
function openFiles(): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return [readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      return [];
    }
  });
}
test.run();
