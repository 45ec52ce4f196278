// Each file that an agent goes on by, damaged in each way, alone and with every other one, under live programs: after a kill -9 the
// same processes are guarded, none is started a second time, and each damage is told.
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { seal, unseal } from '../../src/agent/effects/disk/sealed-json.ts';
import { until } from '../support/until.ts';
import { Alone, withArgument } from './alone.ts';

type Damage = 'none' | 'truncate' | 'flip' | 'empty' | 'type' | 'directory';
const kinds: readonly Damage[] = ['none', 'truncate', 'flip', 'empty', 'type', 'directory'];

/** Whether the JSON is still JSON after it: only the seal tells. */
function flip(path: string): void {
  const text = readFileSync(path, 'utf8');
  const at = /"(?:node|epoch|revision|run)":"?(?=[\w])/.exec(text);
  assert.ok(at, `nothing to flip in ${path}`);
  const index = at.index + at[0].length;
  const fd = openSync(path, 'r+');
  writeSync(fd, Buffer.from([text.charCodeAt(index) ^ 1]), 0, 1, index);
  closeSync(fd);
}

function damage(path: string, kind: Damage): void {
  if (kind === 'truncate') truncateSync(path, 20);
  if (kind === 'flip') flip(path);
  if (kind === 'empty') truncateSync(path, 0);
  if (kind === 'type') writeFileSync(path, '["another", 1]\n');
  if (kind !== 'directory') return;
  rmSync(path);
  mkdirSync(path);
}

const within = (directory: string, pattern: RegExp): string[] =>
  readdirSync(directory)
    .filter((name) => pattern.test(name))
    .map((name) => join(directory, name));

const agent = new Alone();
const test = suite('damage of every file');
const mark = `9${String(process.pid).padStart(7, '0')}`; // seconds that only these programs sleep
test.before(async () => {
  await agent.start();
});
test.after(() => agent.finish());

test('a seal tells a change, and what has none is read as before', () => {
  const text = seal({ a: 1, b: 'ü' });
  assert.equal(unseal(text), { ok: true, value: { a: 1, b: 'ü' } });
  assert.equal(unseal(seal({})), { ok: true, value: {} });
  assert.equal(unseal('{"a":1}\n'), { ok: true, value: { a: 1 } });
  assert.is(unseal(text.replace('1', '3')).ok, false);
  assert.is(unseal(text.slice(0, -1)).ok, false, 'no end of line');
  for (const bad of ['', '\0\0', '{"a":\n']) assert.is(unseal(bad).ok, false, JSON.stringify(bad));
});

const pairs = kinds.flatMap((record) => kinds.map((launch) => ({ record, launch })));

/** Damages all in one go, and looks at what became of it. */
async function strike(identity: Damage, desired: Damage, before: any[], all: Damage | null = null): Promise<void> {
  const what = `identity: ${identity}, desired: ${desired}`;
  const [{ id: node }] = (await agent.get('/v1/nodes')).items;
  await agent.restart(() => {
    for (const path of within(agent.directory, /^identity\.\d+\.json$/)) damage(path, identity);
    for (const path of within(join(agent.directory, 'desired/local'), /^\d+\.jsonl$/)) damage(path, desired);
    for (const { id, slot } of before) {
      const directory = agent.directoryOf(id);
      const { record, launch } = all === null ? pairs[slot]! : { record: all, launch: all };
      for (const path of within(directory, /^record\.\d+\.json$/)) damage(path, record);
      for (const n of readdirSync(join(directory, 'launches')))
        damage(join(directory, 'launches', n, 'launch.json'), launch);
    }
  });
  const after = await until(`all are guarded (${what})`, async () => {
    const all = await agent.instances('web');
    return all.length === before.length && all.every(({ status }) => status === 'running') && all;
  });
  const pids = (all: any[]): unknown => all.map(({ id, pid }) => `${id} ${pid}`).sort();
  assert.equal(pids(after), pids(before), what);
  assert.is(withArgument(mark).length, before.length, `none runs twice (${what})`);
  assert.is((await agent.get('/v1/nodes')).items[0].id, node, what);
}

test('the same programs are guarded whatever was damaged, and none is started twice', async () => {
  await agent.deploy({ name: 'web', args: [mark], placement: { scale: pairs.length } });
  const before = await until('all run', async () => {
    const all = await agent.instances('web');
    return all.length === pairs.length && all.every(({ status }) => status === 'running') && all;
  });
  await strike('none', 'none', before);
  const told = await until('each damage is told', async () => {
    const all = await agent.events('kind:file.quarantined');
    return all.length >= 2 * 5 * 6 && all;
  });
  for (const { id, slot } of before) {
    const { record, launch } = pairs[slot]!;
    const about = (name: string): number =>
      told.filter(({ message }) => message.includes(`${id}/`) && message.includes(`/${name}`)).length;
    assert.is(about('record.'), record === 'none' ? 0 : 1, `${id}: record ${record}`);
    assert.is(about('launches/'), launch === 'none' ? 0 : 1, `${id}: launch.json ${launch}`);
  }
  await strike('flip', 'none', before);
  await strike('none', 'flip', before);
  await strike('truncate', 'type', before);
  await strike('directory', 'empty', before);
  await strike('empty', 'directory', before, 'truncate'); // nothing is left but the programs themselves
  const notes = await agent.events('kind:file.quarantined');
  assert.ok(notes.some(({ message }) => /identity\.\d+\.json is not used/.test(message)));
});

test('what was damaged is guarded for real', async () => {
  const [first] = await agent.instances('web');
  process.kill(first.pid, 'SIGKILL');
  await until('it runs again, once', async () => {
    const all = await agent.instances('web');
    const again = all.find(({ id }) => id === first.id);
    return again?.status === 'running' && again.pid !== first.pid && withArgument(mark).length === all.length;
  });
});

test.run();
