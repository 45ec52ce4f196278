// An agent that is asked to end its processes (SIGQUIT): all of them end, also what comes, is restarted or loses its supervisor
// meanwhile, and nothing begins any more.
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Ending } from '../../src/agent/ending.ts';
import type { Entry } from '../../src/agent/instance/entry.ts';
import { Hub } from '../support/hub.ts';
import { until } from '../support/until.ts';
import { withArgument } from './alone.ts';

const test = suite('end of all');
const hub = new Hub();
test.before(async () => {
  await hub.start(1);
});
test.after(() => hub.end());

interface Fake {
  id: string;
  actor: object | null;
  program: { phase: string; command: (command: { type: string }) => void };
}

/** An ending over fake entries, and what it did to them. */
function ending(entries: Fake[], startSupervisor: (key: string) => void) {
  const did: string[] = [];
  const all = new Ending({
    entries: () => entries as unknown as Entry[],
    ask: (entry) => did.push(`ask ${entry.id}`),
    keyOf: () => 'web#0',
    hasSupervisor: () => false,
    startSupervisor: (key) => {
      did.push(`start ${key}`);
      startSupervisor(key);
    },
    warn: (message) => did.push(message),
  });
  return { all, did };
}

const fake = (id: string, phase: string, actor: object | null): Fake => ({
  id,
  actor,
  program: { phase, command: () => undefined },
});

test('a program whose supervisor has failed is asked by a new one; where that fails, too, it is killed', async () => {
  const left = fake('left', 'running', null);
  const { all, did } = ending([left], () => undefined); // comes and fails at once
  left.program.command = ({ type }) => {
    did.push(type);
    left.program.phase = 'empty';
  };
  await all.all('the end');
  assert.equal(did, ['start web#0', 'program.kill']);
});

test('a new supervisor asks as its actors come; what is idle is left to the next agent', async () => {
  const left = fake('left', 'running', null);
  const idle = fake('idle', 'none', null);
  const { all, did } = ending([left, idle], () => {
    left.actor = {};
    all.joined(left as unknown as Entry);
    setTimeout(() => Object.assign(left, { actor: null, program: { ...left.program, phase: 'empty' } }), 30);
  });
  assert.is(all.bars(idle as unknown as Entry), false);
  await all.all('the end');
  assert.equal(did, ['start web#0', 'ask left']);
  assert.is(all.bars(idle as unknown as Entry), true);
});

test('SIGQUIT: what the master sends meanwhile does not begin, and begins with the next agent', async () => {
  const mark = `8${String(process.pid).padStart(7, '0')}`;
  const ignores = `trap "" TERM; sleep ${mark} & while :; do wait; done`;
  const [agent] = hub.agents;
  const restart = { attempts: 1, delaySeconds: 300, maxDelaySeconds: 300 };
  await hub.master.ok('POST', '/v1/apps', {
    name: 'slow',
    toProcess: 'sh',
    args: ['-c', ignores],
    killTimeoutSeconds: 4,
    preStop: { command: ['sleep', '1'] },
  });
  await hub.master.ok('POST', '/v1/apps', { name: 'waits', toProcess: 'sh', args: ['-c', 'exit 1'], restart });
  const [slow] = await hub.running('slow', 1);
  await until('one waits out its back-off', async () =>
    (await hub.instances('app:waits')).some(({ status }) => status === 'restarting'),
  );
  const ended = agent!.end('SIGQUIT');
  await until('it is being ended', async () => (await hub.instances('app:slow'))[0]?.status === 'killing');
  await hub.master.ok('POST', '/v1/apps', { name: 'late', toProcess: 'sleep', args: [mark] });
  await hub.master.ok('POST', '/v1/apps/slow/restart');
  await hub.master.ok('POST', '/v1/apps/waits/restart');
  await ended;
  assert.equal(withArgument(mark), [], 'nothing runs on');
  assert.is(withArgument(ignores).length, 0);
  const begun = (await hub.master.get('/v1/events?size=200&query=kind:instance.started')).items;
  assert.is(begun.filter(({ subject }: any) => subject.app === 'late').length, 0); // oxlint-disable-line no-explicit-any
  await agent!.start();
  await hub.running('late', 1);
  await until('its begin is told, the first', async () => {
    const query = encodeURIComponent('kind:instance.started AND subject.app:late');
    const { items } = await hub.master.get(`/v1/events?size=200&query=${query}`);
    assert.ok(items.length <= 1, 'it began once');
    return items.length === 1;
  });
  const [again] = await hub.running('slow', 1);
  assert.ok(again.pid !== slow.pid);
});

test.run();
