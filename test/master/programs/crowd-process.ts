// Many agents in one process: `node crowd-process.js URL COUNT`. Takes lines on stdin: "connect URL" (all come to another
// master), "most" (instances on the fullest node), "started" (instances ever started).
import { createInterface } from 'node:readline';
import { SimAgent } from '../../support/sim-agent.ts';

const [url, count] = process.argv.slice(2);
let started = 0;
const agents = Array.from(
  { length: Number(count) },
  (_, index) =>
    new SimAgent({
      node: `node-${String(index).padStart(4, '0')}`,
      behaviour: () => {
        started += 1;
        return 'running';
      },
    }),
);
for (const agent of agents) agent.connect(url!);
for await (const line of createInterface({ input: process.stdin })) {
  const [what, target] = line.split(' ');
  if (what === 'connect')
    for (const agent of agents) {
      agent.disconnect();
      agent.connect(target!);
    }
  if (what === 'most') console.log(JSON.stringify({ most: Math.max(...agents.map((agent) => agent.running.length)) }));
  if (what === 'started') console.log(JSON.stringify({ started }));
}
