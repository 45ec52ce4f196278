// Output through the link to a reader who is slower than the program: bounded, and whole.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { LogChunk, LogRequest } from '../../../src/api/cluster.ts';
import { Refusal } from '../../../src/model/errors.ts';
import type { AskOptions, Commands } from '../../../src/master/link/commands.ts';
import { followLogs } from '../../../src/master/remote/logs.ts';
import { letPass } from '../../support/until.ts';

const all: LogRequest = { stream: 'both', tail: 10, follow: false, since: null, until: null, grep: null, after: null };
const never = new AbortController().signal;
const size = 24_000_000;
const piece = 65_536;
const byteAt = (stream: string, at: number): number => (at * 31 + (stream === 'stdout' ? 7 : 11)) % 251;

/** The bytes of a stream repeat every 251: pieces of it are cut from one table. */
const table = (stream: string): Buffer => Buffer.from(Array.from({ length: piece + 251 }, (_, i) => byteAt(stream, i)));
const tables = { stdout: table('stdout'), stderr: table('stderr') };

/** An agent that sends as fast as it is let, each stream from its cursor on. */
function agent() {
  const asked: LogRequest[] = [];
  let sent = 0;
  let most = 0;
  let taken = 0;
  const ask = async (
    _node: string,
    _name: string,
    _id: string,
    args: LogRequest,
    { onChunk, signal }: AskOptions,
  ): Promise<void> => {
    asked.push(args);
    const cursors = args.after ?? { stdout: 1000, stderr: 0 };
    const ends = { stdout: size, stderr: 3000 };
    for (const stream of ['stdout', 'stderr'] as const) onChunk!({ stream, cursor: cursors[stream], bytes: '' });
    for (const stream of ['stderr', 'stdout'] as const) {
      for (let at = cursors[stream]; at < ends[stream];) {
        await new Promise((resolve) => setImmediate(resolve));
        if (signal!.aborted) return;
        const bytes = tables[stream].subarray(at % 251, (at % 251) + Math.min(piece, ends[stream] - at));
        at += bytes.length;
        sent += bytes.length;
        most = Math.max(most, sent - taken);
        onChunk!({ stream, cursor: at, bytes: bytes.toString('base64') });
      }
    }
  };
  return {
    commands: { ask } as unknown as Commands,
    asked,
    most: () => most,
    took: (bytes: number) => {
      taken += bytes;
    },
  };
}

test('a slow reader gets every byte once, and little waits for it', async () => {
  const one = agent();
  const at = { stdout: 1000, stderr: 0 };
  let pieces = 0;
  for await (const { stream, cursor, bytes } of followLogs(one.commands, 'n', 'i', all, never)) {
    if (bytes.length === 0) continue;
    assert.is(cursor, at[stream] + bytes.length);
    for (let i = 0; i < bytes.length; i += 4001) assert.is(bytes[i], byteAt(stream, at[stream] + i));
    at[stream] = cursor;
    one.took(bytes.length);
    if (++pieces % 4 === 0) await letPass(5);
  }
  assert.equal(at, { stdout: size, stderr: 3000 });
  assert.ok(one.asked.length > 1, 'it was stopped and asked again');
  assert.equal(one.asked[0]!.after, null);
  assert.ok(one.asked.slice(1).every(({ after }) => after!.stderr === 3000 && after!.stdout > 1000));
  assert.ok(one.most() < 6_000_000, `${one.most()} bytes waited`);
});

test('what the agent refuses is said, and a reader that goes away ends it', async () => {
  const refuses = { ask: () => Promise.reject(new Refusal('node-away', 'gone')) } as unknown as Commands;
  try {
    for await (const _ of followLogs(refuses, 'n', 'i', all, never)) assert.unreachable();
  } catch (error) {
    assert.is((error as Refusal).code, 'node-away');
  }
  const one = agent();
  const leave = new AbortController();
  const got: LogChunk[] = [];
  for await (const chunk of followLogs(one.commands, 'n', 'i', all, leave.signal))
    if (got.push(chunk) === 10) leave.abort();
  assert.is(one.asked.length, 1);
});

test.run();
