// The store's contract: any sequence of operations does what a plain map would do.
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import type { Doc, Write } from '../../src/store/store.ts';
import { byBytes, fresh, versionOf } from './contract-subject.ts';
import type { Subject, Test } from './contract-subject.ts';

const key = fc.constantFrom('a', 'a/1', 'a/2', 'b', 'ü', '\u{1f600}');
const operation = fc.oneof(
  fc.record({
    kind: fc.constant('write' as const),
    bulk: fc.boolean(),
    writes: fc.array(
      fc.record({
        key,
        doc: fc.option(
          fc.record({ n: fc.integer(), text: fc.string({ unit: 'grapheme' }) }, { noNullPrototype: true }),
        ),
        term: fc.integer({ min: 0, max: 3 }),
        expect: fc.constantFrom('absent' as const, 'any' as const, 'current' as const, 'stale' as const),
      }),
      { minLength: 1, maxLength: 6 },
    ),
  }),
  fc.record({
    kind: fc.constant('scan' as const),
    prefix: fc.constantFrom('', 'a', 'a/', 'z'),
    after: fc.option(key, { nil: undefined }),
    limit: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({ kind: fc.constant('restart' as const) }),
);

/** Adds the tests to a suite. */
export function modelTests(test: Test, at: Subject): void {
  test('any sequence of writes, scans and restarts does what a plain map would do', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operation, { maxLength: 30 }), async (operations) => {
        const collection = fresh();
        const model = new Map<string, { version: string; term: number; doc: Doc }>();
        const versions: string[] = [];
        let restarts = 0;
        for (const op of operations) {
          if (op.kind === 'restart') {
            if (restarts++ === 0) await at.reopen();
            continue;
          }
          if (op.kind === 'scan') {
            const after = op.after;
            const expected = [...model]
              .filter(([k]) => k.startsWith(op.prefix) && (after === undefined || byBytes(k, after) > 0))
              .sort(([a], [b]) => byBytes(a, b));
            const page = await at.store.scan(collection, {
              prefix: op.prefix,
              limit: op.limit,
              ...(after === undefined ? {} : { after }),
            });
            assert.equal(
              page.items,
              expected.slice(0, op.limit).map(([k, { version, doc }]) => ({ key: k, version, doc })),
            );
            assert.is(page.next, expected.length > op.limit ? expected[op.limit - 1]![0] : null);
            continue;
          }
          const writes = op.writes.map((write): Write => ({
            ...write,
            collection,
            expect:
              write.expect === 'current'
                ? (model.get(write.key)?.version ?? 'absent')
                : write.expect === 'stale'
                  ? (versions[0] ?? 'none')
                  : write.expect,
          }));
          const results = op.bulk ? await at.store.bulk(writes) : [];
          for (const [index, write] of writes.entries()) {
            const now = model.get(write.key);
            const result = op.bulk ? results[index]! : await at.store.write(write);
            if (now && now.term > write.term!) assert.equal(result, { ok: false, conflict: 'term' });
            else if (write.expect === 'any' || write.expect === (now?.version ?? 'absent')) {
              const version = versionOf(result);
              assert.not.ok(versions.includes(version));
              versions.push(version);
              if (write.doc === null) model.delete(write.key);
              else model.set(write.key, { version, term: write.term!, doc: write.doc });
            } else assert.equal(result, { ok: false, conflict: 'version' });
          }
          for (const [k, { version, doc }] of model)
            assert.equal(await at.store.get(collection, k), { key: k, version, doc });
        }
        const listed = (await at.store.collections()).find(({ name }) => name === collection);
        if (at.adapter.expiryGrainMs === 0) assert.is(listed?.count ?? 0, model.size);
      }),
      { numRuns: at.adapter.runs },
    );
  });
}
