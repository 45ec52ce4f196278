// The agent as a process runtime: start, restart, adoption, memory, idle CPU, output, stop.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { Daemon, Hub } from '../support/hub.ts';
import { until } from '../support/until.ts';
import { cpuSeconds, median, ms, parentOf, pssKib, quantile, rssKib, seconds, type Row } from './measure.ts';

/** Wall clock with microseconds, as bash's EPOCHREALTIME. */
const now = (): number => performance.timeOrigin + performance.now();
const mib = (kib: number): string => `${(kib / 1024).toFixed(0)} MiB`;
const exists = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const sleeper = (name: string, scale: number): object => ({
  name,
  toProcess: 'sleep',
  args: ['100000'],
  placement: { scale },
  healthChecks: [],
});
/** Writes the time of its main() to a file (microseconds by bash's own clock, no fork), then sleeps. */
const stamper = (name: string, file: string, scale = 1): object => ({
  name,
  toProcess: 'bash',
  args: ['-c', 'echo $EPOCHREALTIME $$ >> "$STAMPS"; exec sleep 100000'],
  envs: { STAMPS: file },
  placement: { scale },
  restart: { attempts: 1000, delaySeconds: 0 },
});

const pids = async (hub: Hub, app: string): Promise<number[]> =>
  (await hub.master.get(`/v1/instances?size=1000&query=${encodeURIComponent(`app:${app}`)}`)).items
    .filter((i: any) => i.pid && i.status !== 'stopped')
    .map((i: any) => i.pid as number);

async function startAll(hub: Hub, app: string, count: number): Promise<number> {
  const begin = performance.now();
  await hub.master.ok('POST', '/v1/apps', sleeper(app, count));
  // Counted by a query first: answering with a thousand instances again and again would take the time that is measured.
  const query = encodeURIComponent(`app:${app} AND pid:>0 AND -status:stopped`);
  await until(
    `${count} pids`,
    async () => (await hub.master.get(`/v1/instances?size=1&query=${query}`)).total >= count,
    120_000,
  );
  await until(
    `${count} processes`,
    async () => {
      const all = await pids(hub, app);
      return all.length === count && all.every(exists);
    },
    60_000,
  );
  return performance.now() - begin;
}

async function stopAll(hub: Hub, app: string): Promise<number> {
  const all = await pids(hub, app);
  const begin = performance.now();
  await hub.master.ok('POST', `/v1/apps/${app}/stop`);
  await until('all gone', () => !all.some(exists), 60_000);
  return performance.now() - begin;
}

/** kill -9 of the program → main() of its replacement, ms. */
async function restarts(hub: Hub, kills: number): Promise<number[]> {
  const file = join(hub.root, `stamps-${kills}`);
  await hub.master.ok('POST', '/v1/apps', stamper('stamped', file));
  const lines = (): string[][] => {
    try {
      return readFileSync(file, 'utf8')
        .trim()
        .split('\n')
        .map((line) => line.split(' '));
    } catch {
      return [];
    }
  };
  await until('the first main()', () => lines().length === 1);
  const times: number[] = [];
  for (let k = 1; k <= kills; k++) {
    await delay(1600); // ready for over a second: the first restart is immediate
    const pid = Number(lines().at(-1)![1]);
    const at = now();
    process.kill(pid, 'SIGKILL');
    await until('its replacement', () => lines().length === k + 1);
    times.push(Number(lines().at(-1)![0]) * 1000 - at);
  }
  await hub.master.ok('DELETE', '/v1/apps/stamped');
  return times;
}

/** POST of an app → its main(), and → the API shows its pid, ms each. */
async function deploys(hub: Hub, rounds: number): Promise<{ exists: number[]; shown: number[] }> {
  const result = { exists: [] as number[], shown: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    const file = join(hub.root, `deploy-${round}`);
    const name = `deploy${round}`;
    const at = now();
    await hub.master.ok('POST', '/v1/apps', stamper(name, file));
    while ((await pids(hub, name)).length === 0) await delay(1);
    result.shown.push(now() - at);
    await until('main()', () => statSync(file).size > 0);
    result.exists.push(Number(readFileSync(file, 'utf8').split(' ')[0]) * 1000 - at);
    await hub.master.ok('DELETE', `/v1/apps/${name}`);
    await delay(50);
  }
  return result;
}

/** A change by the API → its answer, and → the agent has it and has said so, ms each: a value of `meta`, which restarts nothing. */
async function changes(hub: Hub, rounds: number): Promise<{ answered: number[]; taken: number[] }> {
  const spec = sleeper('changed', 1);
  const times = { answered: [] as number[], taken: [] as number[] };
  await hub.master.ok('POST', '/v1/apps', spec);
  const revision = async (): Promise<number> =>
    (await hub.master.get('/v1/instances?query=app:changed')).items.find((i: any) => i.pid)?.revision ?? 0;
  await until('it runs', async () => (await revision()) === 1);
  for (let round = 1; round <= rounds; round++) {
    const at = performance.now();
    const answer = hub.master
      .ok('PUT', '/v1/apps/changed', { ...spec, meta: { round } })
      .then(() => times.answered.push(performance.now() - at));
    while ((await revision()) <= round) {
      if (performance.now() - at > 10_000) throw new Error('the agent does not take the change up');
      await delay(1); // asked without a pause, the master would mostly answer this
    }
    times.taken.push(performance.now() - at);
    await answer;
    await delay(20);
  }
  await hub.master.ok('DELETE', '/v1/apps/changed');
  return times;
}

async function output(hub: Hub): Promise<{ ours: number; plain: number; agentCpu: number }> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-output-'));
  const plain: number[] = [];
  for (let i = 0; i < 3; i++) {
    const begin = performance.now();
    spawnSync('sh', ['-c', `dd if=/dev/zero bs=100 count=1000000 2>/dev/null >> ${join(directory, `plain${i}`)}`]);
    plain.push(performance.now() - begin);
  }
  rmSync(directory, { recursive: true });
  const stamp = join(hub.root, 'output-done');
  const before = cpuSeconds(hub.agents[0]!.pid);
  await hub.master.ok('POST', '/v1/apps', {
    name: 'writer',
    toProcess: 'bash',
    args: [
      '-c',
      'a=$EPOCHREALTIME; dd if=/dev/zero bs=100 count=1000000 2>/dev/null; echo $a $EPOCHREALTIME > "$DONE"; exec sleep 1000',
    ],
    envs: { DONE: stamp },
    logs: { maxBytes: 1024 ** 3 },
  });
  const [from, to] = await until(
    '100 MB are written',
    () => {
      const text = readFileSync(stamp, 'utf8').trim().split(' ').map(Number);
      return text.length === 2 && text;
    },
    60_000,
  );
  const agentCpu = cpuSeconds(hub.agents[0]!.pid) - before;
  await hub.master.ok('DELETE', '/v1/apps/writer');
  return { ours: (to! - from!) * 1000, plain: median(plain), agentCpu };
}

/** A loop of `sh` launchers without any supervision: what the machine itself takes. */
function plainStart(count: number): number {
  const begin = performance.now();
  const children = Array.from({ length: count }, () =>
    spawn('/bin/sh', ['-c', 'sleep 100000; :'], { stdio: 'ignore', detached: true }),
  );
  const took = performance.now() - begin;
  for (const child of children) if (child.pid) process.kill(-child.pid, 'SIGKILL');
  return took;
}

/** Measures one hub of one agent with `count` instances. */
export async function runtimeRows(count: number, say: (line: string) => void): Promise<Row[]> {
  const rows: Row[] = [];
  const row = (what: string, ours: string, target: string, peers = ''): void => {
    rows.push({ what, ours, target, peers });
    say(`${what}: ${ours} (target ${target}) ${peers}`);
  };
  const hub = await new Hub([]).start(1);
  const agent: Daemon = hub.agents[0]!;
  try {
    const idleRss = rssKib(agent.pid);
    const loop = plainStart(count);
    const hundred = await startAll(hub, 'hundred', 100);
    row('start 100, pids shown', seconds(hundred), '–');
    row('stop 100 that heed the signal', seconds(await stopAll(hub, 'hundred')), '–');
    await hub.master.ok('DELETE', '/v1/apps/hundred');
    const one = await restarts(hub, 8);
    row(
      'kill -9 → main() of its replacement, alone',
      `p50 ${ms(median(one))}, p95 ${ms(quantile(one, 0.95))}`,
      'p50 5, p95 10 ms',
    );
    const deployed = await deploys(hub, 15);
    row('POST of an app → its main()', `p50 ${ms(median(deployed.exists))}`, 'p50 15 ms');
    row('POST of an app → the API shows its pid', `p50 ${ms(median(deployed.shown))}`, 'p50 30 ms');
    const changed = await changes(hub, 30);
    row(
      'API change → agent has it and has said so',
      `p50 ${ms(median(changed.taken))}, p95 ${ms(quantile(changed.taken, 0.95))}`,
      'p95 20 ms',
      `its answer p50 ${ms(median(changed.answered))}, p95 ${ms(quantile(changed.answered, 0.95))}`,
    );
    const written = await output(hub);
    row(
      '100 MB of output in 100-byte writes',
      `${seconds(written.ours)}, agent ${written.agentCpu.toFixed(2)} CPU s`,
      'as plain, 0 CPU s',
      `plain redirect ${seconds(written.plain)}`,
    );

    row(
      `start ${count}, pids shown`,
      seconds(await startAll(hub, 'many', count)),
      count === 1000 ? '1.2 s' : '–',
      `Node loop of bare sh ${seconds(loop)}`,
    );
    const all = await pids(hub, 'many');
    const launchers = [...new Set(all.map(parentOf))];
    const launcherPss = launchers.reduce((n, pid) => n + pssKib(pid), 0) / launchers.length;
    await delay(5000);
    const busy = rssKib(agent.pid);
    row('memory a process: launcher PSS', `${launcherPss.toFixed(0)} KiB`, '205 KiB');
    // What the storm left behind is collected once it is calm, and each is measured in whole twice, half a minute apart, before it counts
    // as at rest: that is no part of idling.
    await delay(85_000);
    const before = cpuSeconds(agent.pid);
    await delay(60_000);
    const rss = rssKib(agent.pid); // what the storm left behind has been given back by now
    row('memory a process: share of the agent', `${((rss - idleRss) / count).toFixed(1)} KiB`, '25 KiB');
    row(
      `agent RSS with ${count} instances`,
      `${mib(rss)} (${mib(idleRss)} with none, ${mib(busy)} just after the starts)`,
      '100 MiB',
    );
    row(
      `agent CPU, ${count} instances, nobody watches`,
      `${(cpuSeconds(agent.pid) - before).toFixed(2)} CPU s a minute`,
      '0.1',
    );
    const watching = new WebSocket(`${hub.master.address.replace('http', 'ws')}/v1/live`);
    await new Promise((resolve, reject) => watching.once('open', resolve).once('error', reject));
    let rows = 0;
    watching.on('message', (frame) => {
      rows += String(frame).includes('"usage"') ? 1 : 0;
    });
    watching.send(JSON.stringify({ type: 'watch', topic: 'cluster' }));
    await delay(10_000);
    const unseen = cpuSeconds(agent.pid);
    await delay(60_000);
    row(
      `agent CPU, ${count} instances, all watched`,
      `${(cpuSeconds(agent.pid) - unseen).toFixed(2)} CPU s a minute`,
      count === 1000 ? '1.2 (2 % of a core)' : '–',
      `${rows} frames with usage in 70 s`,
    );
    watching.close();
    const many = await restarts(hub, 10);
    row(
      `kill -9 → main(), beside ${count} others`,
      `p50 ${ms(median(many))}, p95 ${ms(quantile(many, 0.95))}`,
      'p50 5, p95 10 ms',
    );

    await agent.end('SIGKILL');
    const begin = performance.now();
    await agent.start();
    const ready = performance.now() - begin;
    await until(
      'all adopted',
      async () => {
        const now_ = await pids(hub, 'many');
        return now_.length === count && all.every((pid) => now_.includes(pid));
      },
      30_000,
    );
    row(
      `agent restart → all ${count} adopted`,
      `${seconds(performance.now() - begin)} (of it start-up ${seconds(ready)})`,
      '0.6 s after start-up',
    );
    row(`stop ${count} that heed the signal`, seconds(await stopAll(hub, 'many')), '0.5 s');
  } finally {
    await hub.end();
    rmSync(hub.root, { recursive: true, force: true });
  }
  return rows;
}
