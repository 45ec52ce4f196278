// A long-poll ends when there is something for it to take.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { LinkServer } from '../../../src/master/link/link-server.ts';
import type { Transport } from '../../../src/master/link/node-link.ts';
import { PollSessions } from '../../../src/master/link/poll-sessions.ts';
import type { MasterFrame } from '../../../src/protocol/link.ts';
import { letPass } from '../../support/until.ts';

test('the answer to a beat, which goes with the report, leaves the long-poll waiting', async () => {
  let transport: Transport | null = null;
  const outbox: MasterFrame[] = [];
  const link = { node: 'n', acknowledge: () => undefined, waiting: () => outbox };
  const receiver = { take: () => undefined, settled: async () => undefined, link: () => link, closed: () => undefined };
  const connect = (given: Transport): unknown => {
    transport = given;
    return receiver;
  };
  const sessions = new PollSessions({ connect } as unknown as LinkServer);
  const { session } = (await sessions.report('n', { session: null, frames: [] }, 'a test'))!;
  let over = false;
  const polled = sessions.frames('n', session, 0, 10_000, new AbortController().signal).finally(() => (over = true));
  transport!.send({ type: 'beat.ack', sentMono: 1 });
  await letPass(5);
  assert.not(over);
  assert.equal((await sessions.report('n', { session, frames: [] }, 'a test'))!.frames, [
    { type: 'beat.ack', sentMono: 1 },
  ]);
  outbox.push({ type: 'events.ack', n: 1, generation: 'g', upTo: 1 });
  transport!.send(outbox[0]!);
  assert.equal(await polled, { session, frames: outbox });
  sessions.stop();
});

test.run();
