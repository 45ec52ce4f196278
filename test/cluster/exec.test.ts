// Commands within an instance: as its program is, on pipes and on a terminal, ended with their client, told as events.
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import type { ExecServerFrame } from '../../src/protocol/exec.ts';
import { Hub, mainFile } from '../support/hub.ts';
import { until } from '../support/until.ts';
import { lives, withArgument } from '../agent/alone.ts';

const story = suite('exec');
const hub = new Hub();
let one: any;
story.before(async () => {
  await hub.start(1);
  await hub.master.ok('POST', '/v1/apps', {
    name: 'web',
    toProcess: 'sleep',
    args: ['100000'],
    envs: { GREETING: 'it\'s "me"', 'spring.name': 'x' },
    limits: { umask: '027' },
    killTimeoutSeconds: 120,
  });
  [one] = await hub.running('web', 1);
});
story.after(() => hub.end());

const cli = (words: string[], input = ''): Promise<{ code: number | null; out: string; err: string }> =>
  new Promise((resolve) => {
    const child = spawn(process.execPath, [mainFile, 'exec', '--hub', hub.master.address, ...words], {
      env: { PATH: process.env['PATH']!, HOME: hub.root },
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (bytes) => {
      out += bytes;
    });
    child.stderr.on('data', (bytes) => {
      err += bytes;
    });
    child.on('close', (code) => resolve({ code, out, err }));
    child.stdin.end(input);
  });

/** A session over the WebSocket as the dashboard or CLI has it. */
async function open(command: string[], terminal: { rows: number; cols: number; term: string } | null) {
  const socket = new WebSocket(`${hub.master.address.replace('http', 'ws')}/v1/instances/${one.id}/exec`);
  const seen = { text: '', end: null as ExecServerFrame | null, closed: false };
  socket.on('message', (message: Buffer, binary) => {
    if (binary) seen.text += String(message.subarray(1));
    else seen.end = JSON.parse(String(message));
  });
  socket.on('close', () => {
    seen.closed = true;
  });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  socket.send(JSON.stringify({ type: 'start', command, terminal }));
  return {
    socket,
    seen,
    type: (text: string) => socket.send(Buffer.from(text)),
    says: (what: RegExp) => until(`it says ${what}: ${JSON.stringify(seen.text)}`, () => what.test(seen.text)),
  };
}

story('by the CLI: environment, directory, umask and groups of the program; both streams; its exit code', async () => {
  const script = 'echo "$GREETING|$STAT_INSTANCE"; pwd; umask; cat /proc/self/cgroup; echo oops >&2; exit 7';
  const { code, out, err } = await cli([one.id, '--', 'sh', '-c', script]);
  assert.is(code, 7, err);
  const [first, where, umask, ...groups] = out.trim().split('\n');
  assert.is(first, `it's "me"|${one.id}`);
  assert.is(where, readlinkSync(`/proc/${one.pid}/cwd`));
  assert.is(umask, '0027');
  assert.equal(groups, readFileSync(`/proc/${one.pid}/cgroup`, 'utf8').trim().split('\n'));
  assert.is(err, 'oops\n');
  assert.match((await cli([one.id, '--', 'env'])).out, /^spring\.name=x$/m, 'names that no shell can set, too');
});

story('input is carried, bytes as they are, and its end is told', async () => {
  const { code, out } = await cli([one.id, '--', 'sh', '-c', 'wc -c; echo done'], 'x'.repeat(300_000));
  assert.is(code, 0);
  assert.equal(
    out
      .trim()
      .split('\n')
      .map((line) => line.trim()),
    ['300000', 'done'],
  );
  const unknown = await cli([one.id, '--', 'no-such-program']);
  assert.is(unknown.code, 127);
  assert.match(unknown.err, /no-such-program is not found in the instance's PATH, \//);
  assert.is((await cli([one.id, '--', 'sh', '-c', 'kill -USR1 $$'])).code, 128 + 10, 'a signal as a shell tells it');
});

story('on a terminal: a tty of the asked size, resized, with Ctrl-C', async () => {
  const s = await open(
    [
      'sh',
      '-c',
      'tty; stty size; trap "stty size" WINCH; trap "echo broken" INT; echo "$TERM"; while :; do sleep 0.1; done',
    ],
    { rows: 33, cols: 99, term: 'vt100' },
  );
  await s.says(/\/dev\/pts\/\d+\r\n33 99\r\nvt100/);
  s.socket.send(JSON.stringify({ type: 'resize', rows: 20, cols: 50 }));
  await s.says(/20 50/);
  s.type('\x03');
  await s.says(/broken/);
  s.socket.close();
});

story('a client that goes takes its command along, also one that ignores the hang-up', async () => {
  const mark = `exec-${process.pid}-${Date.now()}`;
  const s = await open(
    [
      'sh',
      '-c',
      `trap '' HUP TERM; sh -c 'trap "" HUP; while :; do sleep 1; done' ${mark} & while :; do sleep 1; done`,
      mark,
    ],
    { rows: 24, cols: 80, term: 'xterm' },
  );
  await until('it runs', () => withArgument(mark).length >= 2);
  s.socket.terminate();
  await until('nothing of it is left', () => withArgument(mark).length === 0);
  assert.ok(lives(one.pid), 'the program of the instance is not touched');
});

story('a command that is left open does not hold up a restart of the program', async () => {
  const s = await open(['sh', '-c', 'trap "" HUP; echo here; while :; do sleep 1; done'], null);
  await s.says(/here/);
  process.kill(one.pid, 'SIGKILL');
  const began = Date.now();
  await until('it ends with the launch', () => s.seen.closed);
  const before = one;
  [one] = await until('the program runs again', async () => {
    const all = await hub.instances('app:web');
    return all[0]?.status === 'running' && all[0].pid !== before.pid && all;
  });
  assert.ok(Date.now() - began < 100_000, `${Date.now() - began} ms, although the kill timeout is 120 s`);
});

story(
  'told as events, without arguments; nothing is left on the disk; bad messages and roles are refused',
  async () => {
    const s = await open(['true', 'hunter2'], null);
    await until('it ends', () => s.seen.closed);
    assert.equal(s.seen.end, { type: 'exit', code: 0 });
    const events = await until('its end is told', async () => {
      const { items } = await hub.master.get('/v1/events?size=500&query=kind:instance.exec*');
      return items.some((e: any) => e.kind === 'instance.execEnded' && e.detail.program === 'true') && items;
    });
    const began = events.find((e: any) => e.kind === 'instance.execBegan' && e.detail.program === 'true');
    assert.is(began.detail.by, 'local');
    assert.is(began.detail.from, '127.0.0.1');
    assert.not.match(JSON.stringify(events), 'hunter2');
    await until(
      'no file of a command is left',
      () => !readdirSync(join(hub.agents[0]!.directory, 'instances', one.id)).some((name) => name.startsWith('exec.')),
    );

    const bad = await open([], null);
    await until('it is refused', () => bad.seen.closed);
    assert.is((bad.seen.end as any).code, 'invalid-request');
    assert.is((await hub.master.call('GET', `/v1/instances/${one.id}/exec`)).status, 400, 'not a WebSocket');
    assert.is((await cli(['web.0.zzzzzzzz', '--', 'true'])).code, 3);
    const { token } = await hub.master.ok('POST', '/v1/tokens', { name: 'looker', role: 'read' });
    const asked = await fetch(`${hub.master.address}/v1/instances/${one.id}/exec`, {
      headers: { authorization: `Bearer ${token}` },
    });
    assert.is(asked.status, 403);
  },
);

story.run();
