// Events and output on a real Elasticsearch, one without data streams: both land in plain indices, each line once.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Shipping } from '../../src/agent/kept/shipping.ts';
import { EventShipping } from '../../src/master/ship-events.ts';
import type { ClusterEvent } from '../../src/model/event.ts';
import { lendOrSkip } from '../elasticsearch/shared.ts';
import { scratch } from '../support/scratch.ts';
import { until } from '../support/until.ts';

const url = await lendOrSkip(9);
const hub = `hub-${process.pid}`;
/** What is told where all is well: what kind of target it is; and on a busy machine, that the server takes its time. */
const isFine = (line: string): boolean =>
  /is a plain index|not shipped now.*(?:timeout|answers (?:429|5\d\d)|refused with (?:429|5\d\d))/.test(line);
const alive = setInterval(() => {}, 1000);
test.after(() => clearInterval(alive));
const event = (seq: number): ClusterEvent => ({
  seq,
  at: 1_790_000_000_000 + seq,
  kind: 'app.scaled',
  subject: { app: 'web' },
  message: `web was scaled, ${seq}`,
  loudness: 'quiet',
  detail: { by: 'ada', [`field${seq}`]: seq },
});

/** What an index holds of this test, by id. */
async function held(index: string, field: string, value: string): Promise<Map<string, any>> {
  await fetch(`${url}/${index}/_refresh`, { method: 'POST' });
  const response = await fetch(`${url}/${index}/_search?size=1000&q=${encodeURIComponent(`${field}:"${value}"`)}`);
  if (response.status === 404) return new Map();
  const { hits } = (await response.json()) as { hits: { hits: { _id: string; _source: any }[] } };
  return new Map(hits.hits.map(({ _id, _source }) => [_id, _source]));
}

if (url) {
  test('events go once and in full, over a restart, those that come late, and another master', async () => {
    const index = 'logs-stathub.events-default';
    const file = join(scratch('events'), 'shipped');
    const said: string[] = [];
    const log = Array.from({ length: 1200 }, (_, n) => event(n + 1)).filter(({ seq }) => seq !== 1190);
    const begin = (at: string): EventShipping =>
      new EventShipping({
        url,
        hub,
        file: at,
        roundMs: 20,
        warn: (message) => said.push(message),
        read: async (after, limit) => log.filter(({ seq }) => seq > after).slice(0, limit),
      });
    const first = begin(file);
    await until('all is shipped', () => {
      try {
        return JSON.parse(readFileSync(file, 'utf8')).after === 1200;
      } catch {
        return false;
      }
    });
    assert.ok(said.filter((line) => /is a plain index/.test(line)).length <= 1, said.join('\n'));
    log.push(event(1190), event(1201)); // one overtaken by others
    log.sort((a, b) => a.seq - b.seq);
    await until('the late one', async () => (await held(index, 'seq', '1190')).has(`${hub}/1190`));
    await first.stop();
    log.push(event(1202));
    const again = begin(file);
    const other = begin(`${file}-of-another`);
    await until('both have come to the end', () => {
      try {
        return [file, `${file}-of-another`].every((one) => JSON.parse(readFileSync(one, 'utf8')).after === 1202);
      } catch {
        return false;
      }
    });
    await Promise.all([again.stop(), other.stop()]);
    await fetch(`${url}/${index}/_refresh`, { method: 'POST' });
    const { count } = (await (await fetch(`${url}/${index}/_count?q=hub:"${hub}"`)).json()) as { count: number };
    assert.is(count, 1202);
    const one = (await held(index, 'seq', '1190')).get(`${hub}/1190`);
    assert.equal(one, {
      '@timestamp': new Date(event(1190).at).toISOString(),
      message: 'web was scaled, 1190',
      kind: 'app.scaled',
      loudness: 'quiet',
      app: 'web',
      detail: JSON.stringify(event(1190).detail),
      hub,
      seq: 1190,
    });
    const mapping = JSON.stringify(await (await fetch(`${url}/${index}/_mapping`)).json());
    assert.not.match(mapping, 'field7'); // details make no fields
    assert.ok(said.every(isFine), said.join('\n'));
  });

  test('output goes there, too', async () => {
    const id = `web.0.p${process.pid}`;
    const directory = join(scratch('output'), id);
    const said: string[] = [];
    mkdirSync(directory);
    writeFileSync(join(directory, 'stdout.log'), 'one\ntwo "quoted"\n');
    const shipping = new Shipping({
      url,
      node: 'n1',
      sources: () => [{ id, app: 'web', slot: 0, directory, over: false }],
      warn: (message) => said.push(message),
    });
    await until('both lines', async () => (await held('logs-stathub-default', 'instance', id)).size === 2);
    await shipping.stop();
    assert.equal(
      [...(await held('logs-stathub-default', 'instance', id)).values()]
        .map(({ message, stream, app }) => [message, stream, app])
        .sort(),
      [
        ['one', 'stdout', 'web'],
        ['two "quoted"', 'stdout', 'web'],
      ],
    );
    assert.ok(said.every(isFine), said.join('\n'));
  });
}
test.run();
