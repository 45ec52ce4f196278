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
    let most = 0;
    await until(
      'it has crashed often',
      async () => {
        most = Math.max(most, launches().length);
        return (await agent.one('falls')).restarts > 4 * mostOldLaunches;
      },
      60_000,
    );
    assert.ok(most > 2, `only ${most}`);
    assert.ok(most <= 2.5 * mostOldLaunches, `${most} launch directories`);
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
