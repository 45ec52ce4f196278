// A crash loop leaves no trail of directories: however fast and however often an app may restart, only the newest launches stay.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { mostOldLaunches } from '../../../src/agent/kept/old-launches.ts';
import { until } from '../../support/until.ts';
import { Alone } from '../alone.ts';

test('a fast crash loop with many attempts keeps few launch directories, and the files of its newest crash', async () => {
  const agent = new Alone();
  await agent.start();
  try {
    await agent.deploy({
      name: 'falls',
      toProcess: 'sh',
      args: ['-c', 'echo evidence >dump; exit 3'],
      restart: { attempts: 1000, delaySeconds: 0.02, maxDelaySeconds: 0.02, factor: 1, jitter: 0 },
    });
    const { id } = await agent.see('falls', 'begun', (i) => i.launch > 0);
    const launches = (): string[] => readdirSync(join(agent.directoryOf(id), 'launches'));
    await until('it has crashed often', async () => (await agent.one('falls')).restarts > 4 * mostOldLaunches);
    // They are removed while it goes on; how soon, a busy disk decides.
    const kept = await until('only the newest are there', () => {
      const all = launches().map(Number);
      return all.length <= 2.5 * mostOldLaunches && all;
    });
    assert.ok(kept.length > 2, `only ${kept.length}`);
    assert.ok(Math.max(...kept) > 4 * mostOldLaunches, kept.join(' '));
    const { items } = await agent.get(`/v1/instances/${id}/files`);
    assert.ok(
      items.some((item: any) => item.launch?.code === 3),
      JSON.stringify(items),
    ); // oxlint-disable-line no-explicit-any
  } finally {
    await agent.finish();
  }
});

test.run();
