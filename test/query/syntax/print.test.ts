// Trees written out as queries again.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from '../../../src/query/syntax/parse.ts';
import { print } from '../../../src/query/syntax/print.ts';
import { aQuery } from '../support/queries.ts';
import { runs } from '../../support/runs.ts';

test('what is printed reads back as the same tree', () => {
  fc.assert(
    fc.property(aQuery(), (query) => {
      const text = print(query);
      assert.equal(parse(text), { ok: true, query: JSON.parse(JSON.stringify(query)) }, text); // fast-check's objects have no prototype
    }),
    { numRuns: runs(1000) },
  );
});

test('the usual spelling', () => {
  const same = [
    '*',
    '_exists_:""',
    'web-1',
    'os.cpus:>8',
    'memory.total:<=8GB',
    'a AND b OR c',
    '+a -b c',
    'NOT tags:hpc',
    'hostname:web*',
    'networks:(address:10.0.0.0/8 AND name:eth0)',
    'networks.*:eth0',
    'tags:ssd^3',
    '(a OR b)^0.5',
    '"two words"',
    '"two words"~2',
    'tags:/a\\/b/',
    'web~',
    'web~1',
    '_exists_:tags',
    'cpus:[4 TO 8}',
    '[* TO *]',
    '"AND"',
    'path\\ with\\ blanks:x',
  ];
  for (const text of same) {
    const parsed = parse(text);
    if (!parsed.ok) throw new Error(`${text}: ${parsed.error.message}`);
    assert.is(print(parsed.query), text === 'a AND b OR c' ? '(a AND b) OR c' : text);
  }
});

test.run();
