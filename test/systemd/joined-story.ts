// The units of a master and of an agent that joins it, under a real systemd: secrets by their file, an agent that empties its node and
// ends, and is started again. Run inside the machine of machine.sh, as root.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { mainFile } from '../support/hub.ts';
import { until } from '../support/until.ts';

const test = suite('systemd, a master and an agent that joined it');
const patience = 600_000; // an emulated machine is some ten times slower
const address = 'http://127.0.0.1:51097';
const admin = 'admin-of-the-story-0123456789';
const home = '/var/lib/stathub-joined';

const run = (command: string, ...args: string[]): string => execFileSync(command, args, { encoding: 'utf8' });
const shown = (unit: string, properties: string): string => run('systemctl', 'show', '-p', properties, unit);
const mainPid = (unit: string): number => Number(shown(unit, 'MainPID').split('=')[1]);
async function ask(method: string, path: string, body?: unknown): Promise<any> {
  const answer = await fetch(address + path, {
    method,
    headers: { authorization: `Bearer ${admin}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}
const node = async (): Promise<any> => (await ask('GET', '/v1/nodes')).items[0];
const calm = async (): Promise<any> => (await ask('GET', '/v1/instances?query=app:calm')).items[0];
const running = (what: string, is: (pid: number) => boolean): Promise<any> =>
  until(
    `calm: ${what}`,
    async () => {
      const one = await calm();
      return one?.status === 'running' && is(one.pid) && one;
    },
    patience,
  );
function install(part: 'master' | 'agent', ...flags: string[]): void {
  const text = run(process.execPath, mainFile, part, '--install', '--store-directory', `${home}/${part}`, ...flags);
  writeFileSync(`/etc/systemd/system/story-${part}.service`, text);
  run('systemctl', 'daemon-reload');
  run('systemctl', 'start', `story-${part}`);
}

test.before(async () => {
  mkdirSync(home, { recursive: true });
  writeFileSync(`${home}/admin`, `${admin}\n`, { mode: 0o600 });
  install('master', '--port', '51097', '--bind', '0.0.0.0', '--token-file', `${home}/admin`);
  await until('the master serves', () => ask('GET', '/v1/nodes'), patience);
  const { token } = await ask('POST', '/v1/tokens', { role: 'node', name: 'story' });
  install('agent', '--port', '51099', '--master', address, '--token', token, '--evacuate-within', '30s');
  await until('the node is ready', async () => (await node())?.status === 'ready', patience);
  assert.match(readFileSync(`${home}/agent/unit.env`, 'utf8'), /^STATHUB_TOKEN="/);
  assert.not.match(readFileSync(`/proc/${mainPid('story-agent')}/cmdline`, 'utf8'), token);
});
test.after(async () => {
  await ask('DELETE', '/v1/apps/calm');
  await until('calm is gone', async () => !(await calm()), patience);
  for (const part of ['agent', 'master']) run('systemctl', 'stop', `story-${part}`);
});

test('programs outlive restarts and kills of both units', async () => {
  await ask('PUT', '/v1/apps/calm', { name: 'calm', toProcess: 'sleep', args: ['100000'] });
  const { pid } = await running('running', () => true);
  run('systemctl', 'restart', 'story-master', 'story-agent');
  for (const part of ['story-master', 'story-agent']) {
    const now = mainPid(part);
    process.kill(now, 'SIGKILL');
    await until('started again', () => mainPid(part) !== 0 && mainPid(part) !== now, patience);
  }
  await until('the node is ready again', async () => (await node().catch(() => null))?.status === 'ready', patience);
  await running('as it was', (now) => now === pid);
});

test('emptied by USR2 the agent ends with 0 and stays ended; started again it is cordoned', async () => {
  const { pid } = await calm();
  run('systemctl', 'kill', '-s', 'USR2', '--kill-whom=main', 'story-agent');
  await until('it has ended', () => mainPid('story-agent') === 0, patience);
  const told = shown('story-agent', 'ActiveState,ExecMainStatus,NRestarts');
  assert.match(told, /ActiveState=inactive/);
  assert.match(told, /ExecMainStatus=0/);
  assert.not(existsSync(`/proc/${pid}`), 'calm was stopped');
  run('systemctl', 'start', 'story-agent');
  const { id } = await until('the node is back', async () => (await node())?.status === 'cordoned' && node(), patience);
  await ask('POST', `/v1/nodes/${id}/uncordon`);
  await running('again', (now) => now !== pid);
});

test.run();
