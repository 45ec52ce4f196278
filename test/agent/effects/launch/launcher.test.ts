// Starting programs under each kind of launcher: arguments, environment, limits, ends.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readStat } from '../../../../src/agent/effects/processes/boot.ts';
import { claimLaunch, interpretStatus, readSetup } from '../../../../src/agent/effects/launch/launch-facts.ts';
import { LaunchError, quote } from '../../../../src/agent/effects/launch/run-script.ts';
import { findTools } from '../../../../src/agent/effects/launch/tools.ts';
import { keptTo } from '../../../support/busyness.ts';
import { until } from '../../../support/until.ts';
import { fixture, Host, noLimits } from '../../host.ts';

const shells = ['/usr/bin/dash', '/bin/bash', process.env['BUSYBOX_SH'] ?? '/bin/ash'].filter((path) =>
  existsSync(path),
);

if (shells.length < 3)
  console.log('# skipped: no busybox on this host (BUSYBOX_SH names a link called sh or ash to one)');

for (const shell of shells) {
  const test = suite<{ host: Host }>(`launcher on ${shell}`);
  const tools = findTools(shell);
  test.before((context) => {
    context.host = Host.open({ tools });
  });
  test.after(({ host }) => host.close());

  test('tells exit codes from signals of the same number', async ({ host }) => {
    const run = async (line: string) => {
      const { code, signal } = await host.start('sh', ['-c', line]).exit;
      return [code, signal];
    };
    assert.equal(await run('exit 0'), [0, null]);
    assert.equal(await run('exit 7'), [7, null]);
    assert.equal(await run('exit 143'), [143, null]);
    assert.equal(await run('exit 137'), [137, null]);
    assert.equal(await run('kill -TERM $$'), [null, 15]);
    assert.equal(await run('kill -KILL $$'), [null, 9]);
    assert.equal(await run('kill -SEGV $$'), [null, 11]);
    assert.equal(await run('kill -INT $$'), [null, 2]);
    assert.equal(await run('kill -PIPE $$'), [null, 13]);
    assert.equal(await run('kill -HUP $$'), [null, 1]);
  });

  test('gives exactly the environment it was told, whatever is in it', async ({ host }) => {
    const environment: Record<string, string> = {
      A: '1',
      EMPTY: '',
      QUOTES: `it's "so" $HOME \`id\` \\ \\n`,
      LINES2: 'one\ntwo\n\n',
      'spring.datasource.url': 'jdbc:x',
      'with-dash': `'`,
      IFS: ':',
      PPID: '1',
      SHLVL: '7',
      OLDPWD: '/x',
      OPTIND: '5',
      PS4: '$(id)',
      ENV: '/nowhere',
      BASH_ENV: '/nowhere',
      LC_ALL: 'xx_YY',
      LANG: 'C.UTF-8',
      TERM: 'x',
      'BASH_FUNC_f%%': '() { :; }',
      s: 's',
      x: 'x',
      UTF8: 'Ёжик é 日本 😀',
      CONTROL: '\u0001\u007f\u0081\u0088\t\r',
      '1st': 'digit',
      STATHUB_STAT: 'mine',
      STATHUB_LAUNCH: 'mine',
      TMOUT: '1',
      RANDOM: 'r',
      UID: 'u',
      _: 'underscore',
      LONG: 'y'.repeat(50_000),
    };
    const started = host.start('sleep', ['1000'], { environment });
    const { pid } = await started.identity;
    const sleeping = await until('the program', () =>
      readFileSync(`/proc/${pid}/cmdline`, 'utf8') === 'sleep\x001000\x00'
        ? readFileSync(`/proc/${pid}/environ`, 'utf8')
        : '',
    );
    const told = {
      PATH: process.env['PATH']!,
      PWD: host.directory,
      STAT_NODE: host.node,
      STAT_INSTANCE: started.tree.instance,
      STAT_EPOCH: started.tree.epoch,
      ...environment,
    };
    assert.equal(
      sleeping.split('\0').filter(Boolean).sort(),
      Object.entries(told)
        .map(([name, value]) => `${name}=${value}`)
        .sort(),
    );
    assert.equal(started.stderr(), '');
    process.kill(pid);
    await started.exit;
  });

  test('passes arguments as they are', async ({ host }) => {
    const args = ['', ' ', `it's`, '$(id)', '`id`', '*', '\\', '-n', 'a\nb\n', '"', 'Ж\u0081', '~'];
    const started = host.start('sh', ['-c', `for a; do printf '%s|' "$a"; done`, 'sh', ...args]);
    assert.is((await started.exit).code, 0);
    assert.is(started.stdout(), args.map((arg) => `${arg}|`).join(''));
  });

  test('sets limits, niceness and umask, and nothing else is inherited', async ({ host }) => {
    const started = host.start('sh', [fixture('lists-its-descriptors.sh')], {
      limits: { fds: 99, processes: 1234, fileSize: 1 << 20, nice: 4, umask: '027' },
    });
    assert.is((await started.exit).code, 0, started.stderr());
    const said = started.stdout();
    const fds = [...said.matchAll(/ (\d+) -> (.*)$/gm)]
      .map(([, fd, target]) => [fd, target])
      .filter(([, target]) => target !== fixture('lists-its-descriptors.sh')); // the shell's own script
    assert.equal(fds, [
      ['0', '/dev/null'],
      ['1', join(started.directory, 'stdout.log')],
      ['2', join(started.directory, 'stderr.log')],
    ]);
    assert.match(said, /^fds 99$/m);
    assert.match(said, /^processes 1234$/m);
    assert.match(said, /^filesize 1048576$/m);
    assert.match(said, /^umask 0?027$/m);
    assert.match(said, /^SigIgn:\s+0+$/m);
    assert.match(said, /^SigBlk:\s+0+$/m);
    const { pid } = await started.identity;
    const fields = /^stat (.*)$/m
      .exec(said)![1]!
      .replace(/^.*\) /, '')
      .split(' ');
    assert.equal([Number(fields[2]), Number(fields[3]), fields[16]], [pid, pid, '4']); // group, session, niceness
    assert.is(readSetup(started.directory), '');
  });

  test('says which limit could not be set and starts all the same', async ({ host }) => {
    const hard = Number(execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }));
    const started = host.start('true', [], { limits: { ...noLimits, fds: Math.max(hard, 1 << 20) * 4000 } });
    assert.is((await started.exit).code, 0);
    assert.match(readSetup(started.directory), /ulimit|limit/);
  });

  test('joins a shell line', async ({ host }) => {
    const started = host.start('echo one;', ['echo "$A"', '>&2'], { shell: true, environment: { A: 'two  words' } });
    assert.is((await started.exit).code, 0);
    assert.equal([started.stdout(), started.stderr()], ['one\n', 'two  words\n']);
  });

  test('leaves the reason in stderr when the program is not there', async ({ host }) => {
    const started = host.start('/nowhere/at-all');
    assert.is((await started.exit).code, 127);
    assert.match(started.stderr(), /\/nowhere\/at-all.*No such file/);
  });

  test('says why it could not open the output', async ({ host }) => {
    const exit = await host.start('true', [], { stdout: '/nowhere/stdout.log' }).exit;
    assert.ok(exit.code! > 0);
    assert.match(exit.complaint, /\/nowhere\/stdout\.log/);
  });

  test('does not start a launch that was claimed', async ({ host }) => {
    const marker = join(host.directory, 'ran');
    const starter = findByArguments('stathub-starter', host.launcher.watch.path)[0]!;
    process.kill(starter, 'SIGSTOP');
    const claimed = host.start('touch', [marker]);
    assert.ok(claimLaunch(claimed.directory));
    process.kill(starter, 'SIGCONT');
    assert.is((await host.start('true').exit).code, 0);
    assert.not(existsSync(marker));
    assert.not(readdirSync(claimed.directory).includes('pid'));
    host.launcher.watch.remove(claimed.directory);
  });

  test('survives every signal that reaches it, and the program gets its own', async ({ host }) => {
    const started = host.start('sleep', ['1000']);
    const { pid, launcher } = await started.identity;
    await until('the program', () => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n');
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const)
      process.kill(launcher, signal);
    assert.is(readStat(pid)?.parent, launcher);
    assert.is.not(readStat(launcher)?.session, pid);
    process.kill(pid, 'SIGINT');
    assert.is((await started.exit).signal, 2);
  });

  test.run();
}

const test = suite('starting');

test('spare launchers start programs too, in the same way', async () => {
  const host = Host.open({ kinds: ['v2', 'v1', 'session'], spares: 2 });
  try {
    for (let round = 0; round < 3; round++) {
      await until('a spare', () => spareCount(host.launcher.watch.path) === 2);
      const started = host.start('sh', ['-c', 'echo "$A"; read -r line || echo eof; kill -TERM $$'], {
        environment: { A: `a'b` },
      });
      const exit = await started.exit;
      assert.equal([exit.code, exit.signal, started.stdout()], [null, 15, `a'b\neof\n`]);
      if (started.membership.kind === 'v2') assert.match(started.membership.path, /\/seat\./);
      assert.is(readSetup(started.directory), '');
    }
  } finally {
    await host.close();
  }
});

test('a spare that was killed before its order is no loss', async () => {
  const host = Host.open({ spares: 1 });
  try {
    await until('a spare', () => spareCount(host.launcher.watch.path) === 1);
    const pids = spares(host.launcher.watch.path);
    const directory = join(host.directory, 'launches/1');
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    const started = host.start('sh', ['-c', 'exit 3']); // its death is not known yet
    assert.is(started.directory, directory);
    assert.is((await started.exit).code, 3);
  } finally {
    await host.close();
  }
});

test('the starter killed: what it had not carried out is started by the next one, once', async () => {
  const host = Host.open();
  try {
    assert.is((await host.start('true').exit).code, 0);
    const starter = findByArguments('stathub-starter', host.launcher.watch.path)[0]!;
    process.kill(starter, 'SIGSTOP');
    const started = Array.from({ length: 10 }, (_, i) => host.start('sh', ['-c', `echo ${i}`]));
    process.kill(starter, 'SIGKILL');
    for (const [i, one] of started.entries()) {
      assert.is((await one.exit).code, 0);
      assert.is(one.stdout(), `${i}\n`);
    }
  } finally {
    await host.close();
  }
});

test('200 programs start fast', async () => {
  const host = Host.open({ kinds: ['v2', 'v1', 'session'] });
  try {
    await host.start('true').exit;
    const begun = performance.now();
    const started = Array.from({ length: 200 }, () => host.start('/bin/sleep', ['1000']));
    await Promise.all(started.map((one) => one.identity));
    const took = performance.now() - begun;
    console.log(`# 200 starts: ${took.toFixed(0)} ms (${host.root.kind})`);
    assert.ok(keptTo(10_000, took), `took ${took} ms`);
    assert.is(new Set(await Promise.all(started.map(async (one) => (await one.identity).pid))).size, 200);
  } finally {
    await host.close();
  }
});

test('a hundred starts and ends leave no descriptor, no child and no watch behind', async () => {
  const host = Host.open({ kinds: ['v2', 'v1', 'session'], spares: 1 });
  const held = () => readdirSync('/proc/self/fd').length;
  const rounds = async (count: number) => {
    for (let i = 0; i < count; i++) assert.is((await host.start('true').exit).code, 0);
    await until('a spare', () => spareCount(host.launcher.watch.path) === 1);
  };
  try {
    await rounds(5);
    const before = held();
    await rounds(100);
    await until(`${before} descriptors, as before`, () => held() <= before);
  } finally {
    await host.close();
  }
});

test('refuses what cannot be started, by name', async () => {
  const host = Host.open();
  const refused = (overrides: Parameters<Host['start']>[2], code: string, pattern: RegExp) => {
    try {
      host.start('true', [], overrides);
    } catch (error) {
      assert.instance(error, LaunchError);
      assert.is((error as LaunchError).code, code);
      return assert.match((error as LaunchError).message, pattern);
    }
    assert.unreachable('it was started');
  };
  try {
    refused({ workingDirectory: '/nowhere/at-all' }, 'working-directory-missing', /\/nowhere\/at-all/);
    refused({ workingDirectory: '/etc/passwd' }, 'working-directory-missing', /\/etc\/passwd.*no directory/);
    refused({ environment: { 'A=B': '1' } }, 'plan-invalid', /"A=B"/);
    refused({ environment: { A: 'x\0y' } }, 'plan-invalid', /NUL/);
    refused({ args: ['a\0b'] }, 'plan-invalid', /NUL/);
    refused({ limits: { ...noLimits, umask: '9; rm' } }, 'plan-invalid', /umask/);
  } finally {
    await host.close();
  }
});

test('any text is one word of a shell', () => {
  const characters = [
    ...`'"\\$\`!*?[]{}()<>|&;~#= \t\n\r%^-`,
    '\u0001',
    '\u007f',
    '\u0081',
    '\u0088',
    'é',
    'Ё',
    '日',
    '😀',
    'a',
    'Z',
    '0',
  ];
  let seed = 1;
  const next = () => (seed = (seed * 48271) % 2147483647);
  const words = Array.from({ length: 300 }, () =>
    Array.from({ length: next() % 12 }, () => characters[next() % characters.length]).join(''),
  );
  for (const shell of shells) {
    const { stdout, stderr } = spawnSync(shell, ['-c', `printf '%s\\0' ${words.map(quote).join(' ')}`], {
      encoding: 'utf8',
      env: {},
    });
    assert.equal(stdout.split('\0').slice(0, -1), words, `${shell} ${stderr}`);
  }
});

test("a status is a signal only by the shell's word, but for the silent ones", () => {
  assert.equal(interpretStatus(139, 'Segmentation fault (core dumped)\n', 5), {
    code: null,
    signal: 11,
    at: 5,
    core: true,
    complaint: '',
  });
  assert.equal(interpretStatus(139, '', 5), { code: 139, signal: null, at: 5, core: false, complaint: '' });
  assert.is(interpretStatus(130, '', 5).signal, 2);
  assert.is(interpretStatus(162, 'Real-time signal 0', 5).signal, 34);
  assert.is(interpretStatus(255, 'x', 5).code, 255);
  assert.is(interpretStatus(2, 'sh: 12: cannot create /x', 5).complaint, 'sh: 12: cannot create /x');
});

function findByArguments(...words: string[]): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const line = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
        return words.every((word) => line.includes(word)) ? [Number(name)] : [];
      } catch {
        return [];
      }
    });
}

/** Waiting seats (the child of each spare launcher) and spare launchers of one host. */
function spares(notices: string): number[] {
  return findByArguments('stathub-launcher', notices);
}

function spareCount(notices: string): number {
  return spares(notices).length / 2;
}

test.run();
