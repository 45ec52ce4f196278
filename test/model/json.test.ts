// Faults in JSON: the scanner and the engine agree on what is JSON, and the place is where a person would look.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import fc from 'fast-check';
import { maxDepth, parseJson } from '../../src/model/json.ts';
import { runs } from '../support/runs.ts';

const parses = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

test('what the engine reads is read, to the same value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), fc.integer({ min: 0, max: 3 }), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      assert.equal(parseJson(text), { ok: true, value: JSON.parse(text) });
    }),
    { numRuns: 300 },
  );
  assert.equal(parseJson('\uFEFF{"a": 1}'), { ok: true, value: { a: 1 } });
});

test("what the engine refuses has a fault in the scanner's words, inside the text", () => {
  const damaged = fc
    .tuple(
      fc.jsonValue({ maxDepth: 4 }),
      fc.nat(),
      fc.nat({ max: 3 }),
      fc.constantFrom('', ',', '"', '{', '}', '[', ']', ':', '\\', '0', '-', 'x', '\n', '\u0001', '/', '.', 'e'),
    )
    .map(([value, at, cut, put]) => {
      const text = JSON.stringify(value);
      const place = at % (text.length + 1);
      return text.slice(0, place) + put + text.slice(place + cut);
    });
  let refused = 0;
  fc.assert(
    fc.property(damaged, (text) => {
      const result = parseJson(text);
      if (!result.ok && / a second time /.test(result.fault.message)) return; // which the engine takes
      assert.is(result.ok, parses(text), text);
      if (result.ok) return;
      refused++;
      const { offset, line, column, message } = result.fault;
      assert.ok(offset >= 0 && offset <= text.length, text);
      assert.is(
        text
          .split('\n')
          .slice(0, line - 1)
          .reduce((sum, l) => sum + l.length + 1, 0) +
          column -
          1,
        offset,
      );
      assert.not.match(message, /JSON at position|in JSON|is not valid JSON/, `the engine's own words for ${text}`);
    }),
    { numRuns: runs(1500) },
  );
  assert.ok(refused > 500, `${refused} were refused`);
});

test('a key that is there twice is a fault, at its second place: only one of its values would count', () => {
  const result = parseJson('{"a": {"b": 1},\n "b": 2, "\\u0061": 3}');
  assert.ok(!result.ok);
  assert.equal([result.fault.line, result.fault.column], [2, 10]);
  assert.is(result.fault.message, 'the key "a" is there a second time (the first is in line 1)');
  assert.ok(parseJson('[{"a": 1}, {"a": 2}]').ok);
});

test('nesting is bounded before it can exhaust anything', () => {
  assert.ok(parseJson(`${'['.repeat(maxDepth)}${']'.repeat(maxDepth)}`).ok);
  for (const text of [`${'['.repeat(1_000_000)}`, `${'{"a":'.repeat(300_000)}`]) {
    const result = parseJson(text);
    assert.ok(!result.ok && /deeper/.test(result.fault.message));
  }
  assert.ok(parseJson(JSON.stringify('[['.repeat(1000))).ok, 'brackets in a text are no nesting');
});

test.run();
