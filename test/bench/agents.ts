// Many agents on one master (the target: 5,000 with 5 s beats within one core and 1 GB): a real master as a process, agents as
// WebSockets of this one that say hello, report that nothing runs, and beat.
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { readFacts, readLoad } from '../../src/agent/effects/facts.ts';
import type { NodeFacts } from '../../src/model/node.ts';
import { decodeBody, encodeBody } from '../../src/protocol/codec.ts';
import type { AgentFrame, MasterFrame } from '../../src/protocol/link.ts';
import { Hub } from '../support/hub.ts';
import { cpuSeconds, ms, quantile, rssKib, seconds, type Row } from './measure.ts';

const beatMs = 5000;
const watchedMs = 10_000;
const atOnce = 50;

interface Simulated {
  socket: WebSocket;
  send(frame: AgentFrame): void;
  beatSent: number;
  answers: number[];
}

/** Opens one agent. Resolves with its welcome. */
function join(address: string, k: number, hello: Extract<AgentFrame, { type: 'hello' }>): Promise<Simulated> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${address.replace(/^http/, 'ws')}/v1/link`, { perMessageDeflate: false });
    const agent: Simulated = { socket, send: (frame) => socket.send(encodeBody(frame)), beatSent: 0, answers: [] };
    socket.on('open', () =>
      agent.send({
        ...hello,
        node: `simulated-${k}`,
        machine: `machine-${k}`,
        facts: { ...hello.facts, hostname: `simulated-${k}` },
      }),
    );
    socket.on('error', reject);
    socket.on('message', (content, binary) => {
      const frame = decodeBody(binary ? (content as Buffer) : String(content)) as MasterFrame;
      if (frame.type === 'beat.ack') agent.answers.push(performance.now() - agent.beatSent);
      else if (frame.type === 'refused') reject(new Error(`refused: ${frame.detail}`));
      else if (frame.type === 'welcome') {
        agent.send({ type: 'observed', run: 1, seq: 1, from: 0, changes: {} });
        resolve(agent);
      } else if ('n' in frame) agent.send({ type: 'ack', n: frame.n });
    });
  });
}

/** @param count how many agents */
export async function agentRows(count: number, say: (line: string) => void): Promise<Row[]> {
  const facts: NodeFacts = await readFacts({
    missing: say,
    agentAddress: '',
    tags: ['simulated'],
    ports: [20_000, 29_999],
    version: '0.0.0',
    allocatable: { cpus: 8, mem: 16 * 1024 ** 3, disk: 100 * 1024 ** 3 },
    capabilities: { membership: 'session', limits: 'rlimits', rotation: 'collapse' },
    isolation: { cgroup: 'none', enforced: [], not: [] },
  });
  const { load } = await readLoad(tmpdir(), null);
  const hello: Extract<AgentFrame, { type: 'hello' }> = {
    type: 'hello',
    node: '',
    machine: '',
    boot: 'simulated',
    run: 1,
    version: '0.0.0',
    hub: null,
    term: 0,
    epoch: 0,
    takeOver: false,
    facts,
    instances: [],
  };
  const hub = await new Hub(['--beat', `${beatMs}ms`]).start(0);
  const agents: Simulated[] = [];
  const beats: NodeJS.Timeout[] = [];
  try {
    const begin = performance.now();
    for (let k = 0; k < count; k += atOnce)
      agents.push(
        ...(await Promise.all(
          Array.from({ length: Math.min(atOnce, count - k) }, (_, i) => join(hub.master.address, k + i, hello)),
        )),
      );
    const joined = performance.now() - begin;
    for (const [k, agent] of agents.entries()) {
      const beat = (): void => {
        agent.beatSent = performance.now();
        agent.send({ type: 'beat', sentMono: agent.beatSent, load });
      };
      beats.push(
        setTimeout(
          () => {
            beat();
            beats.push(setInterval(beat, beatMs));
          },
          (k / count) * beatMs,
        ),
      );
    }
    await delay(beatMs + 2000);
    const before = cpuSeconds(hub.master.pid);
    const from = performance.now();
    for (const agent of agents) agent.answers.length = 0;
    await delay(watchedMs);
    const cores = (cpuSeconds(hub.master.pid) - before) / ((performance.now() - from) / 1000);
    const answers = agents.flatMap((agent) => agent.answers);
    if (answers.length < count)
      throw new Error(`only ${answers.length} beats of ${count} agents were answered in ${watchedMs} ms`);
    const rss = rssKib(hub.master.pid) / 1024;
    const row: Row = {
      what: `${count.toLocaleString('en')} simulated agents on one master, a beat each 5 s`,
      ours:
        `${(cores * 100).toFixed(0)} % of a core, ${rss.toFixed(0)} MiB; beat answered p95 ` +
        `${ms(quantile(answers, 0.95))}; all joined in ${seconds(joined)}`,
      target: '5,000: one core, 1 GB',
      peers: '',
    };
    say(`${row.what}: ${row.ours}`);
    return [row];
  } finally {
    for (const beat of beats) clearInterval(beat);
    for (const { socket } of agents) socket.terminate();
    await hub.end();
    rmSync(hub.root, { recursive: true, force: true });
  }
}
