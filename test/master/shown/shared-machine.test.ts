// Several agents of one machine: told where together they give away more than it has.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { discard, operator, testMaster } from '../../support/test-master.ts';
import { SimAgent } from '../../support/sim-agent.ts';
import { until } from '../../support/until.ts';

const GiB = 1024 ** 3;
const facts = (hostname: string, mem: number) => ({
  hostname,
  memory: { total: 8 * GiB, ram: 8 * GiB },
  allocatable: { cpus: 4, mem, disk: 100e9 },
});

test('agents of one machine that give it away together more than once are told so; those that share it are not', async () => {
  const master = await testMaster({ times: { suspectMs: 60_000, lostMs: 120_000 } });
  const all = [
    ['n1', 'twice', 'one', 7 * GiB],
    ['n2', 'twice', 'one', 7 * GiB],
    ['n3', 'thirds', 'two', 2 * GiB],
    ['n4', 'thirds', 'two', 2 * GiB],
    ['n5', 'cloned', 'one', 7 * GiB], // another machine, of the same image
  ].map(([node, machine, hostname, mem]) =>
    new SimAgent({
      node: node as string,
      machine: machine === 'cloned' ? 'twice' : (machine as string),
      facts: facts(machine === 'cloned' ? 'other' : (hostname as string), mem as number),
    }).connect(master.url),
  );
  const ready = (count: number) =>
    until(
      `${count} ready`,
      async () => (await master.cluster.nodes('status:ready', { from: 0, size: 9 })).total === count,
    );
  try {
    await ready(5);
    const codes = async () =>
      Object.fromEntries(
        (await master.cluster.nodes('', { from: 0, size: 9 })).items.map(({ id, reason }) => [
          id,
          reason?.code ?? null,
        ]),
      );
    assert.equal(await codes(), { n1: 'machine-shared', n2: 'machine-shared', n3: null, n4: null, n5: null });
    const { reason } = await master.cluster.node('n1');
    assert.match(reason!.text, '2 agents of one give away 14 GiB of memory together, and it has 8 GiB');
    const { notices } = await master.cluster.status();
    assert.equal(
      notices.map(({ code }) => code),
      ['machine-shared'],
    );
    all[1]!.disconnect();
    await until('its line is closed', async () => (await master.cluster.node('n2')).link === 'none');
    await master.cluster.deleteNode('n2', operator);
    assert.is((await codes())['n1'], null, 'the other one is alone on its machine now');
  } finally {
    for (const agent of all) agent.disconnect();
    await master.stop();
    discard(master.directory);
  }
});

test.run();
