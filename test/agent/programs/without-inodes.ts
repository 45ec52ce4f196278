// Runs inside a mount namespace whose argument is a disk of few inodes: an agent on it meets their end and goes on when there are some.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { Alone, lives } from '../alone.ts';

const disk = process.argv[2]!;
const filler = join(disk, 'filler');
process.env['TEST_DIRECTORY'] = disk;

const agent = new Alone();
try {
  await agent.start();
  await agent.deploy({ name: 'web', restart: { attempts: 1, giveUp: true, delaySeconds: 0.2 } });
  await agent.deploy({ name: 'other' });
  const web = await agent.settled('web');
  const other = await agent.running('other');
  mkdirSync(filler);
  for (let n = 0; ; n++)
    try {
      writeFileSync(join(filler, String(n)), '');
    } catch {
      break;
    }
  process.kill(web.pid, 'SIGKILL');
  const waits = await agent.see('web', 'told why it does not start', (i) => i.exit?.reason === 'disk-full');
  assert.match(waits.reason.text, /no room for more files \(\d+ of \d+ inodes are free\): remove some files there/);
  assert.is(waits.status, 'restarting');
  assert.ok(lives(other.pid));
  rmSync(filler, { recursive: true });
  await agent.see('web', 'runs by itself', (i) => i.status === 'running' && i.pid !== web.pid);
} finally {
  rmSync(filler, { recursive: true, force: true });
  await agent.finish();
}
