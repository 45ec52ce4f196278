// Which master an agent tries: those it was given, and those it was told of, as far as it may trust and reach them.
import { readdirSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Masters, usable } from '../../../src/agent/link/masters.ts';
import type { LineListener } from '../../../src/agent/effects/line/line.ts';
import type { MasterFrame } from '../../../src/protocol/link.ts';
import { scratch } from '../../support/scratch.ts';
import { until } from '../../support/until.ts';

const a = 'http://10.0.0.1:51026';
const b = 'http://10.0.0.2:51026';
const c = 'http://10.0.0.3:51026';

const welcome = (hub: string): MasterFrame => ({
  type: 'welcome',
  hub,
  term: 1,
  version: '0',
  times: { beatMs: 1, suspectMs: 2, lostMs: 3 },
  obey: true,
});
const warned: string[] = [];
const open = (given: string, directory: string): Masters =>
  new Masters(
    given,
    directory,
    ({ reason }) => warned.push(reason),
    (message) => warned.push(message),
  );

/** One line of each kind, kept in hand. */
function linesOf(masters: Masters) {
  const came: MasterFrame['type'][] = [];
  const ended: string[] = [];
  let now: LineListener | null = null;
  const opened = (_options: unknown, listener: LineListener): (() => void) => {
    now = listener;
    return () => undefined;
  };
  const lines = masters.lines({ socket: opened, poll: opened, passes: async () => false });
  const told: LineListener = {
    opened: () => undefined,
    frame: ({ type }) => came.push(type),
    malformed: () => undefined,
    closed: (reason) => ended.push(reason),
  };
  const line = (kind: 'socket' | 'poll'): LineListener => {
    lines[kind]({ master: masters.current, node: 'n', token: null }, told);
    const listener = now!;
    const close = (reason: string): void => listener.closed(reason);
    listener.opened({ kind: 'websocket', send: () => undefined, waiting: () => 0, close });
    return listener;
  };
  return { came, ended, line };
}
const kept = (directory: string, given: string): string[] => {
  const masters = open(given, directory);
  const { line } = linesOf(masters);
  const tried: string[] = [];
  while (!tried.includes(masters.current)) {
    tried.push(masters.current);
    line('poll').closed('down');
  }
  return tried;
};

test('it moves on when a long-poll ends without a welcome, and stays where it was welcome', () => {
  const masters = open(`${a},${b}`, scratch('masters'));
  const { line } = linesOf(masters);
  line('socket').closed('down');
  assert.is(masters.current, a);
  line('poll').closed('down');
  assert.is(masters.current, b);
  const polled = line('poll');
  polled.frame(welcome('h'));
  polled.closed('it went');
  assert.is(masters.current, b);
});

test('what it is told is tried, too, also by the next run, until it is given other addresses', async () => {
  const directory = scratch('masters');
  const masters = open(a, directory);
  const { line } = linesOf(masters);
  const linked = line('socket');
  linked.frame(welcome('h'));
  linked.frame({ type: 'beat.ack', sentMono: 1, masters: [a, b, c] });
  linked.closed('down');
  assert.is(masters.current, a);
  line('poll').closed('down');
  assert.is(masters.current, b);
  // Not by reading it: that tidies up what is just being written.
  await until('it is kept', () => readdirSync(directory).some((name) => /^masters\.\d+\.json$/.test(name)));
  assert.equal(kept(directory, a), [a, b, c]);
  assert.equal(kept(directory, c), [c]);
  assert.equal(warned, []);
});

test('one that is not among them any more is left only when it does not answer', () => {
  const masters = open(a, scratch('masters'));
  const { line } = linesOf(masters);
  const linked = line('socket');
  linked.frame(welcome('h'));
  linked.frame({ type: 'beat.ack', sentMono: 1, masters: [a, b] });
  line('poll').closed('down');
  const there = line('socket');
  there.frame(welcome('h'));
  there.frame({ type: 'beat.ack', sentMono: 1, masters: [a, c] });
  assert.is(masters.current, b);
  line('poll').closed('down');
  assert.is(masters.current, a);
});

test('a told address at which another hub answers now is left; one that was given is taken at its word', () => {
  const masters = open(a, scratch('masters'));
  const { line, came, ended } = linesOf(masters);
  const linked = line('socket');
  linked.frame(welcome('h'));
  linked.frame({ type: 'beat.ack', sentMono: 1, masters: [b] });
  line('poll').closed('down');
  assert.is(masters.current, b);
  came.length = ended.length = 0;
  line('poll').frame(welcome('other'));
  assert.equal([came, ended], [[], [`the master at ${b} leads another hub`]]);
  assert.is(masters.current, a);
  line('poll').frame(welcome('other'));
  assert.equal(came, ['welcome']);
});

test('addresses that lead nowhere here, give less protection, or are none, are not used', () => {
  const odd = [
    'http://127.0.0.1:1',
    'http://[::1]:1',
    'http://localhost:1',
    'ftp://x',
    'nonsense',
    'http://u:p@10.0.0.9',
  ];
  assert.equal(usable([b, ...odd, `${b}/`], a), [b]);
  assert.equal(usable([b, 'https://10.0.0.2:1'], 'https://m'), ['https://10.0.0.2:1']);
  assert.equal(usable(['http://127.0.0.1:2', b], 'http://localhost:1'), ['http://127.0.0.1:2', b]);
});

test.run();
