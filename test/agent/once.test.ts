// What is to run once runs once: whatever became of its files after it ended, it is not run again; what is not known is told.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { until } from '../support/until.ts';
import { Alone } from './alone.ts';

const agent = new Alone();
const test = suite('once');
test.before(async () => {
  await agent.start();
});
test.after(() => agent.finish());

interface Story {
  name: string;
  policy: 'never' | 'on-failure';
  /** Exit code of the command. */
  code: number;
  /** @param instance its directory; @param launch that of its launch */
  damage: (instance: string, launch: string) => void;
  /** Status and code of the reason afterwards. */
  after: [status: string, code: string];
}

const spoil = (path: string): void => truncateSync(path, 0);
const records = (instance: string): string[] =>
  readdirSync(instance)
    .filter((name) => name.startsWith('record.'))
    .map((name) => join(instance, name));

const stories: Story[] = [
  { name: 'sound', policy: 'never', code: 0, damage: () => {}, after: ['stopped', 'completed'] },
  {
    name: 'no-launch',
    policy: 'never',
    code: 0,
    damage: (_, launch) => spoil(join(launch, 'launch.json')),
    after: ['stopped', 'completed'],
  },
  {
    name: 'no-launch-again',
    policy: 'on-failure',
    code: 0,
    damage: (_, launch) => rmSync(join(launch, 'launch.json')),
    after: ['stopped', 'completed'],
  },
  {
    name: 'no-record',
    policy: 'never',
    code: 3,
    damage: (instance) => records(instance).forEach(spoil),
    after: ['failed', 'policy-never'],
  },
  {
    name: 'no-exit',
    policy: 'never',
    code: 0,
    damage: (_, launch) => spoil(join(launch, 'exit')),
    after: ['failed', 'end-unknown'],
  },
  {
    name: 'no-exit-again',
    policy: 'on-failure',
    code: 0,
    damage: (_, launch) => spoil(join(launch, 'exit')),
    after: ['failed', 'end-unknown'],
  },
  {
    name: 'nothing',
    policy: 'never',
    code: 0,
    damage: (instance, launch) => {
      for (const path of [...records(instance), ...['launch.json', 'pid', 'exit'].map((name) => join(launch, name))]) {
        rmSync(path);
        mkdirSync(path);
      }
    },
    after: ['failed', 'end-unknown'],
  },
  {
    name: 'no-claim',
    policy: 'never',
    code: 0,
    damage: (_, launch) => {
      rmSync(join(launch, 'claim'));
      spoil(join(launch, 'exit'));
      spoil(join(launch, 'pid'));
    },
    after: ['failed', 'end-unknown'],
  },
  {
    name: 'another-boot',
    policy: 'never',
    code: 0,
    damage: (_, launch) => {
      // As an older version wrote it: without a seal.
      const path = join(launch, 'launch.json');
      const { seal: _seal, ...told } = JSON.parse(readFileSync(path, 'utf8'));
      writeFileSync(path, `${JSON.stringify({ ...told, boot: 'another' })}\n`);
      for (const name of ['claim', 'pid', 'exit']) rmSync(join(launch, name)); // never synced
    },
    after: ['failed', 'end-unknown'],
  },
];

test('a command that is to run once is not run again, whatever was damaged after its end', async () => {
  const traces = join(agent.directory, '..', 'ran');
  mkdirSync(traces);
  const runs = (name: string): number => {
    const path = join(traces, name);
    return existsSync(path) ? readFileSync(path, 'utf8').length : 0;
  };
  for (const { name, policy, code } of stories)
    await agent.deploy({
      name,
      type: 'batch',
      toProcess: '/bin/sh',
      args: ['-c', `printf x >> '${join(traces, name)}'; exit ${code}`],
      restart: { policy },
    });
  const over = ({ status }: { status: string }): boolean => status === 'stopped' || status === 'failed';
  for (const { name } of stories) await agent.see(name, 'over', over);
  const ids = new Map<string, string>();
  for (const { name } of stories) ids.set(name, (await agent.one(name)).id);
  await agent.restart(() => {
    for (const { name, damage } of stories) {
      const instance = agent.directoryOf(ids.get(name)!);
      damage(instance, join(instance, 'launches/1'));
    }
  });
  for (const { name, after } of stories) {
    const found = await agent.see(name, 'over again', over);
    assert.equal([found.status, found.reason?.code], after, `${name}: ${JSON.stringify(found.reason)}`);
    assert.is(found.id, ids.get(name), name);
  }
  for (const { name } of stories) assert.is(runs(name), 1, `${name} ran once`);
  const { reason } = await agent.one('no-exit');
  assert.match(reason.text, /how it ended is not known/);
});

test('an operator may run it again', async () => {
  const before = await agent.one('no-exit');
  await agent.ok('POST', `/v1/instances/${before.id}/restart`, {});
  await until('it ran again', async () => (await agent.one('no-exit')).status === 'stopped');
});

test.run();
