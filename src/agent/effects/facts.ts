// What this machine is, in the shape of STAT hub's node JSON, and the figures of it that change.
import { readFileSync } from 'node:fs';
import {
  arch,
  availableParallelism,
  freemem,
  hostname,
  loadavg,
  networkInterfaces,
  release,
  totalmem,
  type,
  type NetworkInterfaceInfo,
} from 'node:os';
import ipaddr from 'ipaddr.js';
import type { NodeFacts, NodeLoad } from '../../model/node.ts';
import { fileSystems } from './file-systems.ts';
import { readHardware } from './hardware.ts';

interface FactsOptions {
  /** `http://host:port` under which this agent is reached, '' where it listens on loopback only. */
  agentAddress: string;
  tags: string[];
  capabilities: NodeFacts['capabilities'];
  isolation: NodeFacts['isolation'];
  allocatable: NodeFacts['allocatable'];
  ports: [number, number];
  version: string;
  /** Told of what could not be read. */
  missing: (why: string) => void;
}

/** Reads what seldom changes and a start cannot wait for. */
export async function readFacts(options: FactsOptions): Promise<NodeFacts> {
  const networks = Object.entries(networkInterfaces()).map(([name, addresses = []]) => networkOf(name, addresses));
  const machine = await readHardware(options.missing);
  const total = totalmem();
  const cores = availableParallelism();
  return {
    hostname: hostname(),
    agentAddress: options.agentAddress,
    os: {
      name: type(),
      version: release(),
      cpus: cores,
      architecture: arch() === 'x64' ? 'amd64' : arch(),
      distribution: machine.os,
    },
    hardware: machine.hardware,
    // STAT hub: `total` is what the system can use, `ram` what is built in (rounded up to 8 MiB banks by its library).
    memory: { total, ram: Math.ceil(total / (8 * 1024 ** 2)) * 8 * 1024 ** 2 },
    networks: networks.filter((network) => network !== null),
    disks: fileSystems(machine.disks),
    tags: options.tags,
    capabilities: options.capabilities,
    isolation: options.isolation,
    allocatable: options.allocatable,
    ports: options.ports,
    version: options.version,
  };
}

/** What a load reading compares itself with: cpu ticks and network bytes of the reading before. */
export interface LoadBaseline {
  busy: number;
  all: number;
  in: number;
  out: number;
  at: number;
}

/** Reads the figures that change. `before` null: cpu since boot, network rates 0. Rates are bytes a second. */
export async function readLoad(
  storeDirectory: string,
  before: LoadBaseline | null,
): Promise<{ load: NodeLoad; baseline: LoadBaseline }> {
  const at = Date.now();
  const { all, busy } = processorTicks();
  const net = networkBytes();
  const free = availableMemory();
  const disk = await diskOf(storeDirectory);
  const seconds = before ? Math.max((at - before.at) / 1000, 0.001) : 1;
  const [one, five, fifteen] = loadavg();
  return {
    load: {
      at,
      load: [one ?? 0, five ?? 0, fifteen ?? 0],
      cpu: before ? (all > before.all ? (busy - before.busy) / (all - before.all) : 0) : all ? busy / all : 0,
      memUsed: totalmem() - free,
      diskUsed: disk.used,
      netIn: before ? Math.max(0, (net.in - before.in) / seconds) : 0,
      netOut: before ? Math.max(0, (net.out - before.out) / seconds) : 0,
    },
    baseline: { busy, all, in: net.in, out: net.out, at },
  };
}

async function diskOf(directory: string): Promise<{ total: number; used: number }> {
  const { statfs } = await import('node:fs/promises');
  const s = await statfs(directory).catch(() => null);
  return s ? { total: s.blocks * s.bsize, used: (s.blocks - s.bfree) * s.bsize } : { total: 0, used: 0 };
}

/** By its IPv4 address, else its IPv6 one; null for an interface without any. */
function networkOf(name: string, addresses: readonly NetworkInterfaceInfo[]): NodeFacts['networks'][number] | null {
  const one = addresses.find(({ family }) => family === 'IPv4') ?? addresses[0];
  if (!one) return null;
  const [mtu, flags] = [read(`/sys/class/net/${name}/mtu`), read(`/sys/class/net/${name}/flags`)];
  return {
    address: one.address,
    name,
    mtu: Number(mtu) || 0,
    broadcast: one.family === 'IPv4' ? broadcastOf(one.address, one.netmask) : '0.0.0.0',
    netmask: one.netmask,
    hwaddr: one.mac.toUpperCase(),
    type: one.internal ? 'Local Loopback' : 'Ethernet',
    flags: Number(flags) || 0,
    description: name,
    distination: '0.0.0.0',
    metric: 0,
  };
}

/** Of all processors since the boot, by their sum: `cpus()` asks each for its clock, too, which nobody wants to know here. */
function processorTicks(): { all: number; busy: number } {
  const [, user = 0, nice = 0, system = 0, idle = 0, , irq = 0] = (read('/proc/stat').split('\n')[0] ?? '')
    .split(/\s+/)
    .map(Number);
  const busy = user + nice + system + irq;
  return { all: busy + idle, busy };
}

function networkBytes(): { in: number; out: number } {
  const sum = { in: 0, out: 0 };
  for (const line of read('/proc/net/dev').split('\n').slice(2)) {
    const [name, figures] = line.split(':');
    if (!figures || name?.trim() === 'lo') continue;
    const columns = figures.trim().split(/\s+/).map(Number);
    sum.in += columns[0] ?? 0;
    sum.out += columns[8] ?? 0;
  }
  return sum;
}

/** Memory that can be had without swapping: the page cache counts as free. */
function availableMemory(): number {
  const found = /^MemAvailable:\s+(\d+) kB/m.exec(read('/proc/meminfo'));
  return found ? Number(found[1]) * 1024 : freemem();
}

/** Of the kernel, which answers at once: a hand-over to a thread for each of four steps costs ten times as much. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function broadcastOf(address: string, netmask: string): string {
  try {
    return ipaddr.IPv4.broadcastAddressFromCIDR(
      `${address}/${ipaddr.IPv4.parse(netmask).prefixLengthFromSubnetMask()}`,
    ).toString();
  } catch {
    return '0.0.0.0';
  }
}
