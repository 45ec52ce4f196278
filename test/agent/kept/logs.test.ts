// The output of an instance as it is asked for.
import { appendFileSync, mkdirSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { markLaunch, pruneTimes } from '../../../src/agent/effects/output/times.ts';
import { readInstanceLogs, readLogs } from '../../../src/agent/kept/logs.ts';
import type { LogChunk, LogRequest } from '../../../src/api/cluster.ts';
import { scratch } from '../../support/scratch.ts';
import { letPass, until } from '../../support/until.ts';

const all: LogRequest = { stream: 'both', tail: 100, follow: false, since: null, until: null, grep: null, after: null };
const never = new AbortController().signal;
function instance(stdout: string, stderr = ''): string {
  const directory = join(scratch('logs'), 'web.0.abcdefgh');
  mkdirSync(directory);
  writeFileSync(join(directory, 'stdout.log'), stdout);
  writeFileSync(join(directory, 'stderr.log'), stderr);
  return directory;
}
async function read(directory: string, request: Partial<LogRequest>): Promise<LogChunk[]> {
  const chunks: LogChunk[] = [];
  for await (const chunk of readLogs(directory, { ...all, ...request }, never)) chunks.push(chunk);
  return chunks;
}
const text = (chunks: LogChunk[], stream: LogChunk['stream'] = 'stdout'): string =>
  Buffer.concat(chunks.filter((c) => c.stream === stream).map((c) => c.bytes)).toString();

const test = suite('logs');
test('the last lines of each stream, with the cursors to go on from', async () => {
  const directory = instance('a\nb\nc\n', 'x\ny\n');
  const chunks = await read(directory, { tail: 2 });
  assert.equal([text(chunks), text(chunks, 'stderr')], ['b\nc\n', 'x\ny\n']);
  assert.equal(
    chunks.map(({ stream, cursor }) => [stream, cursor]),
    [
      ['stdout', 2],
      ['stderr', 0],
      ['stdout', 6],
      ['stderr', 4],
    ],
  );
});
test('only one stream, no lines at all, nothing printed', async () => {
  assert.equal(text(await read(instance('a\n', 'b\n'), { stream: 'stderr' }), 'stdout'), '');
  for (const chunks of [await read(instance('a\n'), { tail: 0 }), await read(join(scratch('none'), 'nobody'), {})])
    assert.equal(text(chunks) + text(chunks, 'stderr'), '');
});
test('from a cursor on, whatever its length', async () => {
  const directory = instance('x'.repeat(200_000) + '\nend\n');
  const chunks = await read(directory, { stream: 'stdout', after: { stdout: 3, stderr: 0 } });
  assert.is(text(chunks).length, 200_002);
  assert.is(chunks.at(-1)!.cursor, 200_005);
});
test('only matching lines, the last of them', async () => {
  const directory = instance('error one\nfine\nerror two\nerror three\n');
  assert.is(text(await read(directory, { grep: 'error', tail: 2 })), 'error two\nerror three\n');
  assert.is(text(await read(directory, { grep: '/t(wo|hree)/' })), 'error two\nerror three\n');
});
test('a pattern that is none is refused', async () => {
  try {
    await read(instance('a\n'), { grep: '/(/' });
    assert.unreachable();
  } catch (error) {
    assert.is((error as { code?: string }).code, 'invalid-request');
  }
});
test('follow: what comes is told, in order; it ends with the signal', async () => {
  const directory = instance('old\n');
  const stop = new AbortController();
  const got: LogChunk[] = [];
  const following = (async () => {
    for await (const chunk of readLogs(directory, { ...all, follow: true, tail: 1 }, stop.signal)) got.push(chunk);
  })();
  await until('the old line', () => text(got) === 'old\n');
  for (let n = 0; n < 50; n++) appendFileSync(join(directory, n % 2 ? 'stderr.log' : 'stdout.log'), `line ${n}\n`);
  await until('all lines', () => text(got).endsWith('line 48\n') && text(got, 'stderr').endsWith('line 49\n'));
  assert.equal(
    text(got).split('\n').slice(1, -1),
    Array.from({ length: 25 }, (_, i) => `line ${2 * i}`),
  );
  stop.abort();
  await following;
});
test('follow: what is there already is read no faster than the process can send it, and hardly ahead of a reader who pauses', async () => {
  const bytes = 40_000_000;
  const directory = instance('x'.repeat(bytes));
  const stop = new AbortController();
  const request = { ...all, stream: 'stdout' as const, tail: 0, follow: true };
  let got = 0;
  let before = 0;
  let most = 0;
  const turn = (): void => {
    most = Math.max(most, got - before);
    before = got;
    if (!stop.signal.aborted) setImmediate(turn);
  };
  turn();
  // Printed after the end that was found at first: a follower's to read.
  const chunks = readLogs(directory, request, stop.signal);
  await chunks.next();
  appendFileSync(join(directory, 'stdout.log'), 'y'.repeat(bytes));
  const atFirst = process.memoryUsage().arrayBuffers;
  let held = 0;
  for await (const chunk of chunks) {
    got += chunk.bytes.length;
    if (got < bytes / 2) continue;
    for (let turns = 0; turns < 2000; turns++) await new Promise(setImmediate);
    held = process.memoryUsage().arrayBuffers - atFirst;
    break;
  }
  stop.abort();
  assert.ok(most <= 2_000_000, `${most} bytes in one turn`);
  assert.ok(held < bytes / 2, `${held} bytes are held for one who pauses`);
});
test('follow with a pattern: a line that comes in two pieces is one', async () => {
  const directory = instance('');
  const stop = new AbortController();
  const got: LogChunk[] = [];
  const following = (async () => {
    for await (const chunk of readLogs(directory, { ...all, follow: true, grep: 'needle' }, stop.signal))
      got.push(chunk);
  })();
  appendFileSync(join(directory, 'stdout.log'), 'hay\na nee');
  await letPass(100);
  appendFileSync(join(directory, 'stdout.log'), 'dle here\nhay\n');
  await until('the line', () => text(got) === 'a needle here\n');
  stop.abort();
  await following;
});
test('bytes stay bytes', async () => {
  const directory = instance('');
  writeFileSync(join(directory, 'stdout.log'), Buffer.from([0xff, 0x00, 0x0a, 0xc3, 0x28, 0x0a]));
  assert.equal(
    Array.from(Buffer.concat((await read(directory, {})).map((c) => c.bytes))),
    [0xff, 0x00, 0x0a, 0xc3, 0x28, 0x0a],
  );
});
test('both streams come in the order of time as far as it was noted, lines whole', async () => {
  const directory = instance('out 1\nout 2 half', 'err 1\n');
  const live = (name: string) => join(directory, `${name}.log`);
  const begun = Date.now() + 1000;
  writeFileSync(join(directory, 'stdout.times'), `${begun + 1000} 6\n${begun + 3000} 16\n`);
  writeFileSync(join(directory, 'stderr.times'), `${begun + 2000} 6\n`);
  appendFileSync(live('stdout'), ' whole\nout 3\nout 4');
  appendFileSync(live('stderr'), 'err 2\n');
  for (const name of ['stdout', 'stderr']) utimesSync(live(name), (begun + 9000) / 1000, (begun + 9000) / 1000);
  const chunks = await read(directory, {});
  assert.equal(
    chunks.map((c) => `${c.stream[3]}:${Buffer.from(c.bytes).toString()}`).filter((line) => line.length > 2),
    ['o:out 1\n', 'e:err 1\n', 'o:out 2 half whole\nout 3\n', 'e:err 2\n', 'o:out 4'],
  );
  assert.equal(chunks.at(-1)!.cursor, 34);
  assert.equal(
    [
      text(await read(directory, { since: begun + 1500 })),
      text(await read(directory, { since: begun + 1500 }), 'stderr'),
    ],
    ['out 2 half whole\nout 3\nout 4', 'err 1\nerr 2\n'],
  );
  assert.equal(
    [
      text(await read(directory, { until: begun + 900 })),
      text(await read(directory, { until: begun + 2500, follow: true }), 'stderr'),
    ],
    ['out 1\n', 'err 1\nerr 2\n'],
  );
  assert.is(text(await read(directory, { until: begun - 60_000 })), '', 'there was nothing yet');
  assert.is(text(await read(directory, { since: Date.now() + 60_000 })), '', 'nothing was written since');
  assert.is(text(await read(directory, { since: begun + 1500, tail: 1 })), 'out 4');
  assert.is(text(await read(directory, { grep: 'OUT', since: begun + 1500, tail: 2 })), 'out 3\nout 4');
});
test('what a launch prints comes after the line that says it begins, on whichever stream it was noted first', async () => {
  const directory = instance('old out\nunfinished', 'old err\n');
  const at = Date.now();
  const end = (name: string) => statSync(join(directory, `${name}.log`)).size;
  const note = (name: string, ms: number) =>
    appendFileSync(join(directory, `${name}.times`), `${at + ms} ${end(name)}\n`);
  note('stderr', -5000);
  markLaunch(directory, 2, [end('stdout'), end('stderr')], at);
  appendFileSync(join(directory, 'stderr.log'), 'new err\n');
  note('stderr', 10_000);
  appendFileSync(join(directory, 'stdout.log'), 'new out\n');
  note('stdout', 12_000);
  const lines = (chunks: LogChunk[]) =>
    chunks.flatMap((c) =>
      Buffer.from(c.bytes)
        .toString()
        .split('\n')
        .filter(Boolean)
        .map((line) => line.replace(/^\[stathub .*\] /, '')),
    );
  const all = ['old err', 'old out', 'unfinished', 'launch 2 begins', 'new err', 'new out'];
  assert.equal(lines(await read(directory, {})), all);
  assert.equal(lines(await read(directory, { tail: 2 })), ['old err', 'launch 2 begins', 'new err', 'new out']);
  pruneTimes(directory, 'stdout', at + 86_400_000);
  pruneTimes(directory, 'stderr', at + 86_400_000);
  assert.equal(lines(await read(directory, {})).slice(0, 4), all.slice(0, 4), 'it is not thinned out');
});
test('a stream that fell silent comes before what the other one printed later', async () => {
  const directory = instance('out\n', 'err\n');
  const at = Date.now();
  writeFileSync(join(directory, 'stderr.times'), `${at} 4\n`);
  writeFileSync(join(directory, 'stdout.times'), `${at + 5000} 4\n`);
  assert.equal(
    (await read(directory, {})).filter((c) => c.bytes.length > 0).map((c) => Buffer.from(c.bytes).toString()),
    ['err\n', 'out\n'],
  );
});
test('a matching line is found wherever it lies, and its cursor goes on exactly after it', async () => {
  const filler = 'hay '.repeat(20_000);
  const directory = instance(`needle 1\n${filler}\nneedle 2\n${filler}`);
  const chunks = (await read(directory, { stream: 'stdout', grep: '/needle [0-9]/' })).filter(
    ({ bytes }) => bytes.length > 0,
  );
  assert.is(text(chunks), 'needle 1\nneedle 2\n');
  assert.equal(
    chunks.map(({ cursor }) => cursor),
    [9, 9 + 80_001 + 9],
  );
  assert.is(
    text(await read(directory, { stream: 'stdout', grep: 'needle', after: { stdout: chunks[0]!.cursor, stderr: 0 } })),
    'needle 2\n',
  );
  assert.is(
    text(await read(directory, { stream: 'stdout', tail: Number.MAX_SAFE_INTEGER, grep: 'needle' })),
    'needle 1\nneedle 2\n',
  );
});
test('follow goes on to the end although the instance is put away meanwhile', async () => {
  const directory = instance('first\n');
  const kept = join(scratch('kept'), 'web.0.abcdefgh');
  const got: LogChunk[] = [];
  let where = directory;
  const following = (async () => {
    for await (const chunk of readInstanceLogs(() => where, { ...all, follow: true }, never)) got.push(chunk);
  })();
  await until('the first', () => text(got) === 'first\n');
  appendFileSync(join(directory, 'stdout.log'), 'last words\n');
  renameSync(directory, kept);
  where = kept;
  const alive = setInterval(() => {}, 1000);
  await following;
  clearInterval(alive);
  assert.is(text(got), 'first\nlast words\n');
});
test('a stream that cannot be read any more ends the follow of both, with its reason', async () => {
  const directory = instance('out\n', 'err\n');
  const got: LogChunk[] = [];
  const over = (async () => {
    for await (const chunk of readLogs(directory, { ...all, follow: true }, never)) got.push(chunk);
  })().catch((error: NodeJS.ErrnoException) => error.code);
  await until('both are shown', () => text(got) === 'out\n' && text(got, 'stderr') === 'err\n');
  renameSync(join(directory, 'stderr.log'), join(directory, 'old'));
  mkdirSync(join(directory, 'stderr.log'));
  assert.is(await over, 'EISDIR');
});
test.run();
