// Templates, and that both languages say the same things with the same values.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fill, pieces } from '../../../ui/words/words.ts';
import { en } from '../../../ui/words/en.ts';
import { zh } from '../../../ui/words/zh.ts';

test('values, plurals and bold parts', () => {
  assert.is(fill('{n} {n|node|nodes} of **{app}**', { n: 1, app: 'web' }), '1 node of web');
  assert.is(fill('{n} {n|node|nodes}', { n: 2 }), '2 nodes');
  assert.is(fill('no values'), 'no values');
  assert.is(fill('{gone}'), '{gone}');
  assert.equal(pieces('a **b {c}** d', {}), [
    { text: 'a ', bold: false },
    { text: 'b ', bold: true },
    { value: 'c', bold: true },
    { text: ' d', bold: false },
  ]);
});

const values = (template: string): string[] =>
  [...new Set([...template.matchAll(/\{(\w+)(?=[}|])/g)].map((m) => m[1]!))].sort();

test('Chinese has every string of English, with the same values', () => {
  assert.equal(Object.keys(zh).sort(), Object.keys(en).sort());
  const different = Object.entries(en)
    .filter(([key, text]) => values(text).join() !== values(zh[key as keyof typeof en]).join())
    .map(([key]) => key);
  assert.equal(different, []);
});

test('bold marks come in pairs, and nothing is left untranslated but names', () => {
  for (const words of [en, zh])
    for (const [key, text] of Object.entries(words)) {
      assert.is(text.split('**').length % 2, 1, key);
      assert.not.match(text, /\{[^}]*\{/, `${key}: a value within a choice is not filled`);
    }
  const same = Object.entries(en)
    .filter(([key, text]) => zh[key as keyof typeof en] === text)
    .map(([key]) => key);
  assert.equal(
    same.filter((key) => !/^(api|pid|link\.websocket|membership\.cgroup|settings\.api)/.test(key)),
    [],
  );
});
test.run();
