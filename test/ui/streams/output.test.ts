// What the pages show of output of the past and of files.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { crumbsOf, filePath, kept, textOf } from '../../../ui/streams/file-text.ts';
import { chunkOf, logPath } from '../../../ui/streams/log-past.ts';

test('text and what is none', () => {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  assert.is(textOf(bytes('héllo\n')), 'héllo\n');
  assert.is(textOf(bytes('日志').subarray(1)), '志', 'a character cut by the range is left out');
  assert.is(textOf(Uint8Array.of(104, 0, 105)), null);
  assert.is(textOf(Uint8Array.from({ length: 200 }, (_, i) => 128 + (i % 120))), null);
  assert.is(textOf(new Uint8Array()), '');
});
test('a followed file keeps whole lines from its end', () => {
  assert.is(kept('one\ntwo\nthree\n', 9), 'three\n');
  assert.is(kept('short', 9), 'short');
  assert.is(kept('x'.repeat(20), 9), 'x'.repeat(9));
});
test('paths', () => {
  assert.equal(crumbsOf('work/a b/c'), [
    { name: 'work', path: 'work' },
    { name: 'a b', path: 'work/a b' },
    { name: 'c', path: 'work/a b/c' },
  ]);
  assert.equal(crumbsOf(''), []);
  assert.is(filePath('web.0.abcdefgh', '/work/a b%/'), '/instances/web.0.abcdefgh/files/work/a%20b%25');
  assert.is(
    logPath('web.0.abcdefgh', { since: 5, grep: 'a&b' }, 'both'),
    '/v1/instances/web.0.abcdefgh/logs?stream=both&tail=all&since=5&grep=a%26b',
  );
  assert.is(logPath('x', null, 'stderr'), '/v1/instances/x/logs?stream=stderr&tail=all');
});
test('one event of the stream', () => {
  assert.equal(chunkOf('event: stderr\nid: 1.2\ndata: {"cursor":7,"text":"a\\nb"}'), {
    stream: 'stderr',
    cursor: 7,
    text: 'a\nb',
  });
  assert.equal([chunkOf(': still here'), chunkOf('event: end\ndata: {}')], [null, null]);
});
test.run();
