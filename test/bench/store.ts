// Acknowledged (synced) writes a second of the embedded store, one after another and many at once.
import { rmSync } from 'node:fs';
import { mkdtemp, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { openEmbedded } from '../../src/store/embedded.ts';

async function timed(what: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await what();
  return (performance.now() - started) / 1000;
}

/** What the disk can do: a write of one page and its sync, a second. */
async function syncsASecond(directory: string): Promise<number> {
  const file = await open(join(directory, 'sync'), 'w');
  const page = Buffer.alloc(4096, 1), rounds = 300;
  try {
    return rounds / await timed(async () => {
      for (let n = 0; n < rounds; n++) {
        await file.write(page, 0, page.length, n * page.length);
        await file.datasync();
      }
    });
  } finally {
    await file.close();
  }
}

/** Prints a table; `directory` is where the store is made (default: the system's temporary one). */
export async function benchStore(directory = tmpdir()): Promise<void> {
  const base = await mkdtemp(join(directory, 'stathub-bench-'));
  const store = await openEmbedded(base);
  const lag = monitorEventLoopDelay({ resolution: 1 });
  const doc = { name: 'web', status: 'running', text: 'x'.repeat(250) };
  const line = (what: string, rate: number): void => console.log(
    `${what.padEnd(58)} ${Math.round(rate).toLocaleString('en').padStart(10)} /s`,
  );
  try {
    line('the disk: one page written and synced', await syncsASecond(base));
    const single = 1000, together = 50_000, size = 10_000;
    line('writes, one after another', single / await timed(async () => {
      for (let n = 0; n < single; n++) await store.write({ collection: 'single', key: String(n), doc, expect: 'absent' });
    }));
    line('writes, 100 writers', 10_000 / await timed(() => Promise.all(Array.from({ length: 100 }, async (_, writer) => {
      for (let n = 0; n < 100; n++) await store.write({ collection: 'writers', key: `${writer}.${n}`, doc, expect: 'absent' });
    }))));
    lag.enable();
    line(`writes, ${together.toLocaleString('en')} asked for at once`, together / await timed(() =>
      Promise.all(
        Array.from({ length: together }, (_, n) => store.write({ collection: 'together', key: String(n), doc, expect: 'absent' })),
      )));
    lag.disable();
    const asked = lag.max / 1e6;
    lag.reset();
    lag.enable();
    line(`bulk of ${size.toLocaleString('en')}`, size / await timed(() =>
      store.bulk(Array.from({ length: size }, (_, n) => ({ collection: 'bulk', key: String(n), doc, expect: 'absent' as const })))));
    line('events, 100 appenders of one at a time', 10_000 / await timed(() => Promise.all(Array.from({ length: 100 }, async () => {
      for (let n = 0; n < 100; n++) await store.append([{ at: Date.now(), kind: 'bench.appended', message: 'x'.repeat(100) }]);
    }))));
    lag.disable(); // what follows only reads, and never waits
    line('reads', 20_000 / await timed(async () => {
      for (let n = 0; n < 20_000; n++) await store.get('bulk', String(n % size));
    }));
    line(
      `documents searched (of ${size.toLocaleString('en')})`,
      size / await timed(() => store.query('bulk', 'status:running AND name:w*', { size: 10 })),
    );
    const waits = `${asked.toFixed(0)} / ${(lag.max / 1e6).toFixed(0)} ms`;
    console.log(`${'longest hold-up of the main loop: 50,000 at once / the rest'.padEnd(60)} ${waits.padStart(10)}`);
  } finally {
    await store.close();
    rmSync(base, { recursive: true, force: true });
  }
}
