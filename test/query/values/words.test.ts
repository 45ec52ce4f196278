// Texts as words.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { wordsOf } from '../../../src/query/values/words.ts';
import { runs } from '../../support/runs.ts';

test('words as the Unicode boundaries draw them', () => {
  const cases: { [text: string]: string[] } = {
    '': [],
    '/ - ... __': [],
    'Mac OS X': ['Mac', 'OS', 'X'],
    'web5.dc1.example.com': ['web5', 'dc1', 'example.com'],
    'node-19.dc1': ['node', '19', 'dc1'],
    '3.10.0-957.el7.x86_64': ['3.10.0', '957', 'el7', 'x86_64'],
    'http://192.168.1.139:51025': ['http', '192.168.1.139', '51025'],
    'rack:r3': ['rack:r3'],
    '00:9A:9F': ['00', '9A', '9F'],
    '1,234;5': ['1,234;5'],
    "it's can’t 'x'": ["it's", 'can’t', 'x'],
    'a+b': ['a', 'b'],
    'db_primary _x': ['db_primary', '_x'],
    'a.': ['a'],
    '.a..b': ['a', 'b'],
    '数据库 café': ['数', '据', '库', 'café'],
    カタカナひら: ['カタカナ', 'ひ', 'ら'],
    'naïve résumé': ['naïve', 're\u0301sume\u0301'.normalize('NFC')],
    're\u0301sume\u0301': ['re\u0301sume\u0301'],
    '한국어 слово': ['한국어', 'слово'],
    'v1.2beta': ['v1.2beta'],
  };
  for (const [text, words] of Object.entries(cases)) assert.equal(wordsOf(text), words, text);
});

test('a word is a part of its text, in order, and is its own only word', () => {
  fc.assert(
    fc.property(
      fc.string({
        unit: fc.oneof(fc.constantFrom(...'aZ09._-: ,数ア'), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })),
        maxLength: 20,
      }),
      (text) => {
        let at = 0;
        for (const word of wordsOf(text)) {
          const found = text.indexOf(word, at);
          assert.ok(word !== '' && found >= at, `${JSON.stringify(word)} in ${JSON.stringify(text)}`);
          assert.equal(wordsOf(word), [word]);
          at = found + word.length;
        }
      },
    ),
    { numRuns: runs(1000) },
  );
});

test.run();
