// Damaged and lost files of an agent: it always boots, and what runs is guarded on, never doubled.
import { readdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { until } from '../support/until.ts';
import { Alone } from './alone.ts';

const agent = new Alone();
const test = suite('damage');
test.before(async () => {
  await agent.start();
});
test.after(() => agent.finish());
const restarted = (meanwhile?: () => unknown): Promise<void> => agent.restart(meanwhile);

test('two sleepers', async () => {
  await agent.deploy({ name: 'web', placement: { scale: 2 } });
  await until('both run', async () => {
    const all = await agent.instances('web');
    return all.length === 2 && all.every((i) => i.status === 'running');
  });
});

test('a damaged record is moved aside and told; its program runs on under its assignment', async () => {
  const [before, other] = await agent.instances('web');
  const record = (id: string): string =>
    join(
      agent.directoryOf(id),
      readdirSync(agent.directoryOf(id)).find((name) => name.startsWith('record.'))!,
    );
  await restarted(() => {
    truncateSync(record(before.id), 20);
    writeFileSync(record(other.id), Buffer.alloc(300));
  });
  const after = await until('both run', async () => {
    const all = await agent.instances('web');
    return all.length === 2 && all.every((i) => i.status === 'running') && all;
  });
  assert.equal(after.map((i) => i.pid).sort(), [before.pid, other.pid].sort());
  assert.is((await agent.get('/v1/apps/web')).owner, 'local', 'a lone agent is its own hub');
  await until('both are told', async () => (await agent.events('kind:file.quarantined')).length >= 2);
});

test('a lost instances directory: what runs is found by its marker', async () => {
  const before = await agent.instances('web');
  await restarted(() => renameSync(join(agent.directory, 'instances'), join(agent.directory, 'lost')));
  const after = await until('both are guarded', async () => {
    const all = await agent.instances('web');
    return all.length === 2 && all.every((i) => i.status === 'running') && all;
  });
  assert.equal(after.map((i) => i.pid).sort(), before.map((i) => i.pid).sort());
  process.kill(before[0].pid, 'SIGKILL');
  await until('and guarded for real', async () =>
    (await agent.instances('web')).every((i) => i.pid && i.pid !== before[0].pid),
  );
  rmSync(join(agent.directory, 'lost'), { recursive: true, force: true });
});

test('a damaged identity: the node keeps its name, because what runs here says it', async () => {
  const node = (await agent.get('/v1/nodes')).items[0].id;
  const before = await agent.instances('web');
  await restarted(() => {
    for (const name of readdirSync(agent.directory))
      if (/^identity\.\d+\.json$/.test(name)) writeFileSync(join(agent.directory, name), '\0\0\0');
  });
  assert.is((await agent.get('/v1/nodes')).items[0].id, node);
  assert.equal((await agent.instances('web')).map((i) => i.pid).sort(), before.map((i) => i.pid).sort());
});

test('damaged notices, spool and desired set: it boots, nothing is doubled', async () => {
  const before = await agent.instances('web');
  await restarted(() => {
    writeFileSync(join(agent.directory, 'notices'), Buffer.alloc(5000, 7));
    for (const folder of ['spool', 'desired/local'])
      for (const name of readdirSync(join(agent.directory, folder)))
        writeFileSync(join(agent.directory, folder, name), '{"half');
  });
  const after = await until('both run', async () => {
    const all = await agent.instances('web');
    return all.length === 2 && all.every((i) => i.status === 'running') && all;
  });
  assert.equal(after.map((i) => i.pid).sort(), before.map((i) => i.pid).sort());
});

test('broken records and a broken desired set at once: nothing is doubled, all is told', async () => {
  const before = await agent.instances('web');
  await restarted(() => {
    for (const { id } of before)
      for (const name of readdirSync(agent.directoryOf(id)))
        if (name.startsWith('record.')) writeFileSync(join(agent.directoryOf(id), name), 'x');
    for (const name of readdirSync(join(agent.directory, 'desired/local')))
      writeFileSync(join(agent.directory, 'desired/local', name), Buffer.alloc(100));
  });
  const after = await until('both run', async () => {
    const all = await agent.instances('web');
    return all.length === 2 && all.every((i) => i.status === 'running') && all;
  });
  assert.equal(after.map((i) => i.pid).sort(), before.map((i) => i.pid).sort());
  await until('the desired set is told', async () =>
    (await agent.events('kind:file.quarantined')).some((e) => e.message.includes('desired set')),
  );
  process.kill(after[0].pid, 'SIGKILL');
  await until('guarded for real', async () => {
    const all = await agent.instances('web');
    return all.length === 2 && all.every((i) => i.status === 'running' && i.pid !== after[0].pid);
  });
});

test('foreign files among the instances are told and left alone', async () => {
  const foreign = join(agent.directory, 'instances', 'notes.txt');
  await restarted(() => writeFileSync(foreign, 'mine'));
  assert.is(readFileSync(foreign, 'utf8'), 'mine');
  await until('it is told', async () =>
    (await agent.events('kind:file.quarantined')).some((e) => e.message.includes('notes.txt')),
  );
});
test.run();
