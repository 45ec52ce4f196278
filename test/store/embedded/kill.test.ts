// kill -9 in the middle of writes: whatever was acknowledged is there, and the store opens as if nothing had happened.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openEmbedded } from '../../../src/store/embedded/embedded.ts';
import { scratch } from '../../support/scratch.ts';

const program = fileURLToPath(new URL('./programs/writes-until-killed.js', import.meta.url));

/** Runs the writer until it has acknowledged `lines`, then kills it; gives all that it acknowledged. */
function writeAndKill(directory: string, round: number, lines: number): Promise<unknown[][]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, directory, String(round)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const acknowledged: unknown[][] = [];
    createInterface({ input: child.stdout })
      .on('line', (line) => {
        acknowledged.push(JSON.parse(line) as unknown[]);
        if (acknowledged.length === lines) child.kill('SIGKILL');
      })
      .on('close', () => {
        if (acknowledged.length >= lines) resolve(acknowledged);
        else reject(new Error(`ended by itself after ${acknowledged.length} lines`));
      });
  });
}

test('ten times kill -9: nothing acknowledged is lost, no number is given twice', async () => {
  const directory = scratch('killed');
  const counts = new Map<string, number>();
  const bulks: string[] = [];
  const numbers: number[] = [];
  const drawn: number[] = [];
  for (let round = 0; round < 10; round++) {
    let minutes = 0;
    for (const [kind, value, more] of await writeAndKill(directory, round, 40 + round * 45)) {
      if (kind === 'record') counts.set(value as string, more as number);
      else if (kind === 'bulk') bulks.push(...(value as string[]));
      else if (kind === 'events') numbers.push(...(value as number[]));
      else if (kind === 'draw') drawn.push(value as number);
      else minutes = (value as number) + 1;
    }
    const store = await openEmbedded(directory);
    try {
      for (const [key, n] of counts) {
        const stored = await store.get<{ n: number; padding: string }>('counts', key);
        assert.ok(
          stored && stored.doc.n >= n && stored.doc.n <= n + 1,
          `record ${key}: acknowledged ${n}, found ${stored?.doc.n}`,
        );
        assert.is(stored.doc.padding.length, (stored.doc.n * 37) % 5000);
      }
      const found = new Set<string>();
      for (let after = ''; ;) {
        const { items, next } = await store.scan('bulks', { after });
        for (const item of items) found.add(item.key);
        if (next === null) break;
        after = next;
      }
      assert.equal(
        bulks.filter((key) => !found.has(key)),
        [],
      );
      assert.is(found.size % 50, 0, 'a bulk within one transaction is whole or not there');
      const log = await store.readLog({ limit: 10_000 });
      const kept = new Set(log.items.map((item) => item.seq));
      assert.equal(
        numbers.filter((number) => !kept.has(number)),
        [],
      );
      assert.is(kept.size, log.newest, 'no hole');
      const points = await store.readPoints(`node/${round}`, 0, 1e6);
      assert.ok(points.length >= minutes, `points: acknowledged ${minutes}, found ${points.length}`);
      assert.ok((await store.draw('numbers', 1)) > Math.max(0, ...drawn) + (drawn.length ? 9 : 0));
    } finally {
      await store.close();
    }
  }
  assert.is(new Set(drawn).size, drawn.length);
  assert.is(new Set(numbers).size, numbers.length);
  assert.ok(numbers.length > 50 && drawn.length > 20 && bulks.length > 100, 'each kind was written');
});

test.run();
