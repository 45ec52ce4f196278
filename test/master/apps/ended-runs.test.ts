// A command that was run once is forgotten when it has been kept for as long as its app says, and not before.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { MasterContext } from '../../../src/master/context.ts';
import { dropEndedRuns } from '../../../src/master/apps/ended-runs.ts';

interface Run {
  meta?: Record<string, string>;
  type?: string;
  deleting?: boolean;
  /** Of its instance; null: it has none. */
  status?: string | null;
  endedAt?: number;
}

async function dropped(run: Run): Promise<string[]> {
  const { meta = { 'stathub.keep': '60' }, type = 'batch', deleting = false, status = 'failed', endedAt = 0 } = run;
  const slots = status === null ? [] : [[0, { doc: { a: { id: 'job.0.abcdefgh' }, b: null } }] as const];
  const entry = { name: 'job', record: { doc: { deleting } }, slots: new Map(slots) };
  const context = {
    clock: { now: () => 60_000 },
    view: {
      apps: new Map([['job', entry]]),
      inForce: () => ({ spec: { meta, type } }),
      instances: new Map([['job.0.abcdefgh', { view: { status, exit: { at: endedAt }, at: 0 } }]]),
    },
  } as unknown as MasterContext;
  const gone: string[] = [];
  await dropEndedRuns(context, async (app) => gone.push(app));
  return gone;
}

test('what has ended is forgotten after its time', async () => {
  assert.equal(await dropped({}), ['job']);
  assert.equal(await dropped({ status: 'stopped' }), ['job']);
  assert.equal(await dropped({ meta: { 'stathub.keep': '0' }, endedAt: 60_000 }), ['job']);
});

test('nothing else is', async () => {
  assert.equal(await dropped({ endedAt: 1 }), [], 'not yet');
  assert.equal(await dropped({ status: 'running' }), [], 'it runs');
  assert.equal(await dropped({ status: 'lost' }), [], 'whether it runs is not known');
  assert.equal(await dropped({ status: null }), [], 'it has not begun');
  assert.equal(await dropped({ meta: {} }), [], 'it does not say so');
  assert.equal(await dropped({ meta: { 'stathub.keep': 'long' } }), [], 'it says nothing that is a time');
  assert.equal(await dropped({ type: 'service' }), []);
  assert.equal(await dropped({ deleting: true }), []);
});

test.run();
