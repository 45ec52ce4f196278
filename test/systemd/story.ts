// The unit that `stathub agent --install` prints, under a real systemd with cgroup v2: run inside the machine of machine.sh, as root.
//   node dist/test/systemd/story.js          the agent as root
//   node dist/test/systemd/story.js ann      the agent as an ordinary user
import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { mainFile } from '../support/hub.ts';
import { until } from '../support/until.ts';

const user = process.argv[2] ?? 'root';
const unit = 'stathub-story';
const directory = `/var/lib/${unit}-${user}`;
const address = 'http://127.0.0.1:51099';
const patience = 600_000; // an emulated machine is some ten times slower
const test = suite(`systemd, as ${user}`);
const MiB = 1024 ** 2;
/** Nobody listens there; the password has all that a shell, systemd or an address could take amiss. */
const shipTo = 'http://es:p%25a$b%22c`d@127.0.0.1:9';

const run = (command: string, ...args: string[]): string => execFileSync(command, args, { encoding: 'utf8' });
const get = async (path: string): Promise<any> => {
  const answer = await fetch(address + path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
};
async function deploy(app: { name: string; [key: string]: unknown }): Promise<void> {
  const body = JSON.stringify(app);
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${address}/v1/apps/${app.name}`, { method: 'PUT', headers, body });
  assert.ok(answer.ok, await answer.clone().text());
}
const instance = async (app: string): Promise<any> => (await get(`/v1/instances?query=app:${app}`)).items[0];
const see = (app: string, what: string, is: (instance: any) => boolean): Promise<any> =>
  until(
    `${app}: ${what}`,
    async () => {
      const one = await instance(app);
      return one && is(one) && one;
    },
    patience,
  );
// Before 254 systemd has no DelegateSubgroup=, without which only root has cgroups (README, "Under systemd").
const version = Number(/\d+/.exec(run('systemctl', '--version'))![0]);
const grouped = user === 'root' || version >= 254;
const mainPid = (): number => Number(run('systemctl', 'show', '-p', 'MainPID', '--value', unit));
/** Takes too much by a child; where memory is only measured, by itself and for long enough to be seen. */
const greedy = (name: string) => ({
  name,
  ...(grouped
    ? { toProcess: 'sh', args: ['-c', 'head -c 209715200 /dev/zero | tail >/dev/null; sleep 100000'] }
    : { toProcess: process.execPath, args: ['-e', 'const much = Buffer.alloc(1e8, 1); setInterval(() => much, 1e6)'] }),
  resAlloc: { mem: '32MB' },
  restart: { policy: 'never' },
});

test.before(async () => {
  mkdirSync(directory, { recursive: true });
  if (user !== 'root') chownSync(directory, Number(run('id', '-u', user)), Number(run('id', '-g', user)));
  const flags = ['--store-directory', directory, '--port', '51099', '--bind', '127.0.0.1', '--ship-logs', shipTo];
  const printed = run(process.execPath, mainFile, 'agent', '--install', ...flags);
  writeFileSync(`/etc/systemd/system/${unit}.service`, printed.replace('[Service]\n', `[Service]\nUser=${user}\n`));
  run('systemctl', 'daemon-reload');
  run('systemctl', 'start', unit);
  await until('the agent serves', () => get('/v1/nodes'), patience);
});
test.after(() => {
  run('systemctl', 'stop', unit);
  for (const { pid } of programs) process.kill(pid, 'SIGKILL');
});
const programs: { pid: number }[] = [];

test('the node says what holds its limits: cgroup v2, or why it does not', async () => {
  const { isolation } = await until('its facts', async () => (await get('/v1/nodes')).items[0], patience);
  const held = ['cpus', 'disk', 'fds', 'fileSize', 'memory', 'nice', 'processes', 'swap', 'umask'];
  if (!grouped) {
    assert.is(isolation.cgroup, 'none');
    assert.ok(
      isolation.not.some(
        ({ limit, why }: { limit: string; why: string }) => limit === 'memory' && why.includes('measured'),
      ),
    );
    return;
  }
  assert.is(isolation.cgroup, 'v2');
  assert.equal([...isolation.enforced].sort(), user === 'root' ? [...held, 'user'] : held);
});

test('what is secret comes from a file of its own, and is in no argument', async () => {
  const file = join(directory, 'unit.env');
  assert.is(statSync(file).mode & 0o777, 0o600);
  const environment = readFileSync(`/proc/${mainPid()}/environ`, 'utf8').split('\0');
  assert.ok(environment.includes(`STATHUB_SHIP_LOGS=${shipTo}`), environment.join('\n'));
  assert.not.match(readFileSync(`/proc/${mainPid()}/cmdline`, 'utf8'), 'es:p');
  assert.not.match(readFileSync(`/etc/systemd/system/${unit}.service`, 'utf8'), 'es:p');
});

test('a program is in a group of its own below the unit, with its limits', async () => {
  await deploy({
    name: 'calm',
    toProcess: 'sleep',
    args: ['100000'],
    resAlloc: { mem: '64MB' },
    limits: { cpus: 0.5, processes: 9 },
  });
  const { pid } = await see('calm', 'running', (i) => i.status === 'running');
  programs.push({ pid });
  const group = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().slice('0::'.length);
  const below = existsSync(`/sys/fs/cgroup/system.slice/${unit}.service/agent`);
  console.log(`# ${group}${below ? '' : ' (this systemd knows no DelegateSubgroup=)'}`);
  if (!grouped) return;
  if (below) assert.ok(group.startsWith(`/system.slice/${unit}.service/stathub/`), group);
  const value = (file: string): string => readFileSync(join('/sys/fs/cgroup', group, file), 'utf8').trim();
  assert.is(value('memory.max'), String(64 * MiB));
  assert.is(value('memory.swap.max'), '0');
  assert.is(value('memory.oom.group'), '1');
  assert.is(value('pids.max'), '9');
  assert.is(value('cpu.max'), '50000 100000');
});

test('a child that takes too much ends the whole tree: oom', async () => {
  await deploy(greedy('greedy'));
  const { exit } = await see('greedy', 'out of memory', (i) => i.exit);
  assert.equal([exit.reason, exit.quota.limit], ['oom', 32 * MiB]);
  if (grouped) assert.is(exit.signal, 9);
});

test('programs outlive a restart of the unit and a kill -9 of the agent, and limits hold after it', async () => {
  const { pid } = await instance('calm');
  const before = mainPid();
  run('systemctl', 'restart', unit);
  await see('calm', 'the same after a restart', (i) => i.pid === pid && i.status === 'running' && i.restarts === 0);
  const between = mainPid();
  assert.is.not(between, before);
  process.kill(between, 'SIGKILL');
  await until('systemd starts it again', () => mainPid() !== 0 && mainPid() !== between, patience);
  await see('calm', 'the same after a kill', (i) => i.pid === pid && i.status === 'running' && i.restarts === 0);
  await deploy(greedy('again'));
  assert.is((await see('again', 'out of memory', (i) => i.exit)).exit.reason, 'oom');
});

test('however often it fails it is started again; programs do not notice', async () => {
  const { pid } = await instance('calm');
  for (let times = 0; times < 8; times++) {
    const now = mainPid();
    process.kill(now, 'SIGKILL');
    await until(`started again ${times}`, () => mainPid() !== 0 && mainPid() !== now, patience);
  }
  await see('calm', 'the same after all that', (i) => i.pid === pid && i.status === 'running' && i.restarts === 0);
});

test('systemctl stop ends the agent alone', async () => {
  const { pid } = await instance('calm');
  run('systemctl', 'stop', unit);
  process.kill(pid, 0);
});

test.run();
