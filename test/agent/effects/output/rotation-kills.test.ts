// Rotation while a program prints and the agent is killed at any moment: every byte stays, in order, once. Pieces are compressed.
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { outputBounds, outputFile, readOutput } from '../../../../src/agent/effects/output/output.ts';
import { OutputRate } from '../../../../src/agent/effects/output/rate.ts';
import { segmentsOf } from '../../../../src/agent/effects/output/segments.ts';
import { rotate } from '../../../../src/agent/effects/output/rotate.ts';
import { rotationKind } from '../../../../src/agent/effects/output/rotation-kind.ts';
import { compressPieces } from '../../../../src/agent/effects/output/compress-pieces.ts';
import { RotationWatch } from '../../../../src/agent/effects/output/rotation-watch.ts';
import { letPass, until } from '../../../support/until.ts';
import { fixture } from '../../host.ts';
import { tailOutput } from './tail.ts';

const temporary = (base = process.env['TEST_DIRECTORY'] ?? tmpdir()) => mkdtempSync(join(base, 'kills-'));
const lines = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => `${String(from + i).padStart(9, '0')}${'.'.repeat(90)}\n`).join('');
const here = dirname(fileURLToPath(import.meta.url));
const never = new AbortController().signal;

/** All that is kept, from the first cursor on. */
async function whole(instance: string): Promise<string> {
  const parts: Buffer[] = [];
  for (let { first: at } = await outputBounds(instance, 'stdout'); ;) {
    const { bytes, to } = await readOutput(instance, 'stdout', at, 1 << 20);
    if (bytes.length === 0) return Buffer.concat(parts).toString('latin1');
    parts.push(bytes);
    at = to;
  }
}
const ended = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    child.once('exit', () => resolve());
  });

for (const base of [undefined, '/dev/shm']) {
  if (base && !existsSync(base)) continue;
  const instance = temporary(base);
  const kind = await rotationKind(instance);
  if (kind === 'copy-truncate') {
    console.log(`# skipped: ${instance} can only copy and truncate`);
    rmSync(instance, { recursive: true });
    continue;
  }

  test(`${kind}: a program prints, who rotates is killed -9 again and again: every byte is there, once and in order`, async () => {
    const count = 60_000;
    const program = spawn(
      'sh',
      ['-c', 'exec sh "$0" "$1" >>"$2"', fixture('floods-stdout.sh'), String(count), outputFile(instance, 'stdout')],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    );
    let kills = 0;
    let unsettled = 0;
    let all = false;
    const over = ended(program);
    const printed = new Promise<void>((resolve) => {
      program.stderr!.once('data', () => {
        all = true;
        resolve();
      });
    });
    try {
      while (!all || kills < 6) {
        // the rest is moved, and cut short, after the last line as well
        const rotator = spawn(process.execPath, [join(here, '../../../fixtures/rotates-for-ever.js'), instance, kind], {
          stdio: ['ignore', 'pipe', 'inherit'],
        });
        const gone = ended(rotator);
        await new Promise((resolve) => {
          rotator.stdout!.once('data', resolve);
          void gone.then(resolve);
        });
        await letPass((kills * 37) % 90);
        rotator.kill('SIGKILL');
        await gone;
        kills++;
        if (!segmentsOf(instance, 'stdout').settled) unsettled++;
      }
      await printed;
      for (let moved = 1; moved > 0;)
        ({ moved } = await rotate(instance, 'stdout', { maxBytes: 65_536, files: 10_000 }, kind));
      await compressPieces(instance, never);
      const text = await whole(instance);
      assert.ok(
        text === lines(1, count),
        `${text.length} of ${count * 100} bytes after ${kills} kills, ${unsettled} in the middle of a cut`,
      );
      const { pieces } = segmentsOf(instance, 'stdout');
      assert.ok(pieces.slice(0, -1).every((piece) => piece.kind === 'gz'));
      assert.not(readdirSync(instance).some((name) => name.endsWith('.part')));
    } finally {
      program.kill('SIGKILL');
      await over;
      rmSync(instance, { recursive: true, force: true });
    }
  });
}

test('compressed pieces are read from any place on, by us and by zcat', async () => {
  const instance = temporary();
  const path = outputFile(instance, 'stdout');
  const all = lines(1, 12_000);
  writeFileSync(`${path}.0`, all.slice(0, 700_000));
  writeFileSync(`${path}.700000`, all.slice(700_000, 1_000_000));
  writeFileSync(path, all.slice(1_000_000));
  writeFileSync(join(instance, 'stdout.rotate.1'), '{"base":1000000,"length":0,"size":0,"hash":"","done":true}\n');
  writeFileSync(`${path}.5.9.gz.part`, 'left by one that was killed');
  await compressPieces(instance, never);
  assert.equal(readdirSync(instance).sort(), [
    'stdout.log',
    'stdout.log.0.700000.gz',
    'stdout.log.700000.300000.gz',
    'stdout.rotate.1',
  ]);
  assert.ok(statSync(`${path}.0.700000.gz`).size < 70_000);
  assert.is(execFileSync('zcat', [`${path}.0.700000.gz`]).toString('latin1'), all.slice(0, 700_000));
  for (const at of [0, 1, 131_071, 131_072, 699_999, 700_000, 831_000, 999_999, 1_000_000, 1_199_999]) {
    for (const max of [1, 777, 300_000]) {
      const chunk = await readOutput(instance, 'stdout', at, max);
      assert.is(chunk.bytes.toString('latin1'), all.slice(at, at + max), `${max} from ${at}`);
    }
  }
  assert.is((await tailOutput(instance, 'stdout', 11_000, 1 << 24)).bytes.toString('latin1'), all.slice(100_000));
  rmSync(instance, { recursive: true });
});

test('a single line without an end, far larger than all limits, stays within them', async () => {
  const instance = temporary();
  const rotation = new RotationWatch(() => undefined);
  const alive = setInterval(() => {}, 1000);
  await rotation.start(instance);
  rotation.add(instance, { maxBytes: 65_536, files: 3, rateBytesPerSecond: null, fileSize: null });
  for (let i = 0; i < 20; i++) {
    appendFileSync(outputFile(instance, 'stdout'), Buffer.alloc(1 << 20, 97 + i));
    await new Promise((resolve) => setImmediate(resolve));
  }
  const kept = () => segmentsOf(instance, 'stdout');
  await until('it is within its limits', () => kept().end - kept().first <= 4 * 65_536);
  await rotation.stop();
  clearInterval(alive);
  assert.is(kept().end, 20 << 20);
  assert.ok((await whole(instance)).split('').every((letter) => letter === 't'));
  rmSync(instance, { recursive: true });
});

test('what is printed faster than it may be kept leaves a gap, and what was before it stays', async () => {
  const instance = temporary();
  const kind = await rotationKind(instance);
  const path = outputFile(instance, 'stdout');
  const limits = { maxBytes: 65_536, files: 4 };
  if (kind === 'copy-truncate') return rmSync(instance, { recursive: true });
  let now = 0;
  const rate = new OutputRate(10_000, limits.maxBytes, now);
  const keep = (bytes: number): boolean => rate.keep(bytes, now);
  const first = lines(1, 700);
  const all = first + lines(701, 60_000);
  let at = 0;
  let dropped = 0;
  const write = (to: number): void => {
    appendFileSync(path, all.slice(at, to));
    at = to;
  };
  write(70_000);
  await rotate(instance, 'stdout', limits, kind, keep); // the first piece is within the rate
  for (let round = 0; round < 20; round++) {
    write(at + 200_000);
    now += 100;
    dropped += (await rotate(instance, 'stdout', limits, kind, keep)).dropped;
  }
  assert.ok(dropped > 3_500_000, `${dropped} dropped`);
  const { pieces } = segmentsOf(instance, 'stdout');
  assert.equal(
    pieces.map((piece) => piece.kind),
    ['raw', 'gap', 'live'],
  );
  assert.is(
    (await readOutput(instance, 'stdout', 0, 65_536)).bytes.toString('latin1'),
    all.slice(0, 65_536),
    'what was before the flood',
  );
  const inGap = await readOutput(instance, 'stdout', 1_000_000, 100);
  assert.is(inGap.from, pieces[2]!.from);
  assert.is(inGap.bytes.toString('latin1'), all.slice(inGap.from, inGap.from + 100));
  assert.is(
    (await tailOutput(instance, 'stdout', 1000)).bytes.toString('latin1').slice(-10_000),
    all.slice(at - 10_000, at),
    'the tail reaches over the gap',
  );
  now += 10_000;
  write(at + 60_000);
  await rotate(instance, 'stdout', limits, kind, keep);
  assert.equal(
    segmentsOf(instance, 'stdout').pieces.map((piece) => piece.kind),
    ['raw', 'gap', 'raw', 'live'],
    'slower again',
  );
  rate.dropped = 12;
  assert.match(rate.notice(now)!, /^12 bytes of output were dropped/);
  rate.dropped = 3;
  assert.is(rate.notice(now + 5000), null);
  assert.match(rate.notice(now + 10_000)!, /^3 bytes/);
  rmSync(instance, { recursive: true });
});

test.run();
