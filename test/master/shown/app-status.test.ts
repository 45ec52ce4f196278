// What an app is called: by the worst of its instances, with that one's reason.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { deploy, discard, testMaster } from '../../support/test-master.ts';
import { SimAgent } from '../../support/sim-agent.ts';
import { until } from '../../support/until.ts';

test('an app whose instance fetches is deploying; once a try has failed it is degraded, and says why', async () => {
  const master = await testMaster({});
  const agent = new SimAgent({ node: 'n1' }).connect(master.url);
  const app = () => master.cluster.app('web');
  try {
    await until('ready', async () => agent.welcomed && (await master.cluster.node('n1')).status === 'ready');
    await deploy(master.cluster, { name: 'web' });
    await until('running', async () => (await app()).status === 'running');
    const [id] = [...agent.instances.keys()];
    agent.set(id!, { status: 'fetching', state: 'fetching', pid: null, reason: null });
    await until('deploying', async () => (await app()).status === 'deploying');
    agent.set(id!, { reason: { code: 'not-found', text: 'http://h/a.zip is not there (HTTP 404).', next: null } });
    await until('degraded', async () => (await app()).status === 'degraded');
    assert.is((await app()).reason?.text, 'http://h/a.zip is not there (HTTP 404).');
    agent.set(id!, { status: 'running', state: 'running', pid: 4711, reason: null });
    await until('running again', async () => (await app()).status === 'running');
  } finally {
    agent.disconnect();
    await master.stop();
    discard(master.directory);
  }
});

test('a job that has done its work is stopped with how it ended, also while its node is lost', async () => {
  const master = await testMaster({});
  const agent = new SimAgent({ node: 'n1' }).connect(master.url);
  const app = () => master.cluster.app('job');
  try {
    await until('ready', async () => agent.welcomed && (await master.cluster.node('n1')).status === 'ready');
    await deploy(master.cluster, { name: 'job', type: 'batch', placement: { onPartition: 'wait' } });
    await until('running', async () => (await app()).status === 'running');
    const [id] = [...agent.instances.keys()];
    agent.set(id!, {
      status: 'stopped',
      state: 'stopped',
      pid: null,
      reason: { code: 'completed', text: 'It did its work and exited with code 0.', next: null },
    });
    const over = async () => {
      const { status, reason } = await app();
      return status === 'stopped' && reason?.code === 'completed';
    };
    await until('its work is done', over);
    agent.disconnect();
    await until('lost', async () => (await master.cluster.node('n1')).status === 'lost');
    assert.ok(await over(), JSON.stringify((await app()).reason));
    agent.connect(master.url);
    await until('back', async () => (await master.cluster.node('n1')).status === 'ready');
    assert.ok(await over(), JSON.stringify((await app()).reason));
  } finally {
    agent.disconnect();
    await master.stop();
    discard(master.directory);
  }
});

test.run();
