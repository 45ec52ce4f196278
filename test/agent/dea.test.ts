// What Cloud Foundry's DEA and its successors promised, and where it is held here. Their behaviours that others can be measured by
// (research of their tests), each with the test of ours that asserts it (the end of a path below
// test/, and of a title); those without one of their own are below. test/readme.test.ts holds that they are there.
//   1 control down at first connect      adoption/adoption ("SIGTERM ends the agent in order"), link/link-client: it goes on trying
//   2 control lost later                 cluster/survival, link/spool, usage/history: nothing is lost meanwhile
//   3 start: port open, route right      api/documents ("discovery gives what takes traffic"), run/endings (environment and ports)
//   4 four at once, one download         content/fetch ("concurrent askers share one download"), launch/launcher ("200 programs start fast")
//   5 beats; found by id; stop           master/placing, run/endings
//   6 leftovers at boot                  agent/damage ("foreign files ... left alone"), agent/crash, adoption/adoption (cgroups swept)
//   7 crash directories: newest, aged    kept/crashes
//   8 bad archive; no directory          content/fetch ("nothing half-unpacked"), run/endings ("what cannot be started says why")
//   9 unwritable directory: no boot      below
//  10 invalid app: nothing made          api/requests, app/app-schema
//  11 admission exact, both ways         node/admission
//  12 stop frees the port; TERM handler  below
//  13 one byte over is refused           node/admission
//  14 RUNNING, CRASHED, STOPPING told    machines/instance, run/exits
//  15 every state over a restart         adoption/adoption
//  16 uptime and deadline over a restart adoption/adoption ("its deadline goes on")
//  17 orphans                            adoption/adoption, agent/damage, recovery/recovery: reported, never ended unasked
//  18 unused content goes                content/fetch ("forgets the least recently used")
//  19 downloads                          content/fetch
//  20 readiness                          effects/probes, run/endings, run/exits
//  21 stop and find by filters           query/agreement, api/requests
//  22 routes change live                 app/restart-fields, api/documents ("discovery gives what takes traffic")
//  23 second agent refused               adoption/adoption, store/lock
//  24 malformed frames; secrets          link/link, access/auth, shown/lists
//  25 evacuation                         cluster/evacuation
//  26 shutdown                           adoption/adoption, cluster/evacuation
//  27 file access                        kept/files, instances/files
//  28 hooks                              run/pre-stop; start hooks are not offered
//  29 escaping, user's environment last  launch/launcher, app/environment
//  30 memory: told, ended                cgroups/limits (by the kernel), usage/usage (by the agent), instance/quota
//  31 disk                               watches/disk
//  32 floods                             output/output, output/rotation-kills
//  33 nothing in use is given again      effects/ports, users/users, launch/launch-records
//  34 room comes back                    node/admission
//  35 TERM, grace, KILL; never started   run/endings ("SIGKILL after exactly the kill timeout"), processes/tree; stop before start below
//  36 last words; one word for one oom   below
//  37 start timeout; failing later       run/exits, run/endings
//  38 flapping                           run/restarts, cluster/crash-loop
//  39 routable until replaced            api/documents ("what leaves is routed to"), cluster/evacuation
//  40 restarted by the supervisor        run/restarts, nodes/loss
// Faults of theirs that users met, and what holds against them: cpu of many cores read as nonsense, or since the begin of its life
// (usage/usage: cores, since the sample before, and the part of what is allotted); one sample kills, unwarned (instance/quota); a slow disk
// delays the memory check (the disk is measured apart, watches/disk); "exit -1" and no reason (run/exits); output of the last 20 ms lost
// (below); evidence gone with the crash (kept/crashes); limits that need root to be looked at (usage/usage, without any cgroup).
import { createServer } from 'node:net';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { mainFile } from '../support/hub.ts';
import { until } from '../support/until.ts';
import { Alone, lives } from './alone.ts';

const agent = new Alone();
const test = suite('dea');
test.before(async () => {
  await agent.start();
});
test.after(() => agent.finish());
const output = (id: string, stream = 'stdout'): string => {
  for (const directory of ['instances', 'kept'])
    try {
      return readFileSync(join(agent.directory, directory, id, `${stream}.log`), 'utf8');
    } catch {
      /* in the other one */
    }
  return '';
};

test('9: a directory that cannot be written is no place to begin: it says which, and ends', () => {
  const file = join(agent.directory, 'identity-in-the-way');
  writeFileSync(file, '');
  const words = [mainFile, 'agent', '--port', '0', '--store-directory', join(file, 'below')];
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8', timeout: 20_000 });
  assert.ok(status !== null && status > 0, `ended with ${status}`);
  assert.match(stderr, /identity-in-the-way\/below/);
  assert.not.match(stderr, /\n    at /, 'no stack');
});

test('12: a stop lets the handler of SIGTERM say its word, and frees the port', async () => {
  await agent.deploy({
    name: 'polite',
    ports: [0],
    toProcess: process.execPath,
    args: [
      '-e',
      'require("http").createServer((q,a)=>a.end()).listen(process.env.PORT);process.on("SIGTERM",()=>{process.stdout.write("Trapped TERM signal\\n");process.exit(0)})',
    ],
    healthChecks: [{ protocol: 'TCP', portIndex: 0, intervalSeconds: 0.2 }],
  });
  const i = await agent.running('polite');
  await agent.ok('POST', '/v1/apps/polite/stop');
  await until('it is gone', () => !lives(i.pid));
  await until('its word is kept', () => output(i.id).includes('Trapped TERM signal'));
  await until(
    'the port is free',
    () =>
      new Promise<boolean>((resolve) => {
        const server = createServer()
          .once('error', () => resolve(false))
          .once('listening', () => {
            server.close();
            resolve(true);
          });
        server.listen(i.ports[0], '0.0.0.0');
      }),
  );
});

test('35: stopped before it could start, it never starts', async () => {
  const mark = `never-${process.pid}-${Date.now()}`;
  // Its content cannot be had, so it waits in `fetching`.
  await agent.deploy({
    name: 'early',
    uris: ['http://127.0.0.1:9/nothing.zip'],
    toProcess: 'sh',
    args: ['-c', `echo ${mark}; sleep 100000`],
  });
  const i = await agent.see(
    'early',
    'waits for its content',
    (each) => each.status === 'fetching' && each.reason?.next,
  );
  assert.match(i.reason.text, /nothing\.zip/);
  await agent.ok('POST', '/v1/apps/early/stop');
  await until('stopped', async () => !(await agent.instances('early')).some((each) => each.status !== 'stopped'));
  // What happens later is told: what came before it would be, too.
  await agent.deploy({ name: 'later' });
  await agent.told('subject.app:later AND kind:instance.started');
  assert.is(output(i.id), '');
  assert.equal(await agent.events('subject.app:early AND kind:instance.started'), []);
});

test('36: what ends within milliseconds keeps all its output, and it is there with the exit', async () => {
  await agent.deploy({
    name: 'brief',
    toProcess: 'sh',
    args: ['-c', 'seq 1 2000; echo last words >&2; exit 3'],
    restart: { policy: 'never' },
  });
  const { id, exit } = await agent.see('brief', 'ended', (i) => i.exit);
  assert.is(exit.tail.at(-1), 'last words');
  assert.is(output(id).trim().split('\n').length, 2000);
});

test('36: one word for one end for want of memory, however many processes go with it', async () => {
  await agent.deploy({
    name: 'crowd',
    toProcess: 'sh',
    args: ['-c', 'for i in 1 2 3 4 5; do sleep 100000 & done; head -c 209715200 /dev/zero | tail >/dev/null'],
    resAlloc: { mem: '32MB' },
    restart: { policy: 'never' },
  });
  const { exit, id } = await agent.see('crowd', 'ended', (i) => i.exit);
  assert.is(exit.reason, 'oom');
  await until(
    'failed',
    async () => (await agent.events(`subject.instance:"${id}" AND kind:instance.failed`)).length === 1,
  );
  const told = (await agent.events(`subject.instance:"${id}"`)).filter((event) => event.kind === 'instance.exited');
  assert.is(told.length, 1);
  assert.match(told[0].message, /ran out of memory/);
  const lines = await until('its output says so', () =>
    output(id).match(/^\[stathub \S+\] launch 1 ran out of memory at .+ \(allowed: 32 MiB\)$/gm),
  );
  assert.is(lines.length, 1, output(id));
});
test.run();
