// How programs end and what is told of it: one record for every reason, by real programs of an agent that runs alone.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { stathub } from '../../../support/cli.ts';
import { scratch } from '../../../support/scratch.ts';
import { sideBySide } from '../../../support/side-by-side.ts';
import { until } from '../../../support/until.ts';
import { Alone, lives } from '../../alone.ts';

const agent = new Alone();
const test = suite('exits');
test.before(async () => {
  await agent.start();
});
test.after(() => agent.finish());
const sh = (line: string, more: object = {}) => ({ toProcess: 'sh', args: ['-c', line], ...more });
const never = { restart: { policy: 'never' } };
const story = sideBySide(test);
const exited = async (app: { name: string; [key: string]: unknown }): Promise<any> => {
  await agent.deploy(app);
  return (await agent.see(app.name, 'ended', (i) => i.exit)).exit;
};
const shape = [
  'at',
  'by',
  'code',
  'core',
  'durationMs',
  'launch',
  'peakMem',
  'quota',
  'reason',
  'signal',
  'tail',
  'text',
];

story('it exits: code, how long it ran, its last twenty lines, and nothing else', async () => {
  const before = Date.now();
  const exit = await exited({
    name: 'code',
    ...sh('i=0; while [ $i -lt 30 ]; do echo out $i; i=$((i+1)); done; echo no disk >&2; sleep 0.3; exit 7', never),
  });
  assert.equal(Object.keys(exit).sort(), shape);
  assert.equal(
    [exit.reason, exit.code, exit.signal, exit.core, exit.by, exit.quota, exit.launch],
    ['exited', 7, null, false, null, null, 1],
  );
  assert.ok(exit.durationMs >= 290 && exit.durationMs <= exit.at - before, `${exit.durationMs} ms`);
  assert.ok(exit.at >= before && exit.at <= Date.now());
  assert.is(exit.tail.length, 20);
  assert.equal(exit.tail.slice(-2), ['out 29', 'no disk']);
  const { reason } = await agent.see('code', 'given up', (i) => i.reason?.next);
  assert.match(reason.text, /exited with code 7/);
  assert.is(reason.next.what, 'an operator starts it again');
});

story('each launch has its own last words, none of the one before', async () => {
  await agent.deploy({
    name: 'words',
    ...sh('echo launch $STAT_EPOCH; echo err $STAT_EPOCH >&2; exit 1', {
      restart: { delaySeconds: 0.1, attempts: 2, giveUp: true },
    }),
  });
  const i = await agent.see('words', 'given up', (each) => each.status === 'failed');
  assert.is(i.exit.launch, 3);
  assert.is(i.exit.tail.length, 2, i.exit.tail.join('\n'));
  assert.match(i.exit.tail.join(' '), /^launch (\d+) err \1$/);
});

story('a signal from outside; where it leaves a core, that too', async () => {
  await agent.deploy({ name: 'shot', toProcess: 'sleep', args: ['100000'], ...never });
  const { pid } = await agent.running('shot');
  process.kill(pid, 'SIGUSR1');
  const { exit } = await agent.see('shot', 'ended', (i) => i.exit);
  assert.equal([exit.reason, exit.code, exit.signal, exit.core], ['signal', null, 10, false]);
  const dumped = await exited({ name: 'dumps', ...sh('ulimit -c unlimited; kill -SEGV $$', never) });
  assert.equal([dumped.reason, dumped.signal], ['signal', 11]);
  const pattern = readFileSync('/proc/sys/kernel/core_pattern', 'utf8').trim();
  if (pattern === '' || pattern.startsWith('|')) console.log('# skipped: where cores go to is not a file here');
  else {
    const { reason } = await agent.see('dumps', 'given up', (i) => i.reason);
    assert.is(reason.text.includes('core dump'), dumped.core);
  }
});

story('by whom: a kill and a restart name the operator, a stop what it was', async () => {
  await agent.deploy({ name: 'asked', toProcess: 'sleep', args: ['100000'] });
  const before = await agent.settled('asked');
  await agent.ok('POST', `/v1/instances/${before.id}/kill`);
  const killed = await agent.see('asked', 'killed', (i) => i.exit?.launch === 1);
  assert.equal([killed.exit.reason, killed.exit.signal], ['signal', 9]);
  assert.ok(killed.exit.by, 'who killed it');
  const again = await agent.settled('asked');
  await agent.ok('POST', `/v1/instances/${again.id}/restart`);
  const restarted = await agent.see('asked', 'restarted', (i) => i.exit?.launch === 2);
  assert.equal([restarted.exit.reason, restarted.exit.signal], ['stop', 15]);
  assert.ok(restarted.exit.by);
});

story('the restart of an app whose instance has nothing healthy to protect, in place: who asked', async () => {
  await agent.deploy({
    name: 'unready',
    toProcess: 'sleep',
    args: ['100000'],
    healthChecks: [{ protocol: 'FILE', path: '/nowhere/at/all', intervalSeconds: 1, timeoutSeconds: 1 }],
  });
  await agent.see('unready', 'begun', (i) => i.pid);
  await agent.ok('POST', '/v1/apps/unready/restart');
  const { exit } = await agent.see('unready', 'restarted', (i) => i.exit?.launch === 1 && i.launch === 2);
  assert.equal(
    [exit.reason, exit.text, exit.by],
    ['stop', 'an operator asked for it', (await agent.get('/v1/apps/unready')).by],
  );
  assert.ok(exit.by);
});

story('a stopped, a scaled down app: its instances say why, and who asked', async () => {
  await agent.deploy({ name: 'many', toProcess: 'sleep', args: ['100000'], placement: { scale: 2 } });
  await until(
    'two run',
    async () => (await agent.instances('many')).filter((i) => i.status === 'running').length === 2,
  );
  await agent.ok('POST', '/v1/apps/many/scale', { scale: 1 });
  const scaled = await until(
    'told',
    async () => (await agent.events('subject.app:many AND kind:instance.stopping'))[0],
  );
  assert.match(
    scaled.message,
    /^many\.\d is being stopped: 2 there, 1 wanted: this one stops because .+, asked by \S+/,
  );
  const left = await until('one is left', async () => {
    const all = await agent.instances('many');
    return all.length === 1 && all[0];
  });
  await agent.ok('POST', '/v1/apps/many/stop');
  const ended = await until(
    'told',
    async () => (await agent.events(`kind:instance.exited AND subject.instance:"${left.id}"`))[0],
  );
  assert.match(ended.message, /^many\.\d was stopped \(by SIGTERM\) after .+, asked by \S+/);
});

story('the hub ends it: update, failed checks, a start that takes too long, each with what led to it', async () => {
  const file = join(scratch('exits'), 'up');
  writeFileSync(file, 'fine');
  await agent.deploy({
    name: 'sick',
    toProcess: 'sleep',
    args: ['100000'],
    restart: { policy: 'never' },
    healthChecks: [
      {
        protocol: 'FILE',
        path: file,
        match: 'fine',
        initialDelaySeconds: 0,
        intervalSeconds: 0.1,
        timeoutSeconds: 1,
        maxConsecutiveFailures: 2,
      },
    ],
  });
  await agent.running('sick');
  writeFileSync(file, 'bad');
  const sick = await agent.see('sick', 'ended', (i) => i.exit);
  assert.is(sick.exit.reason, 'unhealthy');
  assert.match(sick.exit.text, /health check 0 failed \d+ times in a row \(.+\)/);
  const late = await exited({
    name: 'late',
    toProcess: 'sleep',
    args: ['100000'],
    ...never,
    startTimeoutSeconds: 1,
    healthChecks: [{ protocol: 'FILE', path: '/nowhere/at/all', intervalSeconds: 0.2, timeoutSeconds: 1 }],
  });
  assert.equal([late.reason, late.text], ['start-timeout', 'it was not ready within 1 s']);
  await agent.deploy({ name: 'old', toProcess: 'sleep', args: ['100000'] });
  const old = await agent.running('old');
  await agent.deploy({ name: 'old', toProcess: 'sleep', args: ['200000'], update: { minHealthySeconds: 0 } });
  await until('replaced', async () =>
    (await agent.events(`kind:instance.exited AND subject.instance:"${old.id}"`)).some(
      (e) => e.detail.reason === 'update',
    ),
  );
  const stopping = (await agent.events(`kind:instance.stopping AND subject.instance:"${old.id}"`))[0].message;
  assert.match(stopping, /^old\.0 is being replaced: .+ stands in for .+, asked by \S+/);
});

test('what happens while no agent is there is told as exactly', async () => {
  const go = join(scratch('exits'), 'go');
  await agent.deploy({
    name: 'away',
    ...sh(`echo waits; while ! [ -e '${go}' ]; do sleep 0.05; done; echo last words >&2; exit 9`, never),
  });
  await agent.deploy({ name: 'blind', toProcess: 'sleep', args: ['100000'], ...never });
  const away = await agent.running('away');
  const blind = await agent.running('blind');
  const launcher = Number(
    readFileSync(`/proc/${blind.pid}/stat`, 'latin1')
      .replace(/^.*\) /, '')
      .split(' ')[1],
  );
  let began = 0;
  let ended = 0;
  const noted = (i: { id: string }): boolean => existsSync(join(agent.directoryOf(i.id), 'launches/1/exit'));
  await agent.restart(async () => {
    began = Date.now();
    writeFileSync(go, '');
    process.kill(launcher, 'SIGKILL'); // its witness first: then nobody can tell
    process.kill(blind.pid, 'SIGKILL');
    await until('both have ended', () => !lives(away.pid) && !lives(blind.pid) && noted(away));
    ended = Date.now();
  });
  const { exit } = await agent.see('away', 'ended', (i) => i.exit);
  assert.equal([exit.reason, exit.code, exit.tail], ['exited', 9, ['waits', 'last words']]);
  assert.ok(exit.at >= began - 50 && exit.at <= ended + 50, 'when it ended, not when it was found');
  assert.is((await agent.see('blind', 'ended', (i) => i.exit)).exit.reason, 'unknown');
});

test('the command line says it in words: why, and the list', async () => {
  const i = await agent.one('code');
  const why = await stathub(agent.address, 'why', i.id);
  assert.match(why.out, /is failed: Given up: .*exited with code 7/);
  assert.match(why.out, /launch 1 exited with code 7 after [\d.]+ m?s, at [\d:]+/);
  assert.match(why.out, /\| no disk\n/);
  const list = await stathub(agent.address, 'instances', 'app:old AND status:running');
  const fields = list.out.split('\n')[0]!.split('\t');
  assert.match(fields[4]!, /^(–|\d.* %)$/);
  assert.match(fields[5]!, /^(–|.* (B|[KMG]iB))$/);
  assert.match((await stathub(agent.address, 'status')).out, /uses +\d+\.\d of \d+ cores, .* of .*GiB/);
});
test.run();
