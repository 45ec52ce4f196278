// Writes in every way to the store of a directory and prints each acknowledgement as a line, until it is killed.
//   node writes-until-killed.js DIRECTORY ROUND
import { writeSync } from 'node:fs';
import { openEmbedded } from '../../../../src/store/embedded/embedded.ts';

const [directory = '', round = '0'] = process.argv.slice(2);
const store = await openEmbedded(directory);
/** Straight to the pipe: what is printed was acknowledged, whatever happens next. */
const acknowledge = (...fields: unknown[]): void => void writeSync(1, `${JSON.stringify(fields)}\n`);

async function records(writer: number): Promise<void> {
  const key = `${round}.${writer}`;
  let version: string = 'absent';
  for (let n = 1; ; n++) {
    const result = await store.write({
      collection: 'counts',
      key,
      doc: { n, padding: 'x'.repeat((n * 37) % 5000) },
      expect: version,
    });
    if (!result.ok) throw new Error(`lost its own record: ${result.conflict}`);
    version = result.version;
    acknowledge('record', key, n);
  }
}

async function bulks(): Promise<void> {
  for (let n = 0; ; n++) {
    const keys = Array.from({ length: 50 }, (_, index) => `${round}.${n}.${index}`);
    await store.bulk(keys.map((key) => ({ collection: 'bulks', key, doc: { key }, expect: 'absent' as const })));
    acknowledge('bulk', keys);
  }
}

async function events(writer: number): Promise<void> {
  for (let n = 0; ; n++)
    acknowledge(
      'events',
      await store.append([
        { at: 1, writer, n },
        { at: 2, writer, n },
      ]),
      `${round}.${writer}.${n}`,
    );
}

async function draws(): Promise<void> {
  for (let n = 0; ; n++) acknowledge('draw', await store.draw('numbers', 10));
}

async function points(): Promise<void> {
  for (let minute = 0; ; minute++) {
    await store.addPoints(`node/${round}`, [{ minute, values: { n: [minute, minute, minute] } }]);
    acknowledge('point', minute);
  }
}

await Promise.all([records(0), records(1), records(2), bulks(), events(0), events(1), draws(), points()]);
