// A program that leaves the ground it was put on is guarded on, and told: by an event, as its reason, by `why`.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { until } from '../../support/until.ts';
import { Alone, lives } from '../alone.ts';

const agent = new Alone();
const test = suite('astray');
let isolation: { cgroup: string; enforced: string[] };
test.before(async () => {
  await agent.start();
  isolation = (await agent.get('/v1/nodes')).items[0].isolation;
});
test.after(() => agent.finish());

const sh = (line: string) => ({ toProcess: 'sh', args: ['-c', line] });
/** Goes to the top of every tree that its shell may write, then stays. */
const leaves =
  'for top in /sys/fs/cgroup/*/ /sys/fs/cgroup/; do echo 0 >"$top/cgroup.procs"; done 2>/dev/null; exec sleep 600';

test('one that leaves its cgroup: its limits do not hold, it still ends with all that it started', async () => {
  if (isolation.cgroup === 'none' || process.getuid?.() !== 0) return console.log('# skipped: no cgroup to leave here');
  await agent.deploy({ name: 'leaver', ...sh(leaves), resAlloc: { mem: '64MB' }, limits: { processes: 20 } });
  const { reason, pid, id } = await agent.see('leaver', 'it is told', (i) => i.reason?.code === 'left-cgroup');
  assert.match(reason.text, /^It has left the cgroup that it was started in: its limits \(.+\) do not hold any more/);
  for (const limit of ['memory', 'processes'])
    if (isolation.enforced.includes(limit)) assert.match(reason.text, new RegExp(`\\(.*${limit}.*\\)`));
  const [event] = await agent.told(`kind:instance.leftCgroup AND subject.instance:"${id}"`);
  assert.match(event.message, /^leaver\.0 has left the cgroup/);
  assert.is((await agent.get(`/v1/instances/${id}/why`)).reason.code, 'left-cgroup');
  assert.is((await agent.events('kind:instance.leftCgroup')).length, 1, 'once');
  await agent.ok('DELETE', '/v1/apps/leaver');
  await until('it is ended all the same', () => !lives(pid));
});

test('one that removes its own working directory, and one whose directory comes back', async () => {
  await agent.deploy({ name: 'homeless', ...sh('rm -r "$PWD"; exec sleep 600') });
  const { reason, id } = await agent.see('homeless', 'it is told', (i) => i.reason?.code === 'directory-gone');
  assert.match(reason.text, /^Its working directory .*\/launches\/1\/work was removed\.$/);
  const [event] = await agent.told(`kind:instance.directoryGone AND subject.instance:"${id}"`);
  assert.match(event.message, /^homeless\.0 has no working directory any more/);
  const directory = agent.directoryOf('shared');
  const back = join(agent.directory, '..', 'back');
  await agent.deploy({
    name: 'wanderer',
    ...sh(`sleep 2; rm -r "$PWD"; until [ -e "${back}" ]; do sleep 0.1; done; mkdir "${directory}"; exec sleep 600`),
    workingDirectory: directory,
  });
  await agent.see('wanderer', 'it is told', (i) => i.reason?.code === 'directory-gone');
  writeFileSync(back, '');
  await agent.see('wanderer', 'all is well again', (i) => i.status === 'running' && i.reason === null);
  assert.ok(existsSync(directory));
});

test('one that puts itself into the background is told to stay in the foreground', async () => {
  if (isolation.cgroup === 'none') return console.log('# skipped: without a cgroup nobody waits for those left behind');
  const line =
    'setsid sh -c \'trap "" TERM; echo $$ >child; exec sleep 600\' & sleep 1.2; until [ -s child ]; do sleep 0.1; done; exit 0';
  await agent.deploy({ name: 'daemon', ...sh(line), killTimeoutSeconds: 2 });
  const { reason, id } = await agent.see('daemon', 'it is told', (i) => i.reason?.code === 'left-behind');
  assert.match(
    reason.text,
    /exited with code 0; it left processes behind, which are ended first: .* stay in the foreground\.$/,
  );
  const child = Number(readFileSync(`${agent.directoryOf(id)}/launches/1/work/child`, 'utf8'));
  await until('who was left behind is ended', () => !lives(child));
  const [event] = await agent.told(`kind:instance.leftBehind AND subject.instance:"${id}"`);
  assert.match(event.message, /^daemon\.0 exited with code 0; it left processes behind/);
  await agent.ok('DELETE', '/v1/apps/daemon');
});

test.run();
