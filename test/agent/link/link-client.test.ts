// The conversation with the master over lines that break: what was said into a dead line is said again on the next.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LinkClient } from '../../../src/agent/link/link-client.ts';
import type { Content, LinkContent } from '../../../src/agent/link/link-content.ts';
import type { Line, LineListener } from '../../../src/agent/effects/line/line.ts';
import { EventSpool } from '../../../src/agent/link/spool.ts';
import type { AgentFrame, MasterFrame } from '../../../src/protocol/link.ts';
import { letPass, until } from '../../support/until.ts';

const found: Content = { app: 'web', revision: 1, uri: 'http://files/a.zip', sha256: 'a'.repeat(64), size: 3 };
const welcome: MasterFrame = {
  type: 'welcome',
  hub: 'h',
  term: 1,
  version: '0',
  times: { beatMs: 100_000, suspectMs: 200_000, lostMs: 300_000 },
  obey: true,
};

/** A client whose lines are kept in hand; `unknown` is what its hub has not said to know. */
async function bench(held: Promise<void> = Promise.resolve()) {
  const lines: { listener: LineListener; sent: AgentFrame[]; open: boolean }[] = [];
  const contacts: number[] = [];
  const unknown: Content[] = [];
  const content: LinkContent = {
    greeting: () => ({ run: 1 }) as never,
    instances: () => [],
    instance: () => null,
    load: () => null,
    contents: () => unknown.slice(),
    contact: (sentMono) => {
      contacts.push(sentMono);
    },
    welcomed: () => {},
    desired: () => held.then(() => 'held'),
    command: async () => ({ ok: true }),
    changed: () => {},
    warn: () => {},
  };
  const open = (_options: unknown, listener: LineListener): (() => void) => {
    const mine = { listener, sent: [] as AgentFrame[], open: true };
    lines.push(mine);
    const line: Line = {
      kind: 'websocket',
      send: (frame) => {
        mine.sent.push(frame);
      },
      waiting: () => 0,
      close: (reason) => {
        if (!mine.open) return;
        mine.open = false;
        listener.closed(reason);
      },
    };
    setImmediate(() => listener.opened(line));
    return () => line.close('left');
  };
  const spool = await EventSpool.open(
    mkdtempSync(join(process.env['TEST_DIRECTORY'] ?? tmpdir(), 'spool-')),
    'boot',
    () => {},
  );
  const client = new LinkClient({ master: '', node: 'n', token: null }, content, spool, {
    socket: open,
    poll: open,
    passes: async () => false,
  });
  client.start();
  const next = async (count: number) => {
    await until(`line ${count} says hello`, () => lines.length >= count && lines[count - 1]!.sent.length > 0);
    const line = lines[count - 1]!;
    line.listener.frame(welcome);
    return line;
  };
  const contentsOf = (frames: AgentFrame[]): Content[] =>
    frames.flatMap((frame) => (frame.type === 'observed' ? (frame.contents ?? []) : []));
  return { client, lines, contacts, unknown, next, contentsOf };
}

test('a first report of contents that was lost with its line is made again with the next welcome, until the hub knows it', async () => {
  const b = await bench();
  const first = await b.next(1);
  b.unknown.push(found);
  b.client.contentFetched(found);
  await until('it is reported', () => b.contentsOf(first.sent).length === 1);
  b.client.renew('it broke');
  const second = await b.next(2);
  assert.equal(b.contentsOf(second.sent), [found], 'said again');
  b.unknown.length = 0;
  b.client.renew('it broke again');
  assert.equal(b.contentsOf((await b.next(3)).sent), [], 'the hub knows it');
  b.client.stop();
});

test('contact counts from the sending of what was acknowledged, not from the answer', async () => {
  const b = await bench();
  const line = await b.next(1);
  const beat = line.sent.find((frame) => frame.type === 'beat')!;
  assert.is(b.contacts.length, 1);
  assert.ok(b.contacts[0]! <= beat.sentMono, 'a welcome counts from the hello');
  line.listener.frame({ type: 'beat.ack', sentMono: beat.sentMono });
  assert.is(b.contacts[1], beat.sentMono);
  line.listener.frame({ type: 'beat.ack', sentMono: beat.sentMono + 1e9 });
  assert.ok(b.contacts[2]! < beat.sentMono + 1e6, 'a time that has not come is not believed');
  b.client.stop();
});

test('what came after a desired set is not acknowledged before that is held: it would acknowledge both', async () => {
  let hold = (): void => {};
  const b = await bench(
    new Promise((resolve) => {
      hold = resolve;
    }),
  );
  const line = await b.next(1);
  const acknowledged = (): number[] => line.sent.flatMap((frame) => (frame.type === 'ack' ? [frame.n] : []));
  line.listener.frame({ type: 'desired', n: 1 } as MasterFrame);
  line.listener.frame({ type: 'events.ack', n: 2, generation: 'g', upTo: 0 });
  await letPass(5);
  assert.equal(acknowledged(), []);
  hold();
  await until('both are acknowledged', () => acknowledged().length === 2);
  assert.equal(acknowledged(), [1, 2]);
  b.client.stop();
});

test.run();
