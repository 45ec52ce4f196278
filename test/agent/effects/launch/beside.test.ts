// COMMAND checks and preStop run where the program does: in its groups, under its limits, and they end with its tree.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { scratch } from '../../../support/scratch.ts';
import { until } from '../../../support/until.ts';
import { Alone, withArgument } from '../../alone.ts';

const agent = new Alone();
const test = suite('beside');
test.before(async () => {
  await agent.start();
});
test.after(() => agent.finish());

const groupsOf = (pid: number): string => readFileSync(`/proc/${pid}/cgroup`, 'utf8');

test('their groups, directory, umask and environment are those of the program', async () => {
  const directory = scratch('beside');
  const says = (name: string): string =>
    `{ cat /proc/self/cgroup; pwd; umask; env | grep -c "^spring.name=x y$"; echo "$WORD"; } > ${directory}/${name}`;
  await agent.deploy({
    name: 'web',
    envs: { 'spring.name': 'x y', WORD: 'it\'s "me"' },
    limits: { umask: '027' },
    healthChecks: [{ protocol: 'COMMAND', command: says('check'), intervalSeconds: 100 }],
    preStop: { command: ['/bin/bash', '-c', says('stop')] },
    killTimeoutSeconds: 5,
  });
  const { id, pid } = await agent.running('web');
  const groups = groupsOf(pid);
  const work = join(agent.directoryOf(id), 'launches/1/work');
  await agent.ok('POST', '/v1/apps/web/stop');
  await until('it was stopped', () => existsSync(join(directory, 'stop')) && !existsSync(`/proc/${pid}`));
  const check = readFileSync(join(directory, 'check'), 'utf8');
  const stop = readFileSync(join(directory, 'stop'), 'utf8');
  // A name that no shell can set gets to the first program only: bash hands it on, sh may not.
  assert.is(check.replace(/^[01]\n/m, ''), `${groups}${work}\n0027\nit's "me"\n`);
  assert.is(stop, `${groups}${work}\n0027\n1\nit's "me"\n`);
});

test('what a check leaves behind ends with the instance; its memory counts there', async () => {
  const mark = `beside-${process.pid}`;
  await agent.deploy({
    name: 'leaves',
    healthChecks: [
      {
        protocol: 'COMMAND',
        command: `[ -e once ] || { touch once; setsid -f sh -c 'while :; do sleep 1; done' ${mark}; }`,
      },
    ],
    killTimeoutSeconds: 1,
  });
  const { pid } = await agent.running('leaves');
  const child = await until('what the check has left', () => withArgument(mark)[0]);
  assert.is(groupsOf(child), groupsOf(pid));
  await agent.ok('POST', '/v1/apps/leaves/stop');
  await until('all of it has gone', () => withArgument(mark).length === 0);
});

test.run();
