// A hub of one machine, measured as the peers are: its supervisors are the agent, a launcher for each program, and the master.
import { rmSync } from 'node:fs';
import { Hub } from '../support/hub.ts';
import { until } from '../support/until.ts';
import { parentOf } from './measure.ts';
import { environment, stamp, writer, type Peer } from './peer-kinds.ts';

let hub: Hub | null = null;
const running = (): Hub => {
  if (!hub) throw new Error('the hub was not started');
  return hub;
};

async function pids(): Promise<number[]> {
  const found: number[] = [];
  const query = encodeURIComponent('pid:>0 AND -status:stopped');
  for (;;) {
    const { items, total } = await running().master.get(`/v1/instances?size=1000&from=${found.length}&query=${query}`);
    found.push(...items.map((i: any) => i.pid as number));
    if (items.length === 0 || found.length >= total) return found;
  }
}
const gone = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};

async function onEach(): Promise<number[]> {
  return [running().agents[0]!.pid, ...new Set((await pids()).map(parentOf))];
}

export const stathub: Peer = {
  name: 'stathub',
  missing: () => null,
  cycle: 30,
  async start(directory, count) {
    hub = await new Hub([]).start(1);
    const { master } = hub;
    const envs = environment(directory);
    const app = (name: string, rest: object): Promise<unknown> =>
      master.ok('POST', '/v1/apps', { name, envs, healthChecks: [], ...rest });
    const begin = performance.now();
    await app('stamped', { toProcess: 'bash', args: ['-c', stamp], restart: { attempts: 1000, delaySeconds: 0 } });
    await app('writer', { toProcess: 'bash', args: ['-c', writer] });
    await app('many', { toProcess: 'sleep', args: ['100000'], placement: { scale: count } });
    const query = encodeURIComponent('pid:>0 AND -status:stopped');
    await until(
      'all run',
      async () => (await master.get(`/v1/instances?size=1&query=${query}`)).total === count + 2,
      180_000,
    );
    return performance.now() - begin;
  },
  async supervisors() {
    return [running().master.pid, ...(await onEach())];
  },
  onEach,
  async stop() {
    const { master } = running();
    const all = await pids();
    for (const app of ['stamped', 'writer', 'many']) await master.ok('POST', `/v1/apps/${app}/stop`);
    await until('all are gone', () => all.every(gone), 60_000);
  },
  async end() {
    const ended = hub;
    hub = null;
    if (!ended) return;
    await ended.end();
    rmSync(ended.root, { recursive: true, force: true, maxRetries: 3 });
  },
};
