// `stathub up` and `down`: one guard a home, and never a signal to whoever has an old pid now.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { freshDirectory, mainFile } from '../../support/hub.ts';
import { until } from '../../support/until.ts';

const runIn =
  (home: string) =>
  (...args: string[]): Promise<{ code: number | null; out: string }> =>
    new Promise((resolve) => {
      const child = spawn(process.execPath, [mainFile, ...args], {
        env: { ...process.env, STATHUB_HOME: home },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let out = '';
      child.stdout.on('data', (chunk) => (out += chunk));
      child.on('close', (code) => resolve({ code, out }));
    });

test('a second up attaches and ends, the first guards on; down ends both', async () => {
  const home = join(freshDirectory('home'), 'hub');
  const run = runIn(home);
  const up = spawn(process.execPath, [mainFile, 'up', '--port', '0', '--agent-port', '0'], {
    env: { ...process.env, STATHUB_HOME: home },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  up.stdout.on('data', (chunk) => (said += chunk));
  const over = new Promise<void>((resolve) => up.once('exit', () => resolve()));
  try {
    await until('the hub is up', () => /Ctrl-C ends the hub/.test(said));
    assert.is(statSync(home).mode & 0o777, 0o711, 'a program of another user passes through');
    const members = (): { pid: number }[] => JSON.parse(readFileSync(join(home, 'up.json'), 'utf8')).members;
    const before = members().map(({ pid }) => pid);
    const second = await run('up', '--port', '0', '--agent-port', '0');
    assert.is(second.code, 0, second.out);
    assert.match(second.out, new RegExp(`The \`up\` with pid ${up.pid} guards it and goes on`));
    assert.equal(
      members().map(({ pid }) => pid),
      before,
      'nothing was ended or started',
    );
    const ended = await run('down', '--all');
    assert.is(ended.code, 0, ended.out);
    await over;
    assert.match(said, /The hub has ended\. `stathub down --all` ends its processes, too\.\n$/);
    await until('master and agent are gone', () =>
      before.every((pid) => {
        try {
          process.kill(pid, 0);
          return false;
        } catch {
          return true;
        }
      }),
    );
    assert.not.match(said, /started again/);
  } finally {
    up.kill('SIGTERM');
    await over;
    await run('down', '--all');
  }
});

/** Somebody's port, with another below it that is free. Beneath those the system gives away by itself, so that no other test gets it. */
async function portAbove(distance: number): Promise<{ other: Server; taken: number }> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    const free = await listenAt(port - distance);
    const other = await listenAt(port);
    free?.close();
    if (free && other) return { other, taken: port };
    other?.close();
  }
}
const listenAt = (port: number): Promise<Server | null> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen(port, '127.0.0.1', () => resolve(server));
  });

test('a port that somebody else has ends nothing: the agent gets another one; what runs is not what was asked: it says so', async () => {
  const home = join(freshDirectory('home'), 'hub');
  const run = runIn(home);
  const { other, taken } = await portAbove(7);
  const up = spawn(
    process.execPath,
    [mainFile, 'up', '--port', '0', '--agent-port', String(taken - 7), '--agents', '2'],
    {
      env: { ...process.env, STATHUB_HOME: home },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let said = '';
  up.stdout.on('data', (chunk) => (said += chunk));
  const over = new Promise<void>((resolve) => up.once('exit', () => resolve()));
  try {
    await until('the hub is up', () => /Ctrl-C ends the hub/.test(said), 60_000);
    assert.match(said, new RegExp(`agent-2: port ${taken} is taken by pid ${process.pid} \\(.*\\); it gets \\d+`));
    const { members } = JSON.parse(readFileSync(join(home, 'up.json'), 'utf8'));
    assert.is(members.length, 3);
    const address: string = members[0].address;
    const { items } = (await (await fetch(`${address}/v1/nodes`)).json()) as { items: any[] };
    const given = items.reduce((sum, { allocatable }) => sum + allocatable.mem, 0);
    assert.ok(given <= items[0].memory.total, 'two agents of one machine give away its memory once');
    const moved = await run('up', '--port', '1');
    assert.is(moved.code, 4, moved.out);
    assert.ok(moved.out.includes(`runs at ${address} already, so --port 1 is not done`), moved.out);
    const more = await run('up', '--agents', '3');
    assert.is(more.code, 4, more.out);
    assert.match(more.out, /agent-3 is not part of the hub that runs/);
    const master = await run('master', '--port', '0');
    assert.is(master.code, 4, 'its directory is held');
  } finally {
    up.kill('SIGTERM');
    await over;
    other.close();
    await run('down', '--all');
  }
});

test('down signals nobody who merely has a pid that an old record names', async () => {
  const home = freshDirectory('home');
  mkdirSync(home, { recursive: true });
  const stranger = spawn('sleep', ['60'], { stdio: 'ignore' });
  const over = new Promise<void>((resolve) => stranger.once('exit', () => resolve()));
  try {
    const member = {
      role: 'master',
      name: 'master',
      directory: join(home, 'master'),
      port: 0,
      args: [],
      pid: stranger.pid,
      address: null,
    };
    writeFileSync(join(home, 'up.json'), JSON.stringify({ pid: stranger.pid, main: mainFile, members: [member] }));
    assert.is((await runIn(home)('down')).code, 0);
    assert.equal([stranger.exitCode, stranger.signalCode], [null, null], 'it lives');
  } finally {
    stranger.kill('SIGKILL');
    await over;
  }
});

test('an app file that cannot be read is wrong usage, said in a sentence, and nothing is started', async () => {
  const home = freshDirectory('home');
  mkdirSync(home, { recursive: true });
  const file = join(home, 'app.json');
  writeFileSync(file, '{');
  for (const [given, said] of [
    [file, `stathub: ${file} is no app: `],
    [join(home, 'none.json'), `stathub: cannot read ${join(home, 'none.json')}: there is no such file`],
  ] as const) {
    const { status, stdout, stderr } = spawnSync(process.execPath, [mainFile, 'up', given], {
      env: { ...process.env, STATHUB_HOME: home },
      encoding: 'utf8',
    });
    assert.is(status, 2, stderr);
    assert.is(stdout, '');
    assert.ok(stderr.startsWith(said), stderr);
    assert.not.match(stderr, /^ +at /m, 'no stack');
  }
  assert.not.ok(existsSync(join(home, 'up.json')));
});

test.run();
