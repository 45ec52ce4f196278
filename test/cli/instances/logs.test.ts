// `stathub logs`: bytes of one, lines of several, followers of an app that see what comes later.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Client } from '../../../src/cli/client.ts';
import { logs, type LogOptions } from '../../../src/cli/instances/logs.ts';
import type { Output } from '../../../src/cli/output/output.ts';
import { Refusal } from '../../../src/model/errors.ts';
import { openHttp } from '../../../src/live/serve.ts';
import { removeTemporary, sample } from '../../support/api.ts';
import { specOf } from '../../support/sample-cluster.ts';
import { until } from '../../support/until.ts';

test.after(removeTemporary);

async function open() {
  const made = sample();
  const port = await openHttp({ app: made.app, port: 0, bind: '127.0.0.1', closing: made.closing });
  made.cluster.addApp(specOf('web'));
  const said: Buffer[] = [];
  let err = '';
  const output: Output = {
    terminal: false,
    columns: 80,
    out: (text) => {
      said.push(Buffer.from(text));
    },
    err: (text) => {
      err += text;
    },
    write: async (bytes) => {
      said.push(Buffer.from(bytes));
    },
  };
  const run = (name: string, options: Partial<LogOptions> = {}): Promise<void> =>
    logs(new Client(port.address, null), output, name, { follow: false, stream: 'both', ...options });
  return { ...made, port, run, out: () => Buffer.concat(said), err: () => err };
}

test('one: its bytes; several: whole lines behind their slots; none: what the last one printed', async () => {
  const { cluster, run, out, err, port } = await open();
  const bytes = Uint8Array.of(0xff, 0, 0x0a);
  cluster.output = async function* () {
    yield { stream: 'stdout', cursor: 3, bytes };
  };
  cluster.addInstance('web.0.aaaaaaaa');
  await run('web.0.aaaaaaaa', { since: '10m', until: '1m', tail: 'all', grep: '/x/' });
  await run('web');
  assert.equal([...out()], [...bytes, ...bytes]);
  cluster.addInstance('web.1.bbbbbbbb');
  let turn = 0;
  cluster.output = async function* () {
    const n = turn++;
    for (const part of ['one ', `of ${n}\ntw`, 'o']) {
      yield { stream: 'stdout', cursor: 1, bytes: Buffer.from(part) };
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  await run('web');
  const lines = out().subarray(6).toString().trim().split('\n').sort();
  assert.equal(
    lines.map((line) => line.replace(/of \d/, 'of n')),
    ['web.0 | one of n', 'web.0 | two', 'web.1 | one of n', 'web.1 | two'],
  );
  cluster.instanceMap.clear();
  try {
    await run('web');
    assert.unreachable();
  } catch (error) {
    assert.is((error as { exit?: number }).exit, 3);
  }
  cluster.addEvent('gone', { subject: { app: 'web', instance: 'web.0.cccccccc', node: 'n1' } });
  await run('web').catch((error: { exit: number }) => assert.is(error.exit, 3)); // the sample cluster keeps nothing of it
  assert.match(err(), /web has no instance now; this is what web\.0\.cccccccc printed/);
  cluster.appMap.clear();
  await run('web').catch((error: { exit: number }) => assert.is(error.exit, 3));
  assert.match(err(), /web is gone; this is what web\.0\.cccccccc printed/);
  try {
    await run('never-was');
    assert.unreachable();
  } catch (error) {
    assert.match(String(error), /no app never-was/);
  }
  await port.close();
});

test('a follower of an app sees instances that come later, and ends with the app', async () => {
  const { cluster, run, out, err, port } = await open();
  const ends = new Map<string, () => void>();
  cluster.addInstance('web.0.aaaaaaaa');
  let from = 'web.0';
  cluster.output = async function* ({ tail }, signal) {
    yield { stream: 'stdout', cursor: 1, bytes: Buffer.from(`${from} ${tail > 1e6 ? 'whole' : tail}\n`) };
    await new Promise<void>((resolve) => {
      ends.set(from, resolve);
      signal.addEventListener('abort', () => resolve());
    });
  };
  const following = run('web', { follow: true, tail: '5' });
  await until('the first', () => out().includes('web.0 | web.0 5\n'));
  from = 'web.1';
  cluster.addInstance('web.1.bbbbbbbb');
  await until('the second', () => out().includes('web.1 | web.1 whole\n'));
  cluster.instanceMap.clear();
  cluster.appMap.clear();
  for (const end of ends.values()) end();
  await following;
  assert.is(err(), 'web is gone\n');
  await port.close();
});

test('a follower goes on from its cursor when its node or hub was away, byte for byte, and says so once', async () => {
  const { cluster, run, out, err, port } = await open();
  cluster.addInstance('web.0.aaaaaaaa');
  const written = Buffer.from([0xff, 0xc3, 0xa4, 0x0a, 0x61, 0x62, 0x63, 0x0a]);
  const asked: (number | null)[] = [];
  const breaks = [1, 4, 6, 8]; // one of them within a character
  cluster.output = async function* ({ after }) {
    asked.push(after?.stdout ?? null);
    if (asked.length === 3) throw new Refusal('node-away', 'n1 is not connected now');
    const from = after?.stdout ?? 0;
    const to = breaks.shift()! + 1;
    yield { stream: 'stdout', cursor: from, bytes: new Uint8Array() };
    yield { stream: 'stderr', cursor: after?.stderr ?? 70, bytes: new Uint8Array() };
    if (from < written.length) yield { stream: 'stdout', cursor: Math.min(to, 8), bytes: written.subarray(from, to) };
    await until('that is shown', () => out().length >= Math.min(to, 8));
    if (breaks.length > 0) throw new Refusal('node-away', 'n1 is not connected now');
    assert.is(after?.stderr, 70);
  };
  await run('web.0.aaaaaaaa', { follow: true, tail: 'all' });
  assert.equal([...out()], [...written]);
  assert.equal(asked, [null, 2, 5, 5, 7]);
  assert.is(err().match(/output of web\.0\.aaaaaaaa broke off: /g)?.length, 3, 'once for each time away');

  asked.length = 0;
  cluster.output = async function* () {
    asked.push(0);
    yield { stream: 'stdout', cursor: 1, bytes: Buffer.from('x') };
    await until('that is shown', () => out().includes('x'));
    cluster.instanceMap.clear();
    throw new Refusal('node-away', 'n1 is not connected now');
  };
  await run('web.0.aaaaaaaa', { follow: true, stream: 'stdout' });
  assert.is(asked.length, 1, 'it ends with the instance');
  await run('web.0.aaaaaaaa', { follow: true }).then(
    () => assert.unreachable(),
    (error: { exit: number }) => assert.is(error.exit, 3),
  );
  await port.close();
});

test('a pattern that is none is refused in the words of the command line', async () => {
  const { run, port } = await open();
  try {
    await run('web', { grep: '/(/' });
    assert.unreachable('it is refused');
  } catch (error) {
    const { message, exit, hint } = error as Error & { exit: number; hint: string };
    assert.match(message, /^--grep is no regular expression: .*without the slashes it is taken as it stands$/);
    assert.equal([exit, hint], [2, '']);
  } finally {
    await port.close();
  }
});

test.run();
