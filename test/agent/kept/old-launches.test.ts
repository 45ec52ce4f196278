// A crash loop leaves no trail of directories: however fast and however often an app may restart, only the newest launches stay.
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bootId } from '../../../src/agent/effects/processes/boot.ts';
import { createLaunch } from '../../../src/agent/effects/launch/launch-facts.ts';
import { launchDirectory, launchNumbers } from '../../../src/agent/effects/launch/launch-records.ts';
import type { Entry } from '../../../src/agent/instance/entry.ts';
import { rememberedEnds } from '../../../src/agent/instance/adoption/past-launches.ts';
import type { InstanceRecord } from '../../../src/agent/instance/records.ts';
import { historyOf } from '../../../src/agent/instance/adoption/take-up.ts';
import { mostOldLaunches, tidyLaunches } from '../../../src/agent/kept/old-launches.ts';
import { parseApp } from '../../../src/model/app/app-schema.ts';
import type { RestartHistory } from '../../../src/model/instance/restart.ts';
import { until } from '../../support/until.ts';
import { Alone } from '../alone.ts';

test('the ends of launches that were tidied away are remembered for as many restarts as an app may have', async () => {
  const directory = mkdtempSync(join(process.env['TEST_DIRECTORY'] ?? tmpdir(), 'ends-'));
  const parsed = parseApp({ name: 'falls', toProcess: 'x', restart: { attempts: 60, periodSeconds: 600 } });
  if (!parsed.ok) throw new Error('no app');
  const { spec } = parsed;
  const record = { spec, clearedAt: 0 } as InstanceRecord;
  mkdirSync(join(directory, 'launches'));
  const entry = { id: 'falls.0.aaaaaaaa', directory, program: { run: null }, record } as unknown as Entry;
  const now = Date.now();
  for (let n = 1; n <= 150; n++) {
    const path = launchDirectory(directory, n);
    createLaunch(path, { launch: n, boot: bootId(), at: now - 1000, mono: 1, ports: [], cgroup: {}, epoch: '1' });
    writeFileSync(join(path, 'exit'), '3\n');
    await tidyLaunches(entry, 0);
  }
  assert.is(launchNumbers(directory).length, mostOldLaunches);
  assert.is(rememberedEnds(directory).at(-1)!.launch, 150 - mostOldLaunches);
  assert.ok(rememberedEnds(directory).length <= 3 * 61);
  const rebuilt = (): RestartHistory => historyOf(record, directory, launchNumbers(directory));
  assert.ok(rebuilt().deaths.length > 60);
  assert.is(rebuilt().full!.deaths, 61, 'as an agent that was there all the time');
  appendFileSync(join(directory, 'ends.jsonl'), '{"launch":7,"damaged');
  assert.is(rebuilt().full!.deaths, 61, 'a line that is cut off counts for nothing');
  const young = { ...record, spec: { ...spec, restart: { ...spec.restart, attempts: 1000 } } };
  assert.is(historyOf(young, directory, launchNumbers(directory)).full, null);
});

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
