// The arithmetic of `stop-self`: whoever is cut off is gone before it is replaced, whatever the times.
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { replaceAfterMs, selfStop } from '../../../src/model/instance/partition.ts';

test('with the usual times: 30 s less the kill timeout, at most 20 s of it; replaced at 35 s', () => {
  assert.equal(selfStop(30_000, 10_000), { afterMs: 20_000, graceMs: 10_000 });
  assert.equal(selfStop(30_000, 300_000), { afterMs: 10_000, graceMs: 20_000 });
  assert.equal(selfStop(30_000, 0), { afterMs: 30_000, graceMs: 0 });
  assert.is(replaceAfterMs(30_000), 35_000);
});

test('it is killed when the node counts as lost, a sixth of that time before its replacement, never at the first missing beat', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 30, max: 86_400_000 }),
      fc.integer({ min: 0, max: 3_600_000 }),
      (lostMs, killTimeoutMs) => {
        const { afterMs, graceMs } = selfStop(lostMs, killTimeoutMs);
        assert.ok(graceMs >= 0 && graceMs <= killTimeoutMs);
        assert.ok(Math.abs(afterMs + graceMs - lostMs) < 1e-6);
        assert.ok(afterMs >= lostMs / 3 - 1e-6, 'a third of the time passes in silence first');
        assert.ok(replaceAfterMs(lostMs) - lostMs >= lostMs / 6 - 1e-6);
      },
    ),
  );
});

test('the agent is ahead of the master however late the beat came, as long as it came', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 30, max: 3_600_000 }),
      fc.integer({ min: 0, max: 3_600_000 }),
      fc.nat(1_000_000),
      fc.nat(1_000_000),
      (lostMs, killTimeoutMs, sentAt, underWay) => {
        const { afterMs, graceMs } = selfStop(lostMs, killTimeoutMs);
        assert.ok(sentAt + afterMs + graceMs < sentAt + underWay + replaceAfterMs(lostMs));
      },
    ),
  );
});

test.run();
