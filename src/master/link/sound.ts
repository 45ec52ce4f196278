// What an agent reports, brought into shape: an agent of another version, or a broken one, must not break the master.
import { exitReasons, instanceStatuses } from '../../model/instance/instance.ts';
import type { Exceeded, InstanceView, Usage } from '../../model/instance/instance.ts';
import type { UsageAnswer } from '../../model/instance/usage.ts';
import { object, text, number, whole, list, oneOf } from './raw.ts';

/** Samples of five minutes, at the fastest pace there is. */
const mostSamples = 1000;

/** It is part of keys and paths. */
const instanceId = /^[A-Za-z0-9][\w.-]{0,149}$/;

function soundExit(value: unknown): InstanceView['exit'] {
  if (typeof value !== 'object' || value === null) return null;
  const raw = object(value);
  return {
    code: whole(raw.code),
    signal: whole(raw.signal),
    reason: oneOf(raw.reason, exitReasons, 'unknown'),
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
  const { now, recent } = object(value);
  const raw = object(recent);
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
  const raw = object(value);
  const next = object(raw.next);
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
    status: oneOf(raw.status, instanceStatuses, 'unknown'),
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
