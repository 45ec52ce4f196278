// A working directory whose file system stops answering, as a dead NFS server's: its programs wait, the agent and all else go on.
import { execFileSync, spawn } from 'node:child_process';
import { accessSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { until } from '../support/until.ts';
import { Alone, lives } from './alone.ts';

/** A mount namespace of the agent's own: nobody else on this machine must meet the mount. */
const apart = ['unshare', '--mount', '--propagation', 'private'];
function mayMount(): boolean {
  try {
    accessSync('/dev/fuse');
    execFileSync(apart[0]!, [...apart.slice(1), 'true']);
    return process.getuid?.() === 0;
  } catch {
    return false;
  }
}
/** A FUSE file system that nobody serves: whoever asks it waits until its holder ends. */
const hang = `exec 3<>/dev/fuse
mount -i -t fuse -o fd=3,rootmode=40000,user_id=0,group_id=0,allow_other hung "$1" && echo mounted && exec sleep 120`;

const test = suite('a mount that hangs');
const agent = new Alone();

test('only what lies on it waits; the agent serves, starts others, and can be ended', async () => {
  if (!mayMount()) return console.log('# skipped: nothing can be mounted here');
  await agent.start([], { before: apart });
  const directory = join(agent.directory, 'lasting');
  mkdirSync(directory);
  const check = { protocol: 'FILE', path: join(directory, 'ready'), maxConsecutiveFailures: 100 };
  const lasting = { name: 'lasting', workingDirectory: directory, resAlloc: { disk: '1GB' } };
  await agent.deploy({
    ...lasting,
    toProcess: 'sh',
    args: ['-c', 'touch ready; exec sleep 600'],
    healthChecks: [check],
  });
  const { id, pid } = await agent.running('lasting');
  const holder = spawn('nsenter', ['--mount', `--target=${agent.pid}`, 'sh', '-c', hang, 'hang', directory]);
  await new Promise((resolve, reject) => holder.stdout.once('data', resolve).once('error', reject));
  const files = await fetch(`${agent.address}/v1/instances/${id}/files/work`);
  assert.is(files.status, 504);
  assert.match(await files.text(), /the file system of .* does not answer/);
  await agent.ok('POST', `/v1/instances/${id}/kill`);
  const { exit } = await agent.see('lasting', 'cannot be started', (i) => i.exit?.reason === 'not-started');
  assert.match(exit.tail[0], /^the working directory .* does not answer/);
  await agent.deploy({ name: 'other' });
  const other = await agent.running('other');
  const ended = agent.pid;
  await Promise.all([agent.end(), until('it has ended', () => !lives(ended))]);
  assert.ok(lives(other.pid) && !lives(pid));
  holder.kill('SIGKILL');
  await agent.start();
  assert.is((await agent.running('other')).pid, other.pid);
  await agent.running('lasting');
  await agent.finish();
});

test.run();
