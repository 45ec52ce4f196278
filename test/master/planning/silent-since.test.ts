// How long a lost node has been silent is counted by a clock that nobody sets: what waits for it to have stopped what it ran relies
// on that.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { snapshotPieces } from '../../../src/master/planning/snapshot.ts';
import { SimAgent } from '../../support/sim-agent.ts';
import { discard, testMaster } from '../../support/test-master.ts';
import { until } from '../../support/until.ts';

test('a step of the wall clock makes no silence', async () => {
  const master = await testMaster();
  const agent = new SimAgent({ node: 'n1' }).connect(master.url);
  try {
    const { view } = master.running.context;
    const entry = await until('it is there', () => (agent.welcomed ? view.nodes.get('n1') : null));
    agent.disconnect();
    await until('it is lost', () => entry.status === 'lost');
    for (const step of [0, 3_600_000, -3_600_000]) {
      const clock = { now: () => 1e12 + step, mono: () => entry.heardAt + 700 };
      const rest = [...snapshotPieces(view, 'hub', clock, new Map())].find((piece) => piece.kind === 'rest');
      assert.is(clock.now() - rest!.silentSince.get('n1')!, 700);
    }
  } finally {
    agent.disconnect();
    await master.stop();
    discard(master.directory);
  }
});

test.run();
