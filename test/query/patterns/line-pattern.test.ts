// What `logs --grep` takes.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { crowding } from '../../support/busyness.ts';
import { linePattern } from '../../../src/query/patterns/line-pattern.ts';

test('a text is found as it is, without regard to case; its characters mean nothing else', () => {
  assert.ok(linePattern('error (a|b)')('10:00 ERROR (a|b) happened'));
  assert.not(linePattern('a.c')('abc'));
});

test('between slashes: a regular expression somewhere in the line', () => {
  assert.ok(linePattern('/time[ ]?out [0-9]+/')('a TimeOut 15 ms'));
  assert.not(linePattern('/time[ ]?out [0-9]+/')('a timeout ms'));
  assert.throws(() => linePattern('/(a/'));
});

test('what stalls a backtracking engine is linear here', () => {
  const line = `${'a'.repeat(20_000)}!`;
  const started = performance.now();
  assert.not(linePattern('/(a+)+x/')(line));
  assert.ok(performance.now() - started < 2000 * crowding());
});

test('faults are told by their place in what was written', () => {
  for (const [text, message] of [
    ['/(/', /opening \( has no \)/],
    ['/a)(b/', /closing \) has no \(/],
  ] as const)
    assert.throws(() => linePattern(text), message);
});

test.run();
