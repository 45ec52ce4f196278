// Reading, following and rotating output: cursors are absolute and nothing is lost.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  appendPlatformLine,
  followOutput,
  outputBounds,
  outputFile,
  readOutput,
  type OutputChunk,
} from '../../../../src/agent/effects/output/output.ts';
import { firstBlockHash, journalFile } from '../../../../src/agent/effects/output/segments.ts';
import { rotate } from '../../../../src/agent/effects/output/rotate.ts';
import { rotationKind, type RotationKind } from '../../../../src/agent/effects/output/rotation-kind.ts';
import { cursorSince, cursorUntil, noteTime, pruneTimes, timesOf } from '../../../../src/agent/effects/output/times.ts';
import { RotationWatch } from '../../../../src/agent/effects/output/rotation-watch.ts';
import { keptTo } from '../../../support/busyness.ts';
import { until } from '../../../support/until.ts';
import { fixture, Host } from '../../host.ts';
import { tailOutput } from './tail.ts';

const temporary = (base = process.env['TEST_DIRECTORY'] ?? tmpdir()) => mkdtempSync(join(base, 'output-'));
const text = async (instance: string, from = 0) =>
  (await readOutput(instance, 'stdout', from, 1 << 24)).bytes.toString('latin1');
const lines = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => `${String(from + i).padStart(9, '0')}${'.'.repeat(90)}\n`).join('');

/** Follows a stream into one buffer. */
function following(instance: string, from: number) {
  const stop = new AbortController();
  const chunks: OutputChunk[] = [];
  const done = followOutput(
    instance,
    'stdout',
    from,
    (chunk) => {
      chunks.push(chunk);
    },
    stop.signal,
  );
  return {
    chunks,
    text: () => Buffer.concat(chunks.map((chunk) => chunk.bytes)).toString('latin1'),
    stop: () => {
      stop.abort();
      return done;
    },
  };
}

test('reads by cursor, byte for byte', async () => {
  const instance = temporary();
  assert.equal(await outputBounds(instance, 'stdout'), { first: 0, end: 0 });
  assert.is((await readOutput(instance, 'stdout', 0)).bytes.length, 0);
  const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 256));
  writeFileSync(outputFile(instance, 'stdout'), bytes);
  const parts: Buffer[] = [];
  for (let cursor = 0; ;) {
    const chunk = await readOutput(instance, 'stdout', cursor, 777);
    if (chunk.bytes.length === 0) break;
    assert.equal([chunk.from, chunk.to], [cursor, cursor + chunk.bytes.length]);
    parts.push(chunk.bytes);
    cursor = chunk.to;
  }
  assert.ok(Buffer.concat(parts).equals(bytes));
  assert.equal(await readOutput(instance, 'stdout', 1e12).then(({ from, to }) => [from, to]), [100_000, 100_000]);
  rmSync(instance, { recursive: true });
});

test('tail counts lines from the end, an unfinished one too', async () => {
  const instance = temporary();
  const tail = async (count: number, max?: number) =>
    (await tailOutput(instance, 'stdout', count, max)).bytes.toString();
  assert.is(await tail(5), '');
  writeFileSync(outputFile(instance, 'stdout'), 'one\ntwo\n\nfour\nunfinished');
  assert.equal(
    [await tail(0), await tail(1), await tail(2), await tail(3), await tail(4), await tail(99)],
    [
      '',
      'unfinished',
      'four\nunfinished',
      '\nfour\nunfinished',
      'two\n\nfour\nunfinished',
      'one\ntwo\n\nfour\nunfinished',
    ],
  );
  appendFileSync(outputFile(instance, 'stdout'), '\n');
  assert.equal([await tail(1), await tail(2)], ['unfinished\n', 'four\nunfinished\n']);
  assert.is(await tail(9, 12), 'unfinished\n'.padStart(12, '\n'));
  writeFileSync(outputFile(instance, 'stdout'), lines(1, 5000));
  assert.is(await tail(3000), lines(2001, 5000));
  rmSync(instance, { recursive: true });
});

test('platform lines stand on lines of their own', async () => {
  const instance = temporary();
  appendPlatformLine(instance, 'first launch', 0);
  appendFileSync(outputFile(instance, 'stdout'), 'unfinished');
  appendPlatformLine(instance, 'second\nlaunch', 1000);
  assert.is(
    await text(instance),
    '[stathub 1970-01-01T00:00:00.000Z] first launch\nunfinished\n[stathub 1970-01-01T00:00:01.000Z] second launch\n',
  );
  rmSync(instance, { recursive: true });
});

test('following gives what is there and what comes, at once, also of a file that is not there yet', async () => {
  const instance = temporary();
  const follow = following(instance, 0);
  const alive = setInterval(() => {}, 1000);
  appendFileSync(outputFile(instance, 'stdout'), 'a');
  await until('a', () => follow.text() === 'a');
  await until('the watch', () => true);
  const begun = performance.now();
  appendFileSync(outputFile(instance, 'stdout'), 'b\n');
  await until('b', () => follow.text() === 'ab\n');
  assert.ok(keptTo(800, performance.now() - begun), 'not by the slow poll');
  await follow.stop();
  appendFileSync(outputFile(instance, 'stdout'), 'c');
  clearInterval(alive);
  assert.is(follow.text(), 'ab\n');
  rmSync(instance, { recursive: true });
});

for (const [kind, base] of [
  ['collapse', undefined],
  ['punch', '/dev/shm'],
  ['copy-truncate', '/dev/shm'],
] as const) {
  const here = temporary(base && existsSync(base) ? base : undefined);
  const able = kind === 'copy-truncate' || (await rotationKind(here)) === kind;
  rmSync(here, { recursive: true });
  if (!able) {
    console.log(`# skipped: no file system for ${kind} here`);
    continue;
  }
  const open = () => temporary(base);

  test(`rotation (${kind}): cursors stay, nothing is lost, the oldest goes`, async () => {
    const instance = open();
    const all = lines(1, 3000);
    const limits = { maxBytes: 65_536, files: 3 };
    let written = 0;
    const write = (to: number) => {
      appendFileSync(outputFile(instance, 'stdout'), all.slice(written, to));
      written = to;
    };
    write(60_000);
    assert.equal(await rotate(instance, 'stdout', limits, kind), { moved: 0, aged: 0, dropped: 0 });
    write(100_000);
    assert.ok((await rotate(instance, 'stdout', limits, kind)).moved > 0);
    assert.equal(await outputBounds(instance, 'stdout'), { first: 0, end: 100_000 });
    assert.is(await text(instance), all.slice(0, 100_000));
    assert.is(await text(instance, 65_500), all.slice(65_500, 100_000));
    assert.is((await tailOutput(instance, 'stdout', 700)).bytes.toString(), all.slice(30_000, 100_000));
    for (let to = 150_000; to <= 300_000; to += 50_000) {
      write(to);
      await rotate(instance, 'stdout', limits, kind);
      const { first, end } = await outputBounds(instance, 'stdout');
      assert.is(end, to);
      assert.ok(end - first <= 65_536 * 3 + 65_536, `${end - first} bytes are kept`);
      assert.is(await text(instance, first), all.slice(first, to));
    }
    assert.ok((await outputBounds(instance, 'stdout')).first > 0);
    assert.ok(readdirSync(instance).length <= 4, String(readdirSync(instance))); // live, two pieces, one journal
    assert.equal((await readOutput(instance, 'stdout', 0)).from, (await outputBounds(instance, 'stdout')).first);
    rmSync(instance, { recursive: true });
  });

  test(`rotation (${kind}): one file only, and far beyond all limits`, async () => {
    for (const files of [1, 3]) {
      const instance = open();
      const all = lines(1, 20_000);
      writeFileSync(outputFile(instance, 'stdout'), all);
      await rotate(instance, 'stdout', { maxBytes: 65_536, files }, kind);
      const { first, end } = await outputBounds(instance, 'stdout');
      assert.is(end, 2_000_000);
      if (kind !== 'copy-truncate')
        assert.ok(end - first <= 65_536 * files && end - first > 20_000, String(end - first));
      assert.is(await text(instance, first), all.slice(first));
      rmSync(instance, { recursive: true });
    }
  });

  if (kind !== 'punch')
    test(`rotation (${kind}): a crash between journal and cut, and one after the cut, are told apart`, async () => {
      for (const cutMade of [false, true]) {
        const instance = open();
        const live = outputFile(instance, 'stdout');
        const all = lines(1, 1000);
        writeFileSync(live, all);
        const journal = { base: 0, length: 40_960, size: 100_000, hash: firstBlockHash(live), done: false };
        writeFileSync(`${live}.0`, all.slice(0, 40_960));
        writeFileSync(journalFile(instance, 'stdout', 1), `${JSON.stringify(journal)}\n`);
        writeFileSync(`${live}.7.part`, 'half a copy');
        if (cutMade) {
          writeFileSync(`${live}.new`, all.slice(40_960));
          writeFileSync(live, readFileSync(`${live}.new`)); // the same inode, as a collapse leaves it
          rmSync(`${live}.new`);
        }
        assert.is(await text(instance), all, `cut made: ${cutMade}`);
        appendFileSync(live, lines(1001, 2000));
        assert.is(await text(instance), all + lines(1001, 2000));
        await rotate(instance, 'stdout', { maxBytes: 1 << 20, files: 3 }, kind);
        assert.is(await text(instance), all + lines(1001, 2000));
        assert.not(existsSync(`${live}.7.part`));
        assert.equal(
          readdirSync(instance).filter((name) => name.includes('rotate')),
          ['stdout.rotate.2'],
        );
        rmSync(instance, { recursive: true });
      }
    });

  test(`rotation (${kind}) under a program that prints: every line once, in order`, async () => {
    const count = 60_000;
    const host = Host.open({ directory: temporary(base) });
    try {
      const started = host.start('sh', [fixture('floods-stdout.sh'), String(count)], {
        stdout: join(host.directory, 'stdout.log'),
      });
      const follow = following(host.directory, 0);
      let moved = 0;
      while (!started.stderr().includes('printed')) {
        moved += (await rotate(host.directory, 'stdout', { maxBytes: 65_536, files: 1000 }, kind)).moved;
        await new Promise((resolve) => setImmediate(resolve));
      }
      moved += (await rotate(host.directory, 'stdout', { maxBytes: 65_536, files: 1000 }, kind)).moved;
      await until('the last line', () => follow.text().endsWith(lines(count, count)));
      await follow.stop();
      assert.ok(moved > 2_000_000, `${moved} bytes were moved under it`);
      if (kind !== 'copy-truncate') {
        assert.ok(follow.text() === lines(1, count), 'followed');
        assert.ok((await text(host.directory)) === lines(1, count), 'read afterwards');
      } else {
        // what is printed between copy and truncation is lost; nothing may be doubled or out of order
        const numbers = [...(await text(host.directory)).matchAll(/^(\d{9})\.{90}$/gm)].map(([, n]) => Number(n));
        assert.ok(numbers.every((n, i) => i === 0 || n > numbers[i - 1]!));
        // How much, the system decides: between the two, others may run.
        assert.ok(numbers.length > count * 0.3, `${numbers.length} of ${count}`);
      }
    } finally {
      await host.close();
    }
  });
}

test('a broken journal does not hide the output', async () => {
  const instance = temporary();
  writeFileSync(outputFile(instance, 'stdout'), 'x'.repeat(5000));
  writeFileSync(journalFile(instance, 'stdout', 3), '{"base":1000,"length":0,"size":0,"hash":"","done":true}\n');
  for (const broken of ['', '\0\0\0', '{"base":', '{}\n']) {
    writeFileSync(journalFile(instance, 'stdout', 4), broken);
    assert.equal(await outputBounds(instance, 'stdout'), { first: 1000, end: 6000 });
  }
  await rotate(instance, 'stdout', { maxBytes: 4096, files: 2 }, 'copy-truncate');
  assert.equal(await outputBounds(instance, 'stdout'), { first: 1000, end: 6000 });
  rmSync(instance, { recursive: true });
});

test('the looks rotate what has grown, and note when it was printed', async () => {
  const directory = temporary();
  const errors: Error[] = [];
  const rotation = new RotationWatch((_, error) => errors.push(error));
  const alive = setInterval(() => {}, 1000);
  const kind: RotationKind = await rotation.start(directory);
  const instance = mkdtempSync(join(directory, 'i-'));
  rotation.add(instance, { maxBytes: 65_536, files: 2, rateBytesPerSecond: null, fileSize: null });
  writeFileSync(outputFile(instance, 'stdout'), lines(1, 2000));
  const before = Date.now();
  await until('a rotation', () => readdirSync(instance).some((name) => name.startsWith('stdout.rotate'))).catch(
    (error: unknown) => {
      throw new Error(`${String(error)} (${kind}) ${errors.join()}`);
    },
  );
  assert.is((await outputBounds(instance, 'stdout')).end, 200_000);
  await until('its time is noted', () => timesOf(instance, 'stdout').at(-1)?.[1] === 200_000);
  await rotation.stop();
  clearInterval(alive);
  assert.equal(errors, []);

  const { first } = await outputBounds(instance, 'stdout');
  const noted = timesOf(instance, 'stdout');
  assert.ok(noted.length > 0 && noted.at(-1)![1] === 200_000, 'the looks note times');
  rmSync(join(instance, 'stdout.times'));
  const touch = (at: number) => utimesSync(outputFile(instance, 'stdout'), at / 1000, at / 1000);
  await noteTime(instance, 'stdout', before + 60_000);
  appendFileSync(outputFile(instance, 'stdout'), 'later\n');
  touch(before + 70_000);
  assert.is(await cursorSince(instance, 'stdout', before + 61_000), 200_000);
  assert.is(await cursorSince(instance, 'stdout', before - 10_000), first);
  assert.is(await cursorSince(instance, 'stdout', before + 71_000), 200_006, 'nothing was written since');
  assert.is(await cursorUntil(instance, 'stdout', before + 59_000), 200_000);
  assert.is(await cursorUntil(instance, 'stdout', before + 65_000), 200_006);
  assert.is(await cursorSince(instance, 'stderr', 0), 0);
  truncateSync(outputFile(instance, 'stdout'), 0); // the program did that itself
  assert.ok((await cursorSince(instance, 'stdout', before + 61_000)) <= (await outputBounds(instance, 'stdout')).end);

  // A week of a program that never rests: fine for the last hour, coarse before, and bounded.
  writeFileSync(
    join(instance, 'stderr.times'),
    Array.from({ length: 60_480 }, (_, i) => `${before + i * 10_000} ${i}\n`).join(''),
  );
  pruneTimes(instance, 'stderr', before + 604_800_000);
  const left = timesOf(instance, 'stderr');
  const gaps = left.slice(1).map(([at], i) => at - left[i]![0]);
  assert.ok(left.length < 2400 && left.length > 1000, String(left.length));
  assert.equal([Math.max(...gaps), gaps.at(-1), left[0]![0]], [600_000, 10_000, before]);
  rmSync(directory, { recursive: true });
});

test.run();
