// What the long-poll says to have: only what is held.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openPoll } from '../../../../src/agent/effects/line/poll.ts';
import type { Line } from '../../../../src/agent/effects/line/line.ts';
import { letPass, until } from '../../../support/until.ts';

test('a numbered frame counts as acknowledged when the agent says so, not when it came', async () => {
  const polled: string[] = [];
  const server = createServer((request, response) => {
    const after = new URL(request.url!, 'http://x').searchParams.get('after');
    if (after === null) return void response.end(JSON.stringify({ session: 's', frames: [] }));
    polled.push(after);
    const frames = [1, 2].map((n) => ({ type: 'events.ack', n, generation: 'g', upTo: n }));
    if (after === '0') response.end(JSON.stringify({ session: 's', frames }));
  }).listen(0, '127.0.0.1');
  await until('it listens', () => server.listening);
  const came: string[] = [];
  let line: Line | null = null;
  const end = openPoll(
    { master: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, node: 'n', token: null },
    {
      opened: (made) => (line = made).send({ type: 'beat', sentMono: 1, load: null }),
      frame: (frame) => came.push(frame.type),
      malformed: assert.unreachable,
      closed: () => undefined,
    },
  );
  try {
    await until('both came', () => came.length === 2);
    line!.send({ type: 'ack', n: 1 });
    await letPass(20);
    assert.equal(polled, ['0'], 'the second is not held yet');
    line!.send({ type: 'ack', n: 2 });
    await until('it asks on', () => polled.length === 2);
    assert.equal(polled, ['0', '2']);
  } finally {
    end();
    server.closeAllConnections();
    server.close();
  }
});

test.run();
