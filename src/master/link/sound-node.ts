// What an agent reports of its node, brought into shape (sound.ts has its instances).
import type { NodeFacts, NodeHardware, NodeLoad } from '../../model/node.ts';
import { object, text, number, list, oneOf } from './raw.ts';

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

const mostGpus = 64;

/** Only what is known of the hardware: an absent field is found by no query, an empty one by some. */
function soundHardware(value: unknown): NodeHardware {
  const raw = object(value);
  const sound: NodeHardware = { vendor: text(raw.vendor), model: text(raw.model), cpu: text(raw.cpu) };
  for (const name of ['maker', 'brand'] as const) if (typeof raw[name] === 'string') sound[name] = text(raw[name]);
  for (const name of ['physicalCores', 'speed'] as const)
    if (typeof raw[name] === 'number' && Number.isFinite(raw[name])) sound[name] = raw[name];
  if (typeof raw.virtual === 'boolean') sound.virtual = raw.virtual;
  if (Array.isArray(raw.gpus))
    sound.gpus = raw.gpus
      .slice(0, mostGpus)
      .map(object)
      .map(({ vendor, model, vram }) => ({
        vendor: text(vendor),
        model: text(model),
        ...(typeof vram === 'number' && Number.isFinite(vram) ? { vram } : {}),
      }));
  return sound;
}

/** The facts of a node, every field there that may not be absent. */
export function soundFacts(reported: NodeFacts, version: string): NodeFacts {
  const raw = object(reported);
  const os = object(raw.os);
  const memory = object(raw.memory);
  const can = object(raw.capabilities);
  const give = object(raw.allocatable);
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
      ...(typeof os.codename === 'string' ? { codename: text(os.codename) } : {}),
    },
    hardware: soundHardware(raw.hardware),
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
  const raw = object(reported);
  const load = list(raw.load);
  return {
    at: number(raw.at),
    load: [number(load[0]), number(load[1]), number(load[2])],
    cpu: number(raw.cpu),
    memUsed: number(raw.memUsed),
    diskUsed: number(raw.diskUsed),
    netIn: number(raw.netIn),
    netOut: number(raw.netOut),
    trouble: soundTrouble(raw.trouble),
  };
}

function soundTrouble(value: unknown): NodeLoad['trouble'] {
  if (typeof value !== 'object' || value === null) return null;
  const raw = object(value);
  return { code: text(raw.code, 'not-written'), text: text(raw.text, ''), since: number(raw.since) };
}
