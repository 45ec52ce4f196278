// Which crashed launches keep their files, and for how long; the file viewer and the log over a real agent, to the end of an instance.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { crashOf, isShort, keepNewest, type Crash } from '../../../src/agent/kept/crashes.ts';
import { scratch } from '../../support/scratch.ts';
import { until } from '../../support/until.ts';
import { Alone } from '../alone.ts';

test('the newest of each slot, as long as it is young and there is room', async () => {
  const base = scratch('crashes');
  const crash = (slot: string, at: number): Crash => {
    const work = join(base, `${slot}-${at}`);
    mkdirSync(work);
    return { slot, at, work };
  };
  const all = [crash('a.0', 100), crash('a.0', 200), crash('a.1', 50), crash('b.0', 150)];
  const kept = await keepNewest(all, 120, 210, async () => false);
  assert.equal(
    kept.map(({ slot, at }) => [slot, at]),
    [
      ['b.0', 150],
      ['a.0', 200],
    ],
  );
  assert.equal(
    all.map(({ work }) => existsSync(work)),
    [false, true, false, true],
  );
  let short = 1;
  assert.equal(
    (await keepNewest(kept, 120, 210, async () => short-- > 0)).map(({ slot }) => slot),
    ['a.0'],
    'the oldest goes first',
  );
  assert.type(await isShort(base), 'boolean');
});

test('a crash is an end that nobody wanted', () => {
  const base = scratch('ends');
  const launch = (n: number, files: Record<string, string>): boolean => {
    for (const [name, text] of Object.entries({ 'work/file': '', ...files })) {
      const path = join(base, 'launches', String(n), name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    return crashOf(base, 'web.0', n) !== null;
  };
  assert.equal(
    [
      launch(1, { exit: '3\n' }),
      launch(2, { exit: '0\n' }),
      launch(3, {}),
      launch(4, { exit: '143\n', stopping: '{"reason":"stop","at":1,"deadlineMono":2}\n' }),
      launch(5, { exit: '137\n', stopping: '{"reason":"disk","at":1,"deadlineMono":2}\n' }),
    ],
    [true, false, false, false, true],
  );
});

test('a crashed launch is looked into while the next one runs, and after the app is gone; so is its output', async () => {
  const agent = new Alone();
  await agent.start();
  try {
    await agent.deploy({
      name: 'falls',
      toProcess: 'sh',
      args: [
        '-c',
        'echo "launch $STAT_EPOCH"; echo evidence >dump; test -e ../../done || { : >../../done; exit 3; }; echo state >state; exec sleep 1000',
      ],
    });
    const { id } = await agent.see('falls', 'running again', (i) => i.status === 'running' && i.restarts === 1);
    const files = (path: string): Promise<any> => agent.get(`/v1/instances/${id}/files${path}`); // oxlint-disable-line no-explicit-any
    const raw = async (path: string, headers: Record<string, string> = {}): Promise<string> =>
      (await fetch(`${agent.address}/v1/instances/${id}/${path}`, { headers })).text();
    const { items } = await files('');
    assert.equal(
      items.map((i: any) => [i.name.replace(/\d+/, 'N'), i.launch.current, i.launch.code]),
      [
        ['work', true, null],
        ['launch-N', false, 3],
      ],
    ); // oxlint-disable-line no-explicit-any
    const crashed = items[1].name as string;
    assert.is(await raw(`files/${crashed}/dump`), 'evidence\n');
    await until('the next one has come as far', async () => (await raw('files/work/state')) === 'state\n');
    assert.is(await raw('files/work/state', { range: 'bytes=1-2' }), 'ta');
    assert.match(await raw('logs?since=10m&stream=stdout'), /launch \d+\n(.*begins\n)?.*launch \d+\n$/s);
    assert.is(await raw('logs?until=2020-01-01'), '');

    const following = raw('logs?follow=true&tail=all');
    await agent.ok('DELETE', '/v1/apps/falls');
    await until('it is gone', async () => (await agent.instances('falls')).length === 0);
    assert.match(await following, /launch \d+\n[^]*launch \d+\n/, 'a follower is told the end');
    await until('put away', () => existsSync(join(agent.directory, 'kept', id)));
    assert.match(await raw('logs?tail=all'), /launch \d+\n[^]*launch \d+\n/);
    assert.equal(
      (await files('')).items.map((i: any) => i.name),
      [crashed],
      'the crash is kept beyond the app',
    ); // oxlint-disable-line no-explicit-any
    assert.is(await raw(`files/${crashed}/dump`), 'evidence\n');
    assert.is(
      readFileSync(join(agent.directory, 'kept', id, 'launches', crashed.slice(7), 'work/dump'), 'utf8'),
      'evidence\n',
    );
  } finally {
    await agent.finish();
  }
});

test.run();
