// What `up` guards is guarded on, also when somebody else started it in between.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { endProcess, Guard } from '../../../src/run/up/guard.ts';
import { acquireLock, holderOf, type Lock } from '../../../src/store/lock.ts';
import { scratch } from '../../support/scratch.ts';
import { until } from '../../support/until.ts';

/** A member: holds its directory and answers, or ends with 4 where another one holds it. */
const main = `
import { createServer } from 'node:http';
import { acquireLock } from '${new URL('../../../src/store/lock.js', import.meta.url).href}';
const lock = await acquireLock(process.argv[3], { role: 'agent' }).catch(() => process.exit(4));
const server = createServer((_, response) => response.end());
server.listen(0, '127.0.0.1', () => lock.update({ address: 'http://127.0.0.1:' + server.address().port }));
`;

test('a member that somebody else started is watched, and started again when that one ends', async () => {
  const file = join(scratch('main'), 'main.mjs');
  writeFileSync(file, main);
  const directory = scratch('member');
  const said: string[] = [];
  const guard = new Guard(
    file,
    () => undefined,
    (line) => said.push(line),
  );
  try {
    const member = await guard.add({
      role: 'agent',
      name: 'agent',
      directory,
      port: 0,
      args: [directory],
      pid: null,
      address: null,
    });
    await endProcess(member.pid, 'SIGKILL', 10_000);
    const another = await until<Lock | null>('another one has it', () =>
      acquireLock(directory, { role: 'agent' }).catch(() => null),
    );
    await until('its own found that', () => member.how === 'was running');
    await another.release();
    await until('it is started again', async () => {
      const holder = await holderOf(directory);
      return holder?.address && holder.pid === member.pid;
    });
    assert.match(said.join('\n'), /the agent ended \(SIGKILL\).*\n.*the agent ended; it is started again/);
  } finally {
    assert.equal(await guard.stop(), []);
  }
});

test('one that ends between the look and the signal has ended', async () => {
  const kill = process.kill;
  process.kill = (_, signal) => {
    if (signal === 0) return true;
    throw Object.assign(new Error('kill ESRCH'), { code: 'ESRCH' });
  };
  try {
    assert.is(await endProcess(12_345, 'SIGTERM', 1000), true);
  } finally {
    process.kill = kill;
  }
});

test.run();
