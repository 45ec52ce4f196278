// A command within an instance and its client wait for each other, both ways: nothing is lost, and nobody in between fills up.
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import type { ExecServerFrame } from '../../src/protocol/exec.ts';
import { withArgument } from '../agent/alone.ts';
import { freshDirectory, Hub } from '../support/hub.ts';
import { until } from '../support/until.ts';

const story = suite('exec-flow');
const hub = new Hub();
const directory = freshDirectory('flow');
const large = join(directory, 'large');
const megabyte = 1024 * 1024;
const size = Number(process.env['FLOW_MB'] ?? 48) * megabyte;
/** What may lie in the buffers of sockets, pipes and windows on the way. */
const underway = 24 * megabyte;
let id = '';

story.before(async () => {
  const block = Buffer.alloc(megabyte);
  for (let at = 0; at < size; at += megabyte) {
    for (let n = 0; n < megabyte; n += 4) block.writeUInt32LE((at + n) / 4, n);
    writeFileSync(large, block, { flag: 'a' });
  }
  await hub.start(1);
  await hub.master.ok('POST', '/v1/apps', { name: 'web', toProcess: 'sleep', args: ['100000'] });
  [{ id }] = await hub.running('web', 1);
});
story.after(() => hub.end());

async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const bytes of createReadStream(path)) hash.update(bytes as Buffer);
  return hash.digest('hex');
}

interface Seen {
  bytes: number;
  hash: ReturnType<typeof createHash>;
  end: ExecServerFrame | null;
}

async function begin(command: string[], more: object = {}): Promise<{ socket: WebSocket; seen: Seen }> {
  const socket = new WebSocket(`${hub.master.address.replace('http', 'ws')}/v1/instances/${id}/exec`);
  const seen: Seen = { bytes: 0, hash: createHash('sha256'), end: null };
  socket.on('message', (message: Buffer, binary) => {
    if (!binary) {
      seen.end = JSON.parse(String(message)) as ExecServerFrame;
      return;
    }
    seen.bytes += message.length - 1;
    seen.hash.update(message.subarray(1));
  });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  socket.send(JSON.stringify({ type: 'start', command, terminal: null, ...more }));
  return { socket, seen };
}

const memoryOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024;

/** Resolves when a figure stays as it is for a while. */
async function atRest(what: string, figure: () => number): Promise<number> {
  let before = -1;
  let same = 0;
  await until(
    what,
    () => {
      const now = figure();
      same = now === before && now > 0 ? same + 1 : 0;
      before = now;
      return same > 20;
    },
    60_000,
  );
  return before;
}

story('a reader that stops holds up the command; when it goes on, it gets every byte', async () => {
  const { socket, seen } = await begin(['cat', large]);
  await until('the first bytes are here', () => seen.bytes > 0);
  socket.pause();
  const [cat] = withArgument(large);
  assert.ok(cat, 'cat still runs');
  const read = (): number => Number(/^pos:\s+(\d+)/m.exec(readFileSync(`/proc/${cat}/fdinfo/3`, 'utf8'))![1]);
  const at = await atRest('cat waits', read);
  assert.ok(at < seen.bytes + underway && at < size, `${at} of ${size} bytes were read, ${seen.bytes} taken`);
  const daemons = [hub.master.pid, hub.agents[0]!.pid];
  const before = daemons.map(memoryOf);
  socket.resume();
  await until('it ends', () => seen.end !== null, 120_000);
  assert.equal(seen.end, { type: 'exit', code: 0 });
  assert.is(seen.bytes, size);
  assert.is(seen.hash.digest('hex'), await hashOf(large));
  const grown = daemons.map((pid, k) => memoryOf(pid) - before[k]!);
  assert.ok(
    grown.every((bytes) => bytes < 64 * megabyte),
    `grown by ${grown.map((bytes) => Math.round(bytes / megabyte))} MB`,
  );
});

story('a command that does not read holds up its input; when it reads, it gets every byte', async () => {
  const go = join(directory, 'go');
  const command = ['sh', '-c', `until [ -e ${go} ]; do sleep 0.1; done; sha256sum; exit 5`];
  const { socket } = await begin(command);
  let said = '';
  let end: ExecServerFrame | null = null;
  socket.on('message', (message: Buffer, binary) => {
    if (binary) said += String(message.subarray(1));
    else end = JSON.parse(String(message)) as ExecServerFrame;
  });
  for await (const bytes of createReadStream(large)) socket.send(bytes as Buffer);
  socket.send(JSON.stringify({ type: 'eof' }));
  // Answers to pings wait there, too.
  const left = await atRest('the hub takes no more', () => Math.ceil(socket.bufferedAmount / megabyte) * megabyte);
  assert.ok(
    left > size - underway && end === null,
    `${left} of ${size} bytes are still here, end ${JSON.stringify(end)}`,
  );
  writeFileSync(go, '');
  await until('it ends', () => end !== null, 120_000);
  assert.equal(end, { type: 'exit', code: 5 });
  assert.match(said, await hashOf(large));
});

story('a client that goes while its input is held up takes the command along', async () => {
  const mark = `flow-${process.pid}-${Date.now()}`;
  const { socket } = await begin(['sh', '-c', 'while :; do sleep 0.1; done', mark]);
  await until('it runs', () => withArgument(mark).length > 0);
  for (let n = 0; n < 20; n++) socket.send(Buffer.alloc(megabyte));
  await atRest('the hub takes no more', () => Math.ceil(socket.bufferedAmount / megabyte) * megabyte); // answers to pings wait there, too
  socket.terminate();
  await until('it is gone', () => withArgument(mark).length === 0, 30_000);
});

story('one that acknowledges gets no more than it has said it took, and the end of what is printed', async () => {
  const { socket, seen } = await begin(['sh', '-c', `head -c ${8 * megabyte} ${large}; echo end >&2`], {
    acknowledges: true,
  });
  const got = await atRest('it waits', () => seen.bytes);
  assert.ok(got < 3 * megabyte, `${got} bytes came without a word`);
  const said = setInterval(() => socket.send(JSON.stringify({ type: 'took', bytes: seen.bytes })), 10);
  await until('it ends', () => seen.end !== null, 60_000);
  clearInterval(said);
  assert.is(seen.bytes, 8 * megabyte + 4);
});

story.run();
