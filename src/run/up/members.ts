// What `stathub up` consists of: a master and N agents, their directories (README, "Where things are"), their ports, and each agent's
// part of this one machine.
import { createServer } from 'node:net';
import { join } from 'node:path';
import { findPortHolder } from '../../agent/effects/port-holder.ts';
import { holderOf } from '../../store/lock.ts';
import type { Member } from './folder.ts';
import { home } from '../settings/setting.ts';
import { resolve } from '../settings/settings.ts';

export interface HubShape {
  agents: number;
  /** null: 51026 */ port: number | null;
  /** of the first agent; null: 51025 */ agentPort: number | null;
}

const masterPort = 51026;
const agentPort = 51025;
/** The ports that are given to programs, divided among the agents. */
const firstProgramPort = 20_000;
const programPorts = 10_000;
/** How many ports are tried beyond the one that an agent should have. */
const portsTried = 200;

const member = (role: Member['role'], name: string, port: number, args: string[]): Member => ({
  role,
  name,
  directory: join(home(), name),
  port,
  pid: null,
  address: null,
  args: ['--store-directory', join(home(), name), '--port', String(port), ...args],
});

export const masterOf = ({ port }: HubShape): Member => member('master', 'master', port ?? masterPort, []);

/** @param master its address */
export function agentsOf({ agents, agentPort: wanted }: HubShape, master: string): Member[] {
  const share = Math.floor(programPorts / agents);
  const first = wanted ?? agentPort;
  return Array.from({ length: agents }, (_, index) => {
    const k = index + 1;
    const port = first === 0 ? 0 : k === 1 ? first : first + 5 + k;
    const low = firstProgramPort + index * share;
    const ports = `${low}-${low + share - 1}`;
    return member('agent', k === 1 ? 'agent' : `agent-${k}`, port, [
      '--master',
      master,
      '--ports',
      ports,
      ...shareOf(agents),
    ]);
  });
}

/** Memory and cores of a machine are given away once, however many agents it has. */
function shareOf(agents: number): string[] {
  if (agents === 1) return [];
  const inForce = resolve('agent', {}, process.env, null);
  const partOf = (name: string): number => Number(inForce[name]!.value) / agents;
  return [
    '--overcommit',
    partOf('overcommit').toFixed(4),
    '--reserve-memory',
    String(Math.floor(partOf('reserve-memory'))),
  ];
}

/** What runs under an address and is to have that port: the address of the running one, where its port is another; else null. */
export async function runsElsewhere({ directory }: Member, wanted: number | null): Promise<string | null> {
  const address = (await holderOf(directory))?.address ?? null;
  if (address === null || wanted === null || wanted === 0) return null;
  return Number(new URL(address).port) === wanted ? null : address;
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((found) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => found(error.code !== 'EADDRINUSE')); // anything else is told by the daemon
    server.listen({ port, host: process.env['STATHUB_BIND'] ?? '127.0.0.1', exclusive: true }, () =>
      server.close(() => found(true)),
    );
  });

/** Who has a port, as the end of a sentence. */
export function holderText(port: number): string {
  const holder = findPortHolder(port);
  return holder === null
    ? 'by a process of another user'
    : `by pid ${holder.pid} (${holder.command.slice(0, 60).trim()})`;
}

/**
 * The member with a port that it can have. One that runs already keeps its own.
 * @param taken of members before it
 * @returns `instead`: the port it should have had, which somebody else has; null: none that is near is free
 */
export async function withFreePort(
  one: Member,
  taken: Set<number>,
): Promise<{ member: Member; instead: number | null } | null> {
  if (one.port === 0 || (await holderOf(one.directory)) !== null) return { member: one, instead: null };
  for (let port = one.port; port < Math.min(one.port + portsTried, 65_536); port += 1) {
    if (taken.has(port) || !(await isFree(port))) continue;
    taken.add(port);
    const args = one.args.map((word, index) => (one.args[index - 1] === '--port' ? String(port) : word));
    return { member: { ...one, port, args }, instead: port === one.port ? null : one.port };
  }
  return null;
}
