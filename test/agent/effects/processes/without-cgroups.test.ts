// An agent where no cgroup can be made: a child with a session of its own is in no group of the program, and is found all the same.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { scratch } from '../../../support/scratch.ts';
import { until } from '../../../support/until.ts';
import { Alone, lives, withArgument } from '../../alone.ts';

const without = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs -o ro none /sys/fs/cgroup && exec "$@"', 'sh'];
const possible =
  process.getuid?.() === 0 && spawnSync(without[0]!, [...without.slice(1), 'true'], { stdio: 'ignore' }).status === 0;
if (!possible) console.log('# skipped: no mount namespaces here');
const agent = new Alone();
const test = suite('without cgroups');
/** Has the marker, no parent and a session of its own, and ignores whatever can be ignored. */
const daemon = (mark: string): string => `setsid -f sh -c 'trap "" TERM HUP INT; while :; do sleep 1; done' ${mark}`;

if (possible) {
  test.before(async () => {
    await agent.start([], { before: without });
  });
  test.after(() => agent.finish());

  test('it is stopped when such a child has gone, too', async () => {
    const mark = `stopped-${process.pid}`;
    await agent.deploy({
      name: 'leaves',
      toProcess: 'sh',
      args: ['-c', `${daemon(mark)}; exec sleep 100000`],
      killTimeoutSeconds: 1,
    });
    const { id, pid } = await agent.running('leaves');
    assert.is((await agent.get('/v1/nodes')).items[0].isolation.cgroup, 'none');
    const child = await until('its child', () => withArgument(mark)[0]);
    await agent.ok('POST', '/v1/apps/leaves/stop');
    await until('the program has ended', () => !lives(pid));
    await until('it is shown as stopped', async () => {
      const seen = (await agent.instances('leaves')).find((one) => one.id === id);
      return !seen || seen.status === 'stopped';
    });
    assert.not.ok(lives(child), 'it was called stopped before its child had gone');
  });

  test('a restart does not wait for it; it is ended beside the next launch, which is not touched', async () => {
    const mark = `left-${process.pid}`;
    const second = join(scratch('left'), 'second');
    const script = `[ -e ${second} ] && exec sleep 100000; touch ${second}; ${daemon(mark)}; sleep 1.2; exit 4`;
    await agent.deploy({ name: 'again', toProcess: 'sh', args: ['-c', script], killTimeoutSeconds: 2 });
    await until('its child', () => withArgument(mark).length > 0);
    const next = await agent.see('again', 'the next launch', (i) => i.restarts === 1 && i.pid);
    await until('the child has gone', () => withArgument(mark).length === 0);
    const after = await agent.running('again');
    assert.equal([after.pid, after.restarts, after.exit.code], [next.pid, 1, 4]);
    const told = await until('it is told', async () => (await agent.events('kind:instance.leftBehind'))[0]);
    assert.match(
      told.message,
      /^again\.0 had left (a process|\d processes) behind in sessions of their own when it ended/,
    );
  });

  /** An account of the system's that nothing runs as: another run of this test beside it takes another one. */
  function restingAccount(): { name: string; uid: number } {
    const busy = new Set(
      spawnSync('ps', ['-eo', 'uid='], { encoding: 'utf8' })
        .stdout.split('\n')
        .map((uid) => Number(uid.trim())),
    );
    const resting = readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => ({ name: line.split(':')[0]!, uid: Number(line.split(':')[2]) }))
      .filter(({ uid }) => uid > 0 && uid < 1000 && !busy.has(uid));
    return resting[Math.floor(Math.random() * resting.length)]!;
  }

  test('limits.processes is counted by user here: what others of that user have does not stand against it', async () => {
    const { name: user, uid } = restingAccount();
    const others = Array.from({ length: 8 }, () => spawn('sleep', ['100000'], { uid, stdio: 'ignore' }));
    try {
      await agent.deploy({
        name: 'counted',
        toProcess: 'sh',
        args: ['-c', 'sleep 0.1; (sleep 0.1; true) && exec sleep 100000'],
        user,
        workingDirectory: '/',
        limits: { processes: 4 },
      });
      const { pid, restarts } = await agent.settled('counted');
      assert.is(restarts, 0);
      const limit = /^Max processes +(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'latin1'))![1];
      assert.ok(Number(limit) >= others.length + 4, limit);
    } finally {
      for (const other of others) other.kill('SIGKILL');
    }
  });

  test('what a check has left behind ends with it', async () => {
    const mark = `checked-${process.pid}`;
    const command = `[ -e once ] || { touch once; ${daemon(mark)}; }`;
    await agent.deploy({ name: 'checked', killTimeoutSeconds: 1, healthChecks: [{ protocol: 'COMMAND', command }] });
    await agent.running('checked');
    await until('what the check has left', () => withArgument(mark).length > 0);
    await agent.ok('POST', '/v1/apps/checked/stop');
    await until('it has gone, too', () => withArgument(mark).length === 0);
  });
}
test.run();
