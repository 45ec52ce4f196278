// `stathub events --watch`: what is known, then what happens; what is about the stream itself is not taken for an event.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Client } from '../../src/cli/client.ts';
import { events } from '../../src/cli/lists.ts';
import type { Output } from '../../src/cli/output/output.ts';
import { openHttp } from '../../src/live/serve.ts';
import { removeTemporary, sample } from '../support/api.ts';
import { until } from '../support/until.ts';

test.after(removeTemporary);

test('old events, new events, and a gap told apart', async () => {
  const made = sample();
  for (let i = 1; i <= 3; i++) made.cluster.addEvent(`old ${i}`, { subject: { app: 'web' } });
  const port = await openHttp({ app: made.app, port: 0, bind: '127.0.0.1', closing: made.closing });
  let out = '';
  let err = '';
  const output = {
    terminal: false,
    out: (text: string) => {
      out += text;
    },
    err: (text: string) => {
      err += text;
    },
  } as Output;
  const watching = events(new Client(port.address, null), output, { query: '', size: 2, json: false, watch: true });
  await until('it watches', () => made.cluster.listeners.size === 1);
  made.cluster.addEvent('new 4', { subject: { node: 'n1' } });
  await until('the new one', () => out.includes('new 4'));
  await port.close();
  await watching;
  assert.equal(
    out
      .trim()
      .split('\n')
      .map((line) => line.split('\t').slice(1)),
    [
      ['2', 'app.noted', 'web', 'old 2'],
      ['3', 'app.noted', 'web', 'old 3'],
      ['4', 'app.noted', 'n1', 'new 4'],
    ],
  );
  assert.is(err, '');
});

test.run();
