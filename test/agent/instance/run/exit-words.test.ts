// What an end says of a limit that it had met.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { exitOf } from '../../../../src/agent/instance/run/exits.ts';
import { exitWithCause } from '../../../../machines/instance/killing.ts';
import { endText, exitText } from '../../../../src/model/instance/exit-text.ts';

const about = { launch: 1, at: 0, directory: '/nowhere', by: null };
const ended = { code: 1, signal: null, at: 2000, core: false, complaint: '' };

test('an end of its own names a limit of processes that it had hit; one for want of memory says that', () => {
  const exit = exitOf(ended, { ...about, processes: { hits: 3, limit: 20 } }, null);
  assert.is(exitText(exit), 'exited with code 1: it had hit limits.processes (20) 3 times');
  assert.is(endText(exit), 'exited with code 1 after 2 s: it had hit limits.processes (20) 3 times');
  assert.is(exitText(exitOf(ended, { ...about, processes: { hits: 0, limit: 20 } }, null)), 'exited with code 1');
  const memory = { oomKills: 1, peak: 1 << 20, limit: 1 << 20 };
  assert.not.match(exitText(exitOf(ended, { ...about, memory, processes: { hits: 1, limit: 20 } }, null)), /processes/);
  const quota = { what: 'disk' as const, used: 2 << 20, limit: 1 << 20 };
  const over = exitWithCause(exit, { reason: 'disk', by: null, text: null, at: 0, quota } as never);
  assert.match(exitText(over), /was stopped: it used .* of disk/);
});

test.run();
