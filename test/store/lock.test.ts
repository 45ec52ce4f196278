// The lock of a store directory, with real processes.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LockHeldError, acquireLock } from '../../src/store/lock.ts';
import { scratch } from '../support/scratch.ts';

const program = fileURLToPath(new URL('./programs/takes-lock.js', import.meta.url));
interface Said {
  won?: number;
  holder?: { pid: number; address: string | null; role: string };
  message?: string;
}
interface Taker {
  child: ChildProcess;
  said: Said;
}

const started = new Set<ChildProcess>();
test.after(async () => void (await Promise.all([...started].map((child) => end(child)))));

/** Starts a process that wants the lock; resolves with what it says. */
function take(directory: string, options: { address?: string; at?: number; through?: string[] } = {}): Promise<Taker> {
  const command = [
    ...(options.through ?? []),
    process.execPath,
    program,
    directory,
    options.address ?? '',
    String(options.at ?? 0),
  ];
  const child = spawn(command[0]!, command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
  started.add(child);
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout!.on('data', (chunk) => {
      text += String(chunk);
      if (text.endsWith('\n')) resolve({ child, said: JSON.parse(text) as Said });
    });
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`ended with ${code}, having said '${text}'`)));
  });
}

function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill(signal);
  });
}

async function heldBy(what: () => Promise<unknown>): Promise<LockHeldError> {
  try {
    await what();
  } catch (error) {
    assert.instance(error, LockHeldError);
    return error as LockHeldError;
  }
  throw new Error('the lock was given twice');
}

test('the second is told who the first is', async () => {
  const directory = scratch('lock');
  const lock = await acquireLock(directory, { role: 'agent' });
  const before = await heldBy(() => acquireLock(directory, { role: 'master' }));
  assert.equal(before.holder, { pid: process.pid, address: null, role: 'agent' });
  lock.update({ address: 'http://127.0.0.1:51025' });
  const { said, child } = await take(directory);
  assert.equal(said.holder, { pid: process.pid, address: 'http://127.0.0.1:51025', role: 'agent' });
  assert.match(said.message!, `${directory} is in use by the agent with pid ${process.pid} at http://127.0.0.1:51025`);
  await end(child);
  await lock.release();
  await lock.release();
  assert.not.ok(existsSync(join(directory, 'lock')), 'nothing is left behind');
  await (await acquireLock(directory, { role: 'master' })).release();
});

test('kill -9 frees it at once', async () => {
  const directory = scratch('lock');
  for (let round = 0; round < 3; round++) {
    const { said, child } = await take(directory);
    assert.is(said.won, child.pid);
    assert.ok(existsSync(join(directory, 'lock')));
    await end(child);
    const started = performance.now();
    await (await acquireLock(directory, { role: 'master' })).release();
    assert.ok(performance.now() - started < 10_000);
  }
});

test("ten starters in the same millisecond: exactly one wins, also over a dead one's socket", async () => {
  const directory = scratch('lock');
  for (let round = 0; round < 3; round++) {
    const at = Date.now() + 1500;
    const takers = await Promise.all(Array.from({ length: 10 }, (_, n) => take(directory, { at, address: `a${n}` })));
    const winners = takers.filter(({ said }) => said.won !== undefined);
    assert.is(winners.length, 1);
    for (const { said } of takers) if (said.holder) assert.is(said.holder.pid, winners[0]!.said.won);
    await Promise.all(takers.map(({ child }) => end(child))); // the winner leaves its path socket behind
  }
});

test('another way to the same directory is the same directory', async () => {
  const base = scratch('lock');
  const directory = join(base, 'real');
  mkdirSync(directory);
  symlinkSync(directory, join(base, 'link'));
  const lock = await acquireLock(join(base, 'link'), { role: 'master' });
  assert.is((await heldBy(() => acquireLock(directory, { role: 'master' }))).holder.pid, process.pid);
  const other = await acquireLock(join(base, 'other'), { role: 'master' });
  renameSync(join(base, 'other'), join(base, 'moved'));
  await heldBy(() => acquireLock(join(base, 'moved'), { role: 'master' }));
  await other.release();
  await lock.release();
});

test('a path longer than a socket address takes', async () => {
  const directory = join(scratch('lock'), 'd'.repeat(120));
  const lock = await acquireLock(directory, { role: 'master' });
  await heldBy(() => acquireLock(directory, { role: 'master' }));
  await lock.release();
  assert.not.ok(existsSync(join(directory, 'lock')));
});

test('a holder that is stopped still holds, and is named', async () => {
  const directory = scratch('lock');
  const { child } = await take(directory, { address: 'somewhere' });
  child.kill('SIGSTOP');
  const error = await heldBy(() => acquireLock(directory, { role: 'master' }));
  assert.is(error.holder.pid, process.platform === 'linux' ? child.pid : null);
  child.kill('SIGCONT');
  assert.is((await heldBy(() => acquireLock(directory, { role: 'master' }))).holder.address, 'somewhere');
  await end(child);
});

test('a holder that talks nonsense still holds; a plain file does not pass for a dead one', async () => {
  const directory = scratch('lock');
  const server = createServer((socket) => socket.end('hello\n'));
  await new Promise<void>((resolve) => server.listen(join(directory, 'lock'), resolve));
  const { holder } = await heldBy(() => acquireLock(directory, { role: 'master' }));
  assert.is(holder.address, null);
  await new Promise((resolve) => server.close(resolve));
  writeFileSync(join(directory, 'lock'), 'left by a copy of the directory');
  const lock = await acquireLock(directory, { role: 'master' });
  await heldBy(() => acquireLock(directory, { role: 'master' }));
  await lock.release();
});

const namespaces = process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/unshare');
if (!namespaces) console.log('# skipped: the lock across network namespaces (needs Linux, root and unshare)');
else {
  test('a holder in another network namespace is seen through the path socket', async () => {
    const directory = scratch('lock');
    const { said, child } = await take(directory, { through: ['unshare', '--net'], address: 'inside' });
    assert.is(said.won, child.pid);
    assert.equal((await heldBy(() => acquireLock(directory, { role: 'master' }))).holder, {
      pid: child.pid,
      address: 'inside',
      role: 'master',
    });
    await end(child);
    await (await acquireLock(directory, { role: 'master' })).release();
  });
}

test.run();
