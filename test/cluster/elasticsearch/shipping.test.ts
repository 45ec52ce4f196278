// What programs print and what happens, shipped by real masters and agents to a real Elasticsearch; each line once over a kill -9.
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Alone } from '../../agent/alone.ts';
import { lendOrSkip } from '../../elasticsearch/shared.ts';
import { freshDirectory, Hub, quickTimes } from '../../support/hub.ts';
import { until } from '../../support/until.ts';

const url = await lendOrSkip(9);
const story = suite('shipping');

async function held(index: string, field: string, value: string): Promise<any[]> {
  await fetch(`${url}/${index}/_refresh`, { method: 'POST' });
  const query = encodeURIComponent(`${field}:"${value}"`);
  const response = await fetch(`${url}/${index}/_search?size=2000&q=${query}`);
  if (response.status === 404) return [];
  const { hits } = (await response.json()) as { hits: { hits: { _source: any }[] } };
  return hits.hits.map(({ _source }) => _source);
}

const linesOf = async (instance: string): Promise<string[]> =>
  (await held('logs-stathub-default', 'instance', instance))
    .sort((a, b) => a.cursor - b.cursor)
    .map(({ message }) => message);
const numbers = (to: number): string[] => Array.from({ length: to }, (_, n) => `line ${n + 1}`);

if (url) {
  story('of a master and an agent that is killed in between: every line and event once', async () => {
    const hub = new Hub([...quickTimes, '--ship-events', url]);
    const file = join(freshDirectory('shipped'), 'lines');
    writeFileSync(file, numbers(600).join('\n') + '\n');
    try {
      await hub.start(1, () => ['--ship-logs', url]);
      await hub.master.ok('POST', '/v1/apps', { name: 'web', toProcess: 'tail', args: ['-n', '+1', '-f', file] });
      const [{ id }] = await hub.running('web', 1);
      await until('the first lines are there', async () => (await linesOf(id)).length === 600, 60_000);
      await hub.agents[0]!.end('SIGKILL');
      appendFileSync(file, numbers(900).slice(600).join('\n') + '\n');
      await hub.agents[0]!.start();
      await until('the others are there', async () => (await linesOf(id)).length >= 900, 60_000);
      assert.equal(await linesOf(id), numbers(900));
      const events = await until(
        'its beginning is told',
        async () => {
          const found = await held('logs-stathub.events-default', 'instance', id);
          return found.some(({ kind }) => kind === 'instance.placed' || kind === 'instance.started') && found;
        },
        60_000,
      );
      const own = await hub.master.get(`/v1/events?size=500&query=${encodeURIComponent(`subject.instance:"${id}"`)}`);
      const known = new Set(own.items.map(({ seq }: { seq: number }) => seq));
      assert.ok(events.every(({ seq }) => known.has(seq)));
      assert.is(new Set(events.map(({ seq }) => seq)).size, events.length, 'each once');
    } finally {
      await hub.end();
    }
  });

  story('an agent without a master ships its output and its events, told apart by its node', async () => {
    const agent = new Alone();
    try {
      await agent.start(['--ship-logs', url, '--ship-events', url]);
      await agent.deploy({
        name: 'solo',
        toProcess: 'sh',
        args: ['-c', 'echo line 1; echo line 2; exec sleep 100000'],
      });
      const { id, node } = await agent.running('solo');
      await until('its output is there', async () => (await linesOf(id)).length === 2, 60_000);
      const found = await until(
        'its events are there',
        async () => {
          const events = await held('logs-stathub.events-default', 'instance', id);
          return events.length > 0 && events;
        },
        60_000,
      );
      assert.ok(found.every(({ hub }) => hub === node));
    } finally {
      await agent.finish();
    }
  });
}
story.run();
