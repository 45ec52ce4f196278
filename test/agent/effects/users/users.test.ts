// Programs as other users: named ones and private ones, with real processes of a real agent (root), and what an agent that is not
// root says of it.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findAccount, parseAccount } from '../../../../src/agent/effects/users/accounts.ts';
import { numbersAlive, PrivateUsers } from '../../../../src/agent/effects/users/private-users.ts';
import { blockedBy, findUserSwitch, switchWords } from '../../../../src/agent/effects/users/switch-user.ts';
import { findProgram } from '../../../../src/agent/effects/launch/tools.ts';
import { killTree } from '../../../../src/agent/effects/processes/kill-tree.ts';
import { scratch } from '../../../support/scratch.ts';
import { mainFile } from '../../../support/hub.ts';
import { until } from '../../../support/until.ts';
import { Alone, lives } from '../../alone.ts';
import { Host } from '../../host.ts';

const root = process.getuid?.() === 0;
const agent = new Alone();
const test = suite('users');
/** Lets others pass to where the agent keeps its things. */
const open = (path: string) => {
  for (let at = path; at !== '/'; at = dirname(at)) if ((statSync(at).mode & 1) === 0) chmodSync(at, 0o711);
};
test.before(async () => {
  await agent.start();
  open(dirname(agent.directory));
  chmodSync(agent.directory, 0o700);
});
test.after(() => agent.finish());
const asRoot = (body: () => Promise<void>) => async () => (root ? body() : console.log('# skipped: not root'));
const sh = (line: string, more: object = {}) => ({ toProcess: 'sh', args: ['-c', line], ...more });
const statusOf = (pid: number) => readFileSync(`/proc/${pid}/status`, 'latin1');
/** Of a process that may end meanwhile. */
const uidOf = (pid: number): number | null => {
  try {
    return uidsOf(pid)[0]!;
  } catch {
    return null;
  }
};
const uidsOf = (pid: number) => /^Uid:\s+(.*)$/m.exec(statusOf(pid))![1]!.split('\t').map(Number);

test(
  'a named user: its ids and groups, its HOME, its files, and nothing stays in between',
  asRoot(async () => {
    const nobody = (await findAccount('nobody'))!;
    await agent.deploy({
      name: 'named',
      user: 'nobody',
      ...sh('id -u; id -G; echo "$USER $LOGNAME $HOME"; touch mine; ulimit -n; exec sleep 100000'),
      limits: { fds: 77, nice: -3 },
    });
    const i = await agent.running('named');
    const out = await until('its words', () => {
      const lines = readFileSync(join(agent.directoryOf(i.id), 'stdout.log'), 'utf8').split('\n');
      return lines.length > 4 && lines;
    });
    assert.is(i.user, 'nobody');
    assert.equal(uidsOf(i.pid), Array(4).fill(nobody.uid));
    assert.match(statusOf(i.pid), /^CapEff:\s+0+$/m);
    assert.match(statusOf(i.pid), /^CapInh:\s+0+$/m);
    assert.is(
      readFileSync(`/proc/${i.pid}/stat`, 'latin1')
        .replace(/^.*\) /, '')
        .split(' ')[16],
      '-3',
      'niceness is set before rights go',
    );
    assert.equal([out[0], out[2], out[3]], [String(nobody.uid), `nobody nobody ${nobody.home}`, '77']);
    const work = join(agent.directoryOf(i.id), 'launches/1/work');
    assert.equal(
      [statSync(work).uid, statSync(work).mode & 0o777, statSync(join(work, 'mine')).uid],
      [nobody.uid, 0o700, nobody.uid],
    );
    assert.is(statSync(join(agent.directoryOf(i.id), 'stdout.log')).uid, 0);
    const parent = Number(
      readFileSync(`/proc/${i.pid}/stat`, 'latin1')
        .replace(/^.*\) /, '')
        .split(' ')[1],
    );
    assert.match(readFileSync(`/proc/${parent}/cmdline`, 'latin1'), /stathub-launcher/);
  }),
);

test(
  '"auto": a user of its own for each instance, kept over restarts and the agent\'s death, free for others afterwards',
  asRoot(async () => {
    const content = scratch('content');
    mkdirSync(join(content, 'sub'));
    writeFileSync(join(content, 'sub', 'file'), 'x');
    assert.is(spawnSync('tar', ['-czf', join(content, 'c.tar.gz'), '-C', content, 'sub']).status, 0);
    const spec = sh('cat sub/file && echo more >>sub/file && touch sub/new && exec sleep 100000', {
      user: 'auto',
      uris: [`file://${content}/c.tar.gz`],
      placement: { scale: 2 },
      healthChecks: [
        {
          protocol: 'COMMAND',
          command: 'test "$(id -u)" = "${USER#stathub-}" && test "$PWD" -ef . && test "$HOME" -ef . && test -w sub/new',
          initialDelaySeconds: 0,
          intervalSeconds: 1,
          timeoutSeconds: 5,
        },
      ],
    });
    await agent.deploy({ name: 'own', ...spec });
    const both = await until('two run', async () => {
      const all = (await agent.instances('own')).filter((i) => i.status === 'running');
      return all.length === 2 && all;
    });
    const uids = both.map(({ pid }: any) => uidsOf(pid)[0]!);
    assert.ok(uids[0] !== uids[1] && uids.every((uid: number) => uid >= 61_184 && uid <= 65_519), String(uids));
    for (const { pid } of both) {
      assert.match(statusOf(pid), /^NoNewPrivs:\s+1$/m);
      assert.match(statusOf(pid), new RegExp(`^Groups:\\s*(${uidsOf(pid)[0]})?\\s*$`, 'm'));
    }
    const [first, second] = both;
    const foreign = join(agent.directoryOf(second.id), 'launches/1/work/sub/file');
    const words = switchWords(findUserSwitch(findProgram)!, {
      uid: uids[0]!,
      gid: uids[0]!,
      name: 'x',
      home: '/',
      shell: '/bin/sh',
      private: true,
    });
    const may = (path: string) => spawnSync(words[0]!, [...words.slice(1), 'cat', path]).status === 0;
    assert.not.ok(
      may(foreign) || may(join(agent.directoryOf(second.id), 'stdout.log')),
      "nobody reads what is another instance's",
    );
    assert.ok(may(join(agent.directoryOf(first.id), 'launches/1/work/sub/file')));
    process.kill(first.pid, 'SIGKILL');
    const again = await until('it runs again', async () =>
      (await agent.instances('own')).find((i) => i.id === first.id && i.status === 'running' && i.pid !== first.pid),
    );
    assert.is(uidsOf(again.pid)[0], uids[0]);
    await agent.restart();
    await agent.deploy({ name: 'third', user: 'auto' });
    const third = await agent.running('third');
    await until('it is its own user', () => uidsOf(third.pid)[0] !== process.getuid!());
    assert.not.ok(uids.includes(uidsOf(third.pid)[0]!), 'a restarted agent knows who has which');
    for (const uid of uids) assert.ok(existsSync(`/run/stathub/users/${uid}`));
    for (const name of ['own', 'third']) await agent.ok('DELETE', `/v1/apps/${name}`);
    await until('they are free', () => uids.every((uid: number) => !existsSync(`/run/stathub/users/${uid}`)));
  }),
);

test(
  'what cannot be is said: no such user, a place that the user may not pass',
  asRoot(async () => {
    await agent.deploy({ name: 'ghost', user: 'no-such-user', restart: { policy: 'never' } });
    const ghost = await agent.see('ghost', 'its end', (i) => i.exit);
    assert.equal(
      [ghost.exit.reason, ghost.exit.tail.at(-1)],
      ['not-started', 'there is no user "no-such-user" on this node'],
    );
    const closed = scratch('closed');
    mkdirSync(join(closed, 'work'));
    chmodSync(closed, 0o700);
    await agent.deploy({
      name: 'shut-out',
      user: 'nobody',
      workingDirectory: join(closed, 'work'),
      restart: { policy: 'never' },
    });
    const { exit } = await agent.see('shut-out', 'its end', (i) => i.exit);
    assert.match(exit.tail.at(-1), /user nobody may not pass .*closed.*chmod/);
  }),
);

test(
  'an agent that is not root runs programs as itself, says so, and holds to what it can',
  asRoot(async () => {
    if (blockedBy(mainFile, { uid: 65534, gid: 65534 }) !== null)
      return console.log('# skipped: this copy of stathub lies where another user cannot read it');
    const place = scratch('plain');
    const store = join(place, 'agent');
    open(place);
    mkdirSync(store);
    assert.is(spawnSync('chown', ['65534:65534', store]).status, 0);
    // As systemd or an operator would start it: by another user, with nothing of root left.
    const plain = new (class extends Alone {})();
    Object.assign(plain, { directory: store });
    const words = switchWords(findUserSwitch(findProgram)!, {
      uid: 65534,
      gid: 65534,
      name: 'nobody',
      home: '/',
      shell: '/bin/sh',
      private: true,
    });
    await plain.start([], { before: words });
    try {
      const { isolation, capabilities } = (await plain.get('/v1/nodes')).items[0];
      assert.equal([capabilities.membership, isolation.cgroup], ['session', 'none']);
      assert.equal(
        isolation.not.map((each: any) => each.limit),
        ['memory', 'cpus', 'processes', 'user'],
      );
      await plain.deploy({
        name: 'mine',
        ...sh('id -u; ulimit -n; ulimit -f; exec sleep 100000'),
        user: 'nobody',
        resAlloc: { mem: '64MB', cpus: 0.1 },
        limits: { fds: 55, processes: 4000, nice: 2 },
      });
      const i = await plain.running('mine');
      const said = await until('its words', () => {
        const lines = readFileSync(join(plain.directoryOf(i.id), 'stdout.log'), 'utf8').split('\n');
        return lines.length > 2 && lines;
      });
      assert.equal(said.slice(0, 2), ['65534', '55']);
      assert.is(
        readFileSync(`/proc/${i.pid}/stat`, 'latin1')
          .replace(/^.*\) /, '')
          .split(' ')[16],
        '2',
      );
      await plain.deploy({ name: 'other', user: 'root', restart: { policy: 'never' } });
      assert.match((await plain.see('other', 'its end', (each) => each.exit)).exit.tail.at(-1), /does not run as root/);
      process.kill(i.pid, 'SIGKILL');
      await plain.see('mine', 'running again', (each) => each.status === 'running' && each.pid !== i.pid);
    } finally {
      await plain.finish();
    }
  }),
);

test(
  'without a cgroup, whoever runs as a private user is found by that',
  asRoot(async () => {
    const host = Host.open({ kinds: ['session'] });
    const uid = 100_000 + process.pid; // others run beside this test
    try {
      const started = host.start('sh', ['-c', 'setsid env -i sleep 100000 & exec sleep 100000'], {
        user: { uid, gid: uid, name: 'x', home: '/', shell: '/bin/sh', private: true },
      });
      await started.identity;
      const its = () =>
        readdirSync('/proc').filter((name) => /^\d+$/.test(name) && lives(Number(name)) && uidOf(Number(name)) === uid);
      await until('both run', () => its().length === 2);
      started.tree.uid = uid; // as the agent's own trees have it
      await killTree(started.tree);
      assert.equal(its(), []);
    } finally {
      await host.close();
    }
  }),
);

test('numbers are given one after the other, never twice, and those of the dead come back', async () => {
  const directory = scratch('numbers');
  const owners = scratch('owners');
  const owner = (name: string) => {
    const path = join(owners, name);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const one = new PrivateUsers({ first: 64_000, last: 64_003 }, 'node-a', directory);
  const two = new PrivateUsers({ first: 64_000, last: 64_003 }, 'node-b', directory);
  const given = [
    await one.take(owner('a')),
    await two.take(owner('b')),
    await one.take(owner('c')),
    await two.take(owner('d')),
  ];
  assert.equal([...given].sort(), [64_000, 64_001, 64_002, 64_003]);
  assert.is(await one.take(owner('a')), given[0]);
  await one.take(owner('e')).then(
    () => assert.unreachable(),
    (error: Error) => assert.match(error.message, /all users from 64000 to 64003 are in use; --users/),
  );
  two.release(owner('d'));
  assert.is(await one.take(owner('e')), given[3]);
  one.release(join(owners, 'a'));
  writeFileSync(join(directory, String(given[0])), `${join(owners, 'nobody-there')}\n`); // an agent that was removed
  assert.is(await two.take(owner('f')), given[0]);
  two.restore(owner('b'), given[1]!);
  assert.equal(readdirSync(directory).length, 4);
  assert.ok((await numbersAlive()).has(process.getuid!()));
});

test('reads passwd lines, and finds what is in the way', async () => {
  assert.equal(parseAccount('web:x:1001:1002:,,,:/srv/web:/bin/bash'), {
    uid: 1001,
    gid: 1002,
    name: 'web',
    home: '/srv/web',
    shell: '/bin/bash',
    private: false,
  });
  assert.equal(
    [parseAccount(''), parseAccount('+::::::'), await findAccount('no-such-user'), await findAccount('-x')],
    [null, null, null, null],
  );
  const place = scratch('blocked');
  mkdirSync(join(place, 'a', 'b'), { recursive: true });
  open(place);
  chmodSync(join(place, 'a'), 0o710);
  const path = join(place, 'a', 'b', 'work');
  assert.is(blockedBy(path, { uid: 4242, gid: 4242 }), join(place, 'a'));
  assert.is(blockedBy(path, { uid: 4242, gid: process.getgid!() }), null);
  assert.is(blockedBy(path, { uid: process.getuid!(), gid: 4242 }), null);
});

test.run();
