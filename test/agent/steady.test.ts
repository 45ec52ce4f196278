// Restarts leave nothing behind: neither in the agent's memory, nor open, nor on the disk, nor as processes.
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { freshDirectory } from '../support/hub.ts';
import { until } from '../support/until.ts';
import { Alone, withArgument } from './alone.ts';
import type { Size } from './programs/tells-its-size.ts';

const agent = new Alone();
const test = suite('steady');
const file = join(freshDirectory('size'), 'size.json');
const count = 6;
/** Of this run alone: others may run beside it. */
const mark = `1000${process.pid}.7`;
/** Beyond these many launches the oldest of an instance are removed. */
const launchesKept = 20;
/** Noise is up to 5. */
const objectsARestart = 8;

test.before(async () => {
  process.env['SIZE_FILE'] = file;
  process.env['NODE_OPTIONS'] = `--import=${fileURLToPath(new URL('./programs/tells-its-size.js', import.meta.url))}`;
  await agent.start();
  delete process.env['NODE_OPTIONS'];
});
test.after(() => agent.finish());

async function size(): Promise<Size> {
  rmSync(file, { force: true });
  process.kill(agent.pid, 'SIGWINCH');
  await until('its size', () => existsSync(file));
  return JSON.parse(readFileSync(file, 'utf8')) as Size;
}

/** Kills every program so many times, and waits for its replacement each time. */
async function restart(rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const before = await agent.instances('steady');
    for (const { pid } of before) process.kill(pid, 'SIGKILL');
    const had = new Map(before.map(({ id, pid }) => [id, pid]));
    await until('new ones run', async () =>
      (await agent.instances('steady')).every(({ id, pid }) => pid !== null && pid !== had.get(id)),
    );
  }
}

test('hundreds of restarts leave no object, descriptor, handle, file or process behind', async () => {
  await agent.deploy({
    name: 'steady',
    args: [mark],
    placement: { scale: count },
    restart: { delaySeconds: 0, maxDelaySeconds: 0, attempts: 1000, periodSeconds: 1 },
  });
  await until('all run', async () => (await agent.instances('steady')).filter(({ pid }) => pid).length === count);
  await restart(10); // what is kept on purpose is full, and most is compiled
  await until('what an agent loads when it has been calm is there', async () =>
    readdirSync(agent.directory).some((name) => name.startsWith('hardware.')),
  );
  const before = await size();
  const rounds = 14;
  await restart(rounds);
  // What is about to go (an event on its way, a look under way) goes; what is held stays. A run with its record is 14 objects.
  const most: Size = {
    objects: before.objects + objectsARestart * rounds * count,
    descriptors: before.descriptors + 4,
    handles: before.handles + 4,
  };
  let after = before;
  await until('no more than before', async () => {
    after = await size();
    return (Object.keys(most) as (keyof Size)[]).every((key) => after[key] <= most[key]);
  }).catch(() => assert.equal(after, before, 'what restarts leave behind'));
  await until('old launches are removed', async () =>
    (await agent.instances('steady')).every(
      ({ id }) => readdirSync(join(agent.directoryOf(id), 'launches')).length <= launchesKept + 1,
    ),
  );
  assert.is(withArgument(mark).length, count);
});

test.run();
