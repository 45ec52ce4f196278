// What Cloud Foundry's DEA and its successors promised, and where it is held here. Their behaviours that others can be measured by
// (research of their tests), each with the test of ours that asserts it; those without one of their own are below.
//   1 control down at first connect      agent/adopt ("SIGTERM ends the agent in order"), agent/link-client: it goes on trying
//   2 control lost later                 cluster/survival, agent/spool, agent/usage-history: nothing is lost meanwhile
//   3 start: port open, route right      api/hub ("discovery gives what takes traffic"), agent/endings (environment and ports)
//   4 four at once, one download         agent/fetch ("concurrent askers share one download"), agent/launcher ("200 programs start fast")
//   5 beats; found by id; stop           master/placing, agent/endings
//   6 leftovers at boot                  agent/damage ("foreign files ... left alone"), agent/crash, agent/adoption (cgroups swept)
//   7 crash directories: newest, aged    agent/crashes
//   8 bad archive; no directory          agent/fetch ("nothing half-unpacked"), agent/endings ("what cannot be started says why")
//   9 unwritable directory: no boot      agent/adopt, store/lock
//  10 invalid app: nothing made          api/requests, model/app-schema
//  11 admission exact, both ways         agent/admission
//  12 stop frees the port; TERM handler  below
//  13 one byte over is refused           agent/admission
//  14 RUNNING, CRASHED, STOPPING told    test/machines/instance, agent/exits
//  15 every state over a restart         agent/adopt
//  16 uptime and deadline over a restart agent/adopt ("its deadline goes on")
//  17 orphans                            agent/adoption, agent/damage, master/recovery: reported, never ended unasked
//  18 unused content goes                agent/fetch ("forgets the least recently used")
//  19 downloads                          agent/fetch
//  20 readiness                          agent/probes, agent/endings, agent/exits
//  21 stop and find by filters           query/*, api/requests
//  22 routes change live                 api/hub
//  23 second agent refused               agent/adopt, store/lock
//  24 malformed frames; secrets          master/link, api/auth, master/lists
//  25 evacuation                         cluster/evacuation
//  26 shutdown                           agent/adopt, cluster/evacuation
//  27 file access                        agent/files, api/files
//  28 hooks                              preStop: with the stop, elsewhere; start hooks are not offered
//  29 escaping, user's environment last  agent/launcher, model/environment
//  30 memory: told, ended                agent/limits (by the kernel), agent/usage (by the agent), model/quota
//  31 disk                               agent/disk
//  32 floods                             agent/output, agent/rotation-kills
//  33 nothing in use is given again      agent/ports, agent/users, agent/launch-records
//  34 room comes back                    agent/admission
//  35 TERM, grace, KILL; never started   agent/endings ("SIGKILL after exactly the kill timeout"), agent/tree; stop before start below
//  36 last words; one word for one oom   below
//  37 start timeout; failing later       agent/exits, agent/endings
//  38 flapping                           agent/restarts, cluster/crash-loop
//  39 routable until replaced            api/hub ("what leaves is routed to"), cluster/evacuation
//  40 restarted by the supervisor        agent/restarts, master/loss
// Faults of theirs that users met, and what holds against them: cpu of many cores read as nonsense, or since the begin of its life
// (agent/usage: cores, since the sample before, and the part of what is allotted); one sample kills, unwarned (model/quota); a slow disk
// delays the memory check (the disk is measured apart, agent/disk); "exit -1" and no reason (agent/exits); output of the last 20 ms lost
// (below); evidence gone with the crash (agent/crashes); limits that need root to be looked at (agent/usage, without any cgroup).
import { createServer } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
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
  assert.is(
    output(id).match(/^\[stathub \S+\] launch 1 ran out of memory at .+ \(allowed: 32 MiB\)$/gm)?.length,
    1,
    output(id),
  );
});
test.run();
