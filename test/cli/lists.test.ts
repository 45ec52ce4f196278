// `stathub status`: what machines have and use is told once, however many agents they have.
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Client } from '../../src/cli/client.ts';
import { hubStatus } from '../../src/cli/lists.ts';
import type { Output } from '../../src/cli/output/output.ts';
import { openHttp } from '../../src/live/serve.ts';
import { removeTemporary, sample } from '../support/api.ts';

test.after(removeTemporary);

test('three agents of one machine have its cores and memory once; another machine adds its own', async () => {
  const made = sample();
  const load = {
    at: 1,
    load: [0, 0, 0] as [number, number, number],
    cpu: 0.5,
    memUsed: 2 * 1024 ** 3,
    diskUsed: 0,
    netIn: 0,
    netOut: 0,
  };
  const memory = { total: 8 * 1024 ** 3, ram: 8 * 1024 ** 3 };
  made.cluster.nodeMap.clear();
  for (const [id, port] of [
    ['n1', 1],
    ['n2', 2],
    ['n3', 3],
  ] as const)
    made.cluster.addNode(id, { hostname: 'one', agentAddress: `http://10.0.0.1:${port}`, load, memory });
  made.cluster.addNode('n4', { hostname: 'two', load, memory });
  const port = await openHttp({ app: made.app, port: 0, bind: '127.0.0.1', closing: made.closing });
  let out = '';
  const output = { terminal: false, out: (text: string) => (out += text), err: () => undefined } as unknown as Output;
  await hubStatus(new Client(port.address, null), output, { json: false });
  await port.close();
  assert.match(out, /^uses +4\.0 of 8 cores, 4(?:\.00)? GiB of 16(?:\.0)? GiB$/m);
});

test.run();
