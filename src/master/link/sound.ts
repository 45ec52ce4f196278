// What an agent reports, brought into shape: an agent of another version, or a broken one, must not break the master.
import type { Exceeded, InstanceStatus, InstanceView, Usage } from '../../model/instance/instance.ts';
import type { NodeFacts, NodeLoad } from '../../model/node.ts';
import type { UsageAnswer } from '../../model/instance/usage.ts';

type Raw = Record<string, unknown>;
const object = (value: unknown): Raw =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Raw) : {};
const text = (value: unknown, fallback = ''): string => (typeof value === 'string' ? value.slice(0, 1000) : fallback);
const number = (value: unknown, fallback = 0): number =>
  typeof value === 'number' && Number.isFinite(value) ? value : fallback;
const whole = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) ? value : null;
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const oneOf = <T extends string>(value: unknown, known: readonly T[], fallback: T): T =>
  known.includes(value as T) ? (value as T) : fallback;

const statuses: readonly InstanceStatus[] = [
  'pending',
  'fetching',
  'starting',
  'running',
  'unhealthy',
  'killing',
  'restarting',
  'stopped',
  'failed',
  'lost',
  'unknown',
];
const reasons = [
  'exited',
  'signal',
  'oom',
  'disk',
  'unhealthy',
  'stop',
  'update',
  'start-timeout',
  'port-taken',
  'partition',
  'no-room',
  'disk-full',
  'not-started',
  'unknown',
] as const;

/** Samples of five minutes, at the fastest pace there is. */
const mostSamples = 1000;

/** It is part of keys and paths. */
const instanceId = /^[A-Za-z0-9][\w.-]{0,149}$/;

/** An agent that says nothing of its limits (before 0.2) holds programs to those of their shell. */
function soundIsolation(value: unknown): NodeFacts['isolation'] {
  const raw = object(value);
  const not = list(raw.not)
    .slice(0, 50)
    .map(object)
    .map(({ limit, why }) => ({ limit: text(limit), why: text(why) }));
  return {
    cgroup: oneOf(raw.cgroup, ['v2', 'v1', 'mixed', 'none'] as const, 'none'),
    enforced: list(raw.enforced)
      .filter((name): name is string => typeof name === 'string')
      .slice(0, 50),
    not,
  };
}

/** The facts of a node, every field there. */
export function soundFacts(reported: NodeFacts, version: string): NodeFacts {
  const raw = object(reported),
    os = object(raw.os),
    hardware = object(raw.hardware),
    memory = object(raw.memory),
    can = object(raw.capabilities),
    give = object(raw.allocatable);
  const ports = list(raw.ports);
  const total = number(memory.total);
  return {
    hostname: text(raw.hostname, 'unnamed'),
    agentAddress: text(raw.agentAddress),
    os: {
      name: text(os.name),
      version: text(os.version),
      cpus: number(os.cpus, 1),
      architecture: text(os.architecture),
      distribution: text(os.distribution),
    },
    hardware: { vendor: text(hardware.vendor), model: text(hardware.model), cpu: text(hardware.cpu) },
    memory: { total, ram: number(memory.ram, total) },
    networks: list(raw.networks).slice(0, 200).map(object) as unknown as NodeFacts['networks'],
    disks: list(raw.disks).slice(0, 200).map(object) as unknown as NodeFacts['disks'],
    tags: list(raw.tags)
      .filter((tag): tag is string => typeof tag === 'string')
      .slice(0, 500),
    capabilities: {
      membership: oneOf(can.membership, ['cgroup2', 'cgroup1', 'session'] as const, 'session'),
      limits: oneOf(can.limits, ['cgroup2', 'cgroup1', 'rlimits'] as const, 'rlimits'),
      rotation: oneOf(can.rotation, ['collapse', 'punch', 'copy-truncate'] as const, 'copy-truncate'),
    },
    isolation: soundIsolation(raw.isolation),
    allocatable: {
      cpus: number(give.cpus, number(os.cpus, 1)),
      mem: number(give.mem, total),
      disk: number(give.disk, 0),
    },
    ports: [number(ports[0], 20000), number(ports[1], 29999)],
    version: text(raw.version, version),
  };
}

export function soundLoad(reported: NodeLoad): NodeLoad {
  const raw = object(reported),
    load = list(raw.load);
  return {
    at: number(raw.at),
    load: [number(load[0]), number(load[1]), number(load[2])],
    cpu: number(raw.cpu),
    memUsed: number(raw.memUsed),
    diskUsed: number(raw.diskUsed),
    netIn: number(raw.netIn),
    netOut: number(raw.netOut),
  };
}

function soundExit(value: unknown): InstanceView['exit'] {
  if (typeof value !== 'object' || value === null) return null;
  const raw = object(value);
  return {
    code: whole(raw.code),
    signal: whole(raw.signal),
    reason: oneOf(raw.reason, reasons, 'unknown'),
    at: number(raw.at),
    durationMs: number(raw.durationMs),
    launch: number(raw.launch),
    core: raw.core === true,
    peakMem: whole(raw.peakMem),
    by: typeof raw.by === 'string' ? raw.by : null,
    text: typeof raw.text === 'string' ? text(raw.text) : null,
    quota: soundQuota(raw.quota),
    tail: list(raw.tail)
      .slice(-50)
      .map((line) => text(line)),
  };
}

function soundQuota(value: unknown): Exceeded | null {
  const raw = object(value);
  return raw.what === 'memory' || raw.what === 'disk'
    ? { what: raw.what, used: number(raw.used), limit: number(raw.limit) }
    : null;
}

const figure = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null);

function soundUsage(value: unknown): Usage | null {
  if (typeof value !== 'object' || value === null) return null;
  const raw = object(value);
  return {
    at: number(raw.at),
    cpu: figure(raw.cpu),
    mem: figure(raw.mem),
    fds: figure(raw.fds),
    processes: figure(raw.processes),
    threads: figure(raw.threads),
    disk: figure(raw.disk),
    ioRead: figure(raw.ioRead),
    ioWrite: figure(raw.ioWrite),
    cpuShare: figure(raw.cpuShare),
    memShare: figure(raw.memShare),
  };
}

/** What an agent answers to `usage`; null: another version's answer. */
export function soundUsageAnswer(value: unknown): UsageAnswer | null {
  const { now, recent } = object(value),
    raw = object(recent);
  if (!Array.isArray(raw.at)) return null;
  const column = (name: string): (number | null)[] => list(raw[name]).slice(0, mostSamples).map(figure);
  return {
    now: soundUsage(now),
    recent: {
      at: list(raw.at)
        .slice(0, mostSamples)
        .map((at) => number(at)),
      cpu: column('cpu'),
      mem: column('mem'),
      ioRead: column('ioRead'),
      ioWrite: column('ioWrite'),
    },
  };
}

function soundReason(value: unknown): InstanceView['reason'] {
  if (typeof value !== 'object' || value === null) return null;
  const raw = object(value),
    next = object(raw.next);
  return {
    code: text(raw.code),
    text: text(raw.text),
    next: raw.next ? { what: text(next.what), at: whole(next.at) } : null,
  };
}

/** One instance as its node reports it; null when it names none. */
export function soundInstance(reported: InstanceView, node: string): InstanceView | null {
  const raw = object(reported);
  const slot = whole(raw.slot);
  if (typeof raw.id !== 'string' || !instanceId.test(raw.id) || typeof raw.app !== 'string' || slot === null)
    return null;
  const escalated = object(raw.escalated);
  return {
    id: raw.id,
    app: raw.app,
    slot,
    place: raw.place === 'b' ? 'b' : 'a',
    node,
    revision: number(raw.revision),
    epoch: number(raw.epoch),
    owner: text(raw.owner),
    goal: oneOf(raw.goal, ['run', 'leave', 'stop'] as const, 'run'),
    status: oneOf(raw.status, statuses, 'unknown'),
    state: typeof raw.state === 'string' ? raw.state : null,
    pid: whole(raw.pid),
    ports: list(raw.ports).map((port) => number(port)),
    user: typeof raw.user === 'string' ? raw.user : null,
    debugPort: whole(raw.debugPort),
    consolePort: whole(raw.consolePort),
    startedAt: whole(raw.startedAt),
    readyAt: whole(raw.readyAt),
    restarts: number(raw.restarts),
    launch: number(raw.launch),
    exit: soundExit(raw.exit),
    health: list(raw.health)
      .map(object)
      .map((h) => ({
        index: number(h.index),
        role: oneOf(h.role, ['live', 'ready', 'startup'] as const, 'live'),
        status: oneOf(h.status, ['waiting', 'passing', 'failing'] as const, 'waiting'),
        failures: number(h.failures),
        at: number(h.at),
        detail: text(h.detail),
      })),
    usage: soundUsage(raw.usage),
    reason: soundReason(raw.reason),
    escalated: raw.escalated ? { launch: number(escalated.launch), deaths: number(escalated.deaths) } : null,
    at: number(raw.at),
  };
}
