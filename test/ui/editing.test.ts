// The editor's and the query box's pure parts: places of faults, edits, differences, what a spec was written as, completions, log lines.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import fc from 'fast-check';
import { parseApp } from '../../src/model/app/app-schema.ts';
import { completions, fieldsOf, quoted } from '../../ui/lists/complete.ts';
import { diffLines, hunks } from '../../ui/json/diff.ts';
import { lineColumn, newLine } from '../../ui/json/edit-text.ts';
import { faultsOf } from '../../ui/json/faults.ts';
import { placeOf, places } from '../../ui/json/json-places.ts';
import { readingOf } from '../../ui/json/json-readings.ts';
import { tokens } from '../../ui/json/json-tokens.ts';
import { addChunk, emptyLog, finds, marks, plain, searchPattern } from '../../ui/streams/log-lines.ts';
import { ranked, type Choice } from '../../ui/lists/ranked.ts';
import { pretty, written } from '../../ui/json/spec-text.ts';
import { samples } from '../../ui/views/samples.ts';

const text = `{
  "name": "w",
  "restart": {"attemps": 3},
  "healthChecks": [
    {"protocol": "HTTP", "path": 7}
  ]
}`;

test('places of keys, in nested objects and lists', () => {
  const known = places(text);
  assert.is(known.get('restart.attemps')!.line, 2);
  assert.is(text.slice(known.get('restart.attemps')!.start, known.get('restart.attemps')!.end), '"attemps"');
  assert.equal([known.get('healthChecks[0].path')!.line, known.get('healthChecks[0]')!.line], [4, 4]);
  assert.is(placeOf(known, 'healthChecks[0].nothing.here')!.line, 4);
  assert.is(placeOf(known, 'placement.scale')!.line, 0);
});
test('any text has places without an error, and those of JSON are all there', () => {
  fc.assert(
    fc.property(fc.string(), (any) => {
      places(any);
      return true;
    }),
  );
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.string({ minLength: 1 }).filter((k) => !/[.[\]]/.test(k) && k !== '__proto__'),
        fc.jsonValue(),
      ),
      (value) => Object.keys(value).every((key) => places(JSON.stringify(value, null, 2)).has(key)),
    ),
  );
});
test('problems of the API stand at their lines, with the fix', () => {
  const parsed = parseApp(JSON.parse(text));
  assert.ok(!parsed.ok);
  const faults = faultsOf(text, parsed.ok ? [] : parsed.problems, 'x');
  const key = faults.find((f) => f.line === 2)!;
  assert.match(key.message, /"attemps" is not a known key/);
  assert.is(
    text.slice(0, key.fix!.start) + key.fix!.text + text.slice(key.fix!.end),
    text.replace('attemps', 'attempts'),
  );
  assert.ok(
    faults.some((f) => f.line === 0 && /toProcess/.test(f.message)),
    'what is missing stands at the beginning',
  );
  assert.ok(
    faults.some((f) => f.line === 4),
    'the wrong path of the check',
  );
  assert.equal(
    faults.map((f) => f.line),
    faults.map((f) => f.line).sort((a, b) => a - b),
  );
});
test('a text that is no JSON is marked where it breaks', () => {
  assert.equal(faultsOf('{\n  "a": ,\n}', [{ path: '', message: 'line 2, column 8: a value was expected' }], 'x'), [
    { line: 1, from: 7, to: 8, message: 'a value was expected', fix: null },
  ]);
  assert.is(faultsOf('{}', [], 'the body is empty')[0]!.message, 'the body is empty');
});

test('a new line keeps the indent, and opens brackets', () => {
  assert.equal(newLine('{}', 1, 1), { text: '{\n  \n}', caret: 4 });
  assert.equal(newLine('  "a": 1,', 9, 9), { text: '  "a": 1,\n  ', caret: 12 });
  assert.equal(newLine('ab', 1, 2), { text: 'a\n', caret: 2 });
  assert.equal(lineColumn('ab\ncd', 4), { line: 2, column: 2 });
});
test('colouring loses no letter', () =>
  fc.assert(
    fc.property(
      fc.string().filter((s) => !s.includes('\n')),
      (line) =>
        tokens(line)
          .map((k) => k.text)
          .join('') === line,
    ),
  ));
test('bytes are read out behind the line', () => {
  assert.is(readingOf('"resAlloc": {"cpus": 1, "mem": 3221225472, "disk": 4294967296}'), '3 GiB, 4 GiB');
  assert.is(readingOf('"cpus": 12345'), '');
});

test('differences: both texts can be told from them', () => {
  const line = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 12 }).map((l) => l.join('\n'));
  fc.assert(
    fc.property(line, line, (before, after) => {
      const lines = diffLines(before, after);
      assert.is(
        lines
          .filter((l) => l.kind !== 'add')
          .map((l) => l.text)
          .join('\n'),
        before,
      );
      assert.is(
        lines
          .filter((l) => l.kind !== 'del')
          .map((l) => l.text)
          .join('\n'),
        after,
      );
    }),
  );
  const [del, add] = diffLines('"mem": 1792', '"mem": 2816').filter((l) => l.kind !== 'same');
  assert.is(add!.text.slice(...add!.mark!), '2816');
  assert.is(del!.text.slice(...del!.mark!), '1792');
  assert.equal(
    hunks(diffLines('1\n2\n3\n4\n5', '1\n2\n3\n4\nfive'), 1).map((l) => l?.text),
    ['4', '5', 'five'],
  );
});

test('any JSON is shown as what it is, whatever brackets its texts hold', () => {
  const spec = { args: ['-c', '[ -f /x ] && { echo "a, [ b ]"; }'], envs: { A: '{ "b": [ 1 ] }\n  c' } };
  assert.equal(JSON.parse(pretty(spec)), spec);
  fc.assert(
    fc.property(fc.jsonValue(), fc.array(fc.stringMatching(/^[[\]{}", :\n]*$/)), (value, texts) => {
      const whole = { value, texts };
      return JSON.stringify(JSON.parse(pretty(whole))) === JSON.stringify(whole);
    }),
  );
});

test('what an app leaves out is left out again: the page knows the same defaults as the schema', () => {
  const least = { name: 'least', toProcess: 'x', ports: [0], healthChecks: [{ protocol: 'TCP' }] };
  const parsed = parseApp(least);
  assert.ok(parsed.ok);
  if (parsed.ok) assert.equal(written(parsed.spec, 1), least);
});

test('a spec shown as it was written means the same', () => {
  const apps = [
    ...samples.map((s) => JSON.parse(s.text)),
    {
      name: 'full',
      toProcess: 'x',
      ports: [{ name: 'http', port: 80 }, 0],
      uris: ['http://f/a.zip', { uri: 'http://f/b', executable: true }, { uri: 'http://f/c.zip', extract: false }],
      healthChecks: [{ protocol: 'TCP', intervalSeconds: 3 }],
      limits: { fds: 9 },
      restart: { attempts: 9 },
      update: { maxSurge: 2 },
      placement: { query: 'a', scale: 7, prefer: ['b'] },
      envs: { A: 'b' },
      meta: { x: 'y' },
      start: false,
    },
  ];
  for (const given of apps) {
    const first = parseApp(given);
    assert.ok(first.ok, JSON.stringify(first));
    if (!first.ok) continue;
    const shown = pretty(written(first.spec, first.spec.placement.scale));
    const again = parseApp(JSON.parse(shown));
    assert.ok(again.ok, `${shown}\n${JSON.stringify(again)}`);
    if (again.ok) assert.equal(again.spec, first.spec);
    assert.ok(shown.length < 950, shown);
  }
});

test('completions: names, then values, none inside a phrase', () => {
  const fields = fieldsOf([
    { tags: ['ssd', 'eu-a'], os: { cpus: 8, name: 'Debian' } },
    { tags: ['ssd'], os: { cpus: 32, name: 'Debian 12' } },
  ]);
  assert.equal(
    fields.map((f) => f.name),
    ['os.cpus', 'os.name', 'tags'],
  );
  assert.equal(completions('os', 2, fields, 9)!.items, [
    { text: 'os.cpus:', note: '8 … 32' },
    { text: 'os.name:', note: '2' },
  ]);
  assert.equal(completions('a AND tags:e', 12, fields, 9), {
    from: 6,
    to: 12,
    items: [{ text: 'tags:eu-a', note: '' }],
  });
  assert.equal(
    completions('os.name:Deb', 11, fields, 9)!.items.map((i) => i.text),
    ['os.name:Debian', 'os.name:"Debian 12"'],
  );
  assert.is(completions('"os', 3, fields, 9), null);
  assert.is(quoted('AND'), '"AND"');
});
test('the palette finds names before words, and not only instances', () => {
  const choice = (id: string, name: string, many = false): Choice => ({
    id,
    name,
    words: id,
    note: '',
    glyph: '',
    weight: 0,
    many,
    run: () => {},
  });
  const all = [
    choice('restart web', 'Restart web'),
    choice('web', 'web'),
    ...Array.from({ length: 20 }, (_, i) => choice(`web.${i}`, `web.${i}`, true)),
  ];
  assert.equal(
    ranked(all, 'web', 8).map((c) => c.name),
    ['web', 'web.0', 'web.1', 'web.2', 'web.3', 'web.4', 'Restart web'],
  );
  assert.equal(
    ranked(all, 'rest web', 8).map((c) => c.name),
    ['Restart web'],
  );
  assert.equal(ranked(all, 'zzz', 8), []);
});

test("output: lines across chunks, both streams, the platform's own lines", () => {
  const rest = 'o\n[stathub 2026-11-21T14:32:05.119Z] launch 2 begins\n';
  let log = addChunk(emptyLog(), 'stdout', 6, 'one\ntw');
  log = addChunk(log, 'stderr', 4, 'err\n');
  log = addChunk(log, 'stdout', 6 + rest.length, rest);
  assert.equal(
    log.lines.map((l) => [l.n, l.stream, l.text, l.at]),
    [
      [1, 'stdout', 'one', null],
      [2, 'stderr', 'err', null],
      [3, 'stdout', 'two', null],
      [4, 'stdout', 'launch 2 begins', Date.UTC(2026, 10, 21, 14, 32, 5, 119)],
    ],
  );
});
test('output that comes again after a lost connection is not shown twice, by bytes', () => {
  let log = addChunk(emptyLog(), 'stdout', 6, 'äb\nc\n'); // six bytes: ä is two
  log = addChunk(log, 'stdout', 6, 'äb\nc\n');
  log = addChunk(log, 'stdout', 8, 'b\nc\nd\n');
  assert.equal(
    log.lines.map((l) => l.text),
    ['äb', 'c', 'd'],
  );
});
test('searching: plain text without regard to case, /regex/, a pattern that is none', () => {
  assert.equal(
    marks('a WARN b warn', searchPattern('warn'))
      .filter((m) => m.hit)
      .map((m) => m.text),
    ['WARN', 'warn'],
  );
  assert.equal(
    marks('heap 12', searchPattern('/\\d+/')).map((m) => m.text),
    ['heap ', '12'],
  );
  const again = searchPattern('tick')!;
  assert.ok(finds('ticker ticks', again) && finds('a tick', again), 'a pattern has no memory');
  assert.is(marks('tick tock', again).filter((m) => m.hit).length, 1);
  assert.is(searchPattern('/(/'), null);
  assert.equal(marks('abc', searchPattern('/x*/')), [{ text: 'abc', hit: false }]);
  assert.is(plain('\u001b[31mred\u001b[0m'), 'red');
});
test.run();
