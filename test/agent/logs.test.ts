// The output of an instance as it is asked for.
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readLogs } from '../../src/agent/logs.ts';
import type { LogChunk, LogRequest } from '../../src/api/cluster.ts';
import { scratch } from '../support/scratch.ts';
import { until } from '../support/until.ts';

const all: LogRequest = { stream: 'both', tail: 100, follow: false, since: null, grep: null, after: null };
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
const text = (chunks: LogChunk[], stream: LogChunk['stream'] = 'stdout'): string => Buffer.concat(chunks.filter((c) => c.stream === stream).map((c) => c.bytes)).toString();

const test = suite('logs');
test('the last lines of each stream, with the cursors to go on from', async () => {
  const directory = instance('a\nb\nc\n', 'x\ny\n');
  const chunks = await read(directory, { tail: 2 });
  assert.equal([text(chunks), text(chunks, 'stderr')], ['b\nc\n', 'x\ny\n']);
  assert.equal(chunks.map(({ stream, cursor }) => [stream, cursor]), [['stdout', 6], ['stderr', 4]]);
});
test('only one stream, no lines at all, nothing printed', async () => {
  assert.equal(text(await read(instance('a\n', 'b\n'), { stream: 'stderr' }), 'stdout'), '');
  assert.equal(await read(instance('a\n'), { tail: 0 }), []);
  assert.equal(await read(join(scratch('none'), 'nobody'), {}), []);
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
  try { await read(instance('a\n'), { grep: '/(/' }); assert.unreachable(); } catch (error) { assert.is((error as { code?: string }).code, 'invalid-request'); }
});
test('follow: what comes is told, in order; it ends with the signal', async () => {
  const directory = instance('old\n'), stop = new AbortController(), got: LogChunk[] = [];
  const following = (async () => { for await (const chunk of readLogs(directory, { ...all, follow: true, tail: 1 }, stop.signal)) got.push(chunk); })();
  await until('the old line', () => text(got) === 'old\n');
  for (let n = 0; n < 50; n++) appendFileSync(join(directory, n % 2 ? 'stderr.log' : 'stdout.log'), `line ${n}\n`);
  await until('all lines', () => text(got).endsWith('line 48\n') && text(got, 'stderr').endsWith('line 49\n'));
  assert.equal(text(got).split('\n').slice(1, -1), Array.from({ length: 25 }, (_, i) => `line ${2 * i}`));
  stop.abort();
  await following;
});
test('follow with a pattern: a line that comes in two pieces is one', async () => {
  const directory = instance(''), stop = new AbortController(), got: LogChunk[] = [];
  const following = (async () => { for await (const chunk of readLogs(directory, { ...all, follow: true, grep: 'needle' }, stop.signal)) got.push(chunk); })();
  appendFileSync(join(directory, 'stdout.log'), 'hay\na nee');
  await new Promise((resolve) => setTimeout(resolve, 100));
  appendFileSync(join(directory, 'stdout.log'), 'dle here\nhay\n');
  await until('the line', () => text(got) === 'a needle here\n');
  stop.abort();
  await following;
});
test('bytes stay bytes', async () => {
  const directory = instance('');
  writeFileSync(join(directory, 'stdout.log'), Buffer.from([0xff, 0x00, 0x0a, 0xc3, 0x28, 0x0a]));
  assert.equal(Array.from(Buffer.concat((await read(directory, {})).map((c) => c.bytes))), [0xff, 0x00, 0x0a, 0xc3, 0x28, 0x0a]);
});
test.run();
