// A master as a process of its own, for tests that kill it: `node master-process.js DIRECTORY PORT`. Takes lines of JSON on
// stdin ({"deploy": {...}}, {"scale": [name, n]}), prints one line for each as soon as it is acknowledged.
import { createInterface } from 'node:readline';
import { deploy, operator, testMaster } from '../../../support/test-master.ts';

const [directory, port] = process.argv.slice(2);
const master = await testMaster({ directory: directory!, port: Number(port) });
console.log(JSON.stringify({ url: master.url }));
for await (const line of createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line) as { deploy?: Record<string, unknown>; scale?: [string, number]; apps?: true };
  if (asked.deploy) await deploy(master.cluster, asked.deploy);
  if (asked.scale) await master.cluster.scaleApp(asked.scale[0], asked.scale[1], null, operator);
  console.log(
    JSON.stringify(
      asked.apps
        ? (await master.cluster.apps('*', { from: 0, size: 10_000 })).items.map(({ name, scale }) => [name, scale])
        : { done: asked },
    ),
  );
}
