// A node: STAT hub's node JSON plus what the hub knows of it.
import type { Reason } from './app/app.ts';

export type NodeStatus = 'joining' | 'ready' | 'cordoned' | 'draining' | 'suspect' | 'lost';

/**
 * Which limits of an app this node holds programs to: `memory swap cpus processes fds fileSize nice umask disk user`.
 * `cgroup`: what the kernel's part of them comes from ('mixed': some of v1 and some of v2).
 */
export interface Isolation {
  cgroup: 'v2' | 'v1' | 'mixed' | 'none';
  enforced: string[];
  /** What is not, and why. */ not: { limit: string; why: string }[];
}

export interface Gpu {
  vendor: string;
  model: string;
  /** Bytes; absent where it does not tell. */
  vram?: number;
}

/** What the machine is built of. What may be absent is known some seconds after an agent's first start, or not at all. */
export interface NodeHardware {
  /** As the machine's firmware and processor call themselves; '' where they do not. */
  vendor: string;
  model: string;
  cpu: string;
  /** Of the processor. */
  maker?: string;
  brand?: string;
  /** Without those that hyper-threading adds. */
  physicalCores?: number;
  /** GHz. */
  speed?: number;
  /** A virtual machine. */
  virtual?: boolean;
  /** Empty: it has none that a driver or the bus tells of. */
  gpus?: Gpu[];
}

/** What an agent reports of its machine, in STAT hub's spelling (`distination` is STAT hub's). */
export interface NodeFacts {
  hostname: string;
  agentAddress: string;
  /** `version`: of the kernel. `codename`: of the distribution, absent until it is known or where it has none. */
  os: { name: string; version: string; cpus: number; architecture: string; distribution: string; codename?: string };
  hardware: NodeHardware;
  /** bytes; `ram` in bytes as well */
  memory: { total: number; ram: number };
  networks: {
    address: string;
    name: string;
    mtu: number;
    broadcast: string;
    netmask: string;
    hwaddr: string;
    type: string;
    flags: number;
    description: string;
    distination: string;
    metric: number;
  }[];
  disks: {
    dirName: string;
    devName: string;
    sysTypeName: string;
    option: string;
    total: number;
    flags: number;
    type: number;
    typeName: string;
  }[];
  tags: string[];
  /** What this agent can do: process membership and limits, output rotation. */
  capabilities: {
    membership: 'cgroup2' | 'cgroup1' | 'session';
    limits: 'cgroup2' | 'cgroup1' | 'rlimits';
    rotation: 'collapse' | 'punch' | 'copy-truncate';
  };
  isolation: Isolation;
  /** Bytes of memory that may be given away (after --reserve-memory and --overcommit); cores; bytes of disk. */
  allocatable: { cpus: number; mem: number; disk: number };
  /** The agent's port range, inclusive. */
  ports: [number, number];
  version: string;
}

/** Changing figures, every 10 s. Fractions 0..1 for cpu, bytes else. */
export interface NodeLoad {
  at: number;
  load: [number, number, number];
  cpu: number;
  memUsed: number;
  diskUsed: number;
  netIn: number;
  netOut: number;
  /** What its agent cannot write down now; absent or null: nothing. */
  trouble?: NodeTrouble | null;
}

/** `text`: a sentence without its full stop; `since`: epoch ms. */
export interface NodeTrouble {
  code: string;
  text: string;
  since: number;
}

/** Stored as `nodes`, key = id. */
export interface NodeRecord {
  id: string;
  machineId: string;
  facts: NodeFacts;
  /** Set at the hub; win over the agent's own tags when not null. */
  tags: string[] | null;
  envs: Record<string, string>;
  cordoned: boolean;
  drain: { by: string; at: number; deadlineAt: number | null } | null;
  /** How the last drain ended, until it is uncordoned or drained again; absent in records of before. */
  drained?: { by: string; at: number } | null;
  /** What its agent asked for (SIGUSR2), named by the agent's own time, and what became of it; absent in records of before. */
  evacuation?: { at: number; state: 'under-way' | 'done' | 'off' } | null;
  /** Run number of the agent last seen; the newest wins. */
  run: number;
  /** Last beat known to the store (written behind), epoch ms. */
  beatAt: number;
  term: number;
}

/** A node as the API gives it: STAT hub's JSON and more. Also the document that node queries and placement match. */
export interface NodeView extends Omit<NodeFacts, 'tags'> {
  id: string;
  status: NodeStatus;
  reason: Reason | null;
  tags: string[];
  envs: Record<string, string>;
  allocated: { cpus: number; mem: number; disk: number; instances: number };
  load: NodeLoad | null;
  beatAt: number;
  link: 'websocket' | 'poll' | 'none';
  version: string;
}

/** Of an agent's address, without its port. */
const hostOf = (address: string): string => address.replace(/:\d+\/?$/, '');

/** One node of each machine: several agents of one machine each report all that it has and uses. */
export function oncePerMachine<T extends Pick<NodeView, 'hostname' | 'agentAddress'>>(nodes: readonly T[]): T[] {
  return [...new Map(nodes.map((node) => [`${node.hostname} ${hostOf(node.agentAddress)}`, node])).values()];
}
