// What this machine is, in the shape of STAT hub's node JSON, read through systeminformation (imported when first asked).
import { readFile } from 'node:fs/promises';
import { arch, availableParallelism, cpus, hostname, loadavg, release, totalmem } from 'node:os';
import ipaddr from 'ipaddr.js';
import type { NodeFacts, NodeLoad } from '../../model/node.ts';

export interface FactsOptions {
  /** `http://host:port` under which this agent is reached, '' where it listens on loopback only. */
  agentAddress: string;
  tags: string[];
  /** Where instances live: its file system is the node's disk. */
  storeDirectory: string;
  /** Bytes kept from being given away. */
  reserveMemory: number;
  /** How often memory and cpus may be given away: 1.0 is once. */
  overcommit: number;
  capabilities: NodeFacts['capabilities'];
  ports: [number, number];
  version: string;
}

const information = async () => (await import('systeminformation')).default;

/** Reads everything that seldom changes: 100 ms or so. */
export async function readFacts(options: FactsOptions): Promise<NodeFacts> {
  const si = await information();
  const [os, interfaces, disks, options_] = await Promise.all([si.osInfo(), si.networkInterfaces(), si.fsSize(), mountOptions()]);
  const networks = await Promise.all((Array.isArray(interfaces) ? interfaces : [interfaces]).filter((n) => n.ip4 || n.ip6).map(async (n) => ({
    address: n.ip4 || n.ip6,
    name: n.iface,
    mtu: n.mtu ?? 0,
    broadcast: broadcastOf(n.ip4, n.ip4subnet),
    netmask: n.ip4subnet || n.ip6subnet,
    hwaddr: n.mac.toUpperCase(),
    type: n.internal ? 'Local Loopback' : 'Ethernet',
    flags: Number(await read(`/sys/class/net/${n.iface}/flags`)) || 0,
    description: n.ifaceName || n.iface,
    distination: '0.0.0.0',
    metric: 0,
  })));
  const total = totalmem();
  const cores = availableParallelism();
  const disk = await diskOf(options.storeDirectory);
  return {
    hostname: hostname(),
    agentAddress: options.agentAddress,
    os: { name: os.distro && os.platform === 'linux' ? 'Linux' : os.distro || os.platform, version: release(), cpus: cores, architecture: arch() === 'x64' ? 'amd64' : arch() },
    // STAT hub: `total` is what the system can use, `ram` what is built in (rounded up to 8 MiB banks by its library).
    memory: { total, ram: Math.ceil(total / (8 * 1024 ** 2)) * 8 * 1024 ** 2 },
    networks,
    disks: disks.filter((d) => d.size > 0).map((d) => ({
      dirName: d.mount, devName: d.fs, sysTypeName: d.type, option: options_.get(d.mount) ?? '', total: d.size, flags: 0, ...kindOf(d.type),
    })),
    tags: options.tags,
    capabilities: options.capabilities,
    allocatable: { cpus: cores * options.overcommit, mem: Math.max(0, Math.floor(total * options.overcommit) - options.reserveMemory), disk: disk.total },
    ports: options.ports,
    version: options.version,
  };
}

/** What a load reading compares itself with: cpu ticks and network bytes of the reading before. */
export interface LoadBaseline { busy: number; all: number; in: number; out: number; at: number }

/** Reads the figures that change. `before` null: cpu since boot, network rates 0. Rates are bytes a second. */
export async function readLoad(storeDirectory: string, before: LoadBaseline | null): Promise<{ load: NodeLoad; baseline: LoadBaseline }> {
  const at = Date.now();
  const ticks = cpus().map((c) => c.times);
  const all = ticks.reduce((n, t) => n + t.user + t.nice + t.sys + t.idle + t.irq, 0);
  const busy = all - ticks.reduce((n, t) => n + t.idle, 0);
  const [net, free, disk] = await Promise.all([networkBytes(), availableMemory(), diskOf(storeDirectory)]);
  const seconds = before ? Math.max((at - before.at) / 1000, 0.001) : 1;
  const [one, five, fifteen] = loadavg();
  return {
    load: {
      at, load: [one ?? 0, five ?? 0, fifteen ?? 0],
      cpu: before ? (all > before.all ? (busy - before.busy) / (all - before.all) : 0) : all ? busy / all : 0,
      memUsed: totalmem() - free, diskUsed: disk.used,
      netIn: before ? Math.max(0, (net.in - before.in) / seconds) : 0, netOut: before ? Math.max(0, (net.out - before.out) / seconds) : 0,
    },
    baseline: { busy, all, in: net.in, out: net.out, at },
  };
}

async function diskOf(directory: string): Promise<{ total: number; used: number }> {
  const { statfs } = await import('node:fs/promises');
  const s = await statfs(directory).catch(() => null);
  return s ? { total: s.blocks * s.bsize, used: (s.blocks - s.bfree) * s.bsize } : { total: 0, used: 0 };
}

async function networkBytes(): Promise<{ in: number; out: number }> {
  const table = await read('/proc/net/dev');
  if (!table) {
    const stats = await (await information()).networkStats('*');
    return stats.reduce((sum, s) => ({ in: sum.in + s.rx_bytes, out: sum.out + s.tx_bytes }), { in: 0, out: 0 });
  }
  const sum = { in: 0, out: 0 };
  for (const line of table.split('\n').slice(2)) {
    const [name, figures] = line.split(':');
    if (!figures || name?.trim() === 'lo') continue;
    const columns = figures.trim().split(/\s+/).map(Number);
    sum.in += columns[0] ?? 0;
    sum.out += columns[8] ?? 0;
  }
  return sum;
}

/** Memory that can be had without swapping: the page cache counts as free. */
async function availableMemory(): Promise<number> {
  const found = /^MemAvailable:\s+(\d+) kB/m.exec(await read('/proc/meminfo'));
  return found ? Number(found[1]) * 1024 : (await (await information()).mem()).available;
}

async function mountOptions(): Promise<Map<string, string>> {
  return new Map((await read('/proc/mounts')).split('\n').map((line) => line.split(' ')).map((f) => [f[1] ?? '', f[3] ?? '']));
}

const read = (path: string) => readFile(path, 'utf8').catch(() => '');

function broadcastOf(address: string, netmask: string): string {
  try { return ipaddr.IPv4.broadcastAddressFromCIDR(`${address}/${ipaddr.IPv4.parse(netmask).prefixLengthFromSubnetMask()}`).toString(); } catch { return '0.0.0.0'; }
}

/** STAT hub's numbers for kinds of file system (those of its SIGAR library). */
function kindOf(fileSystem: string): { type: number; typeName: string } {
  if (/^(nfs|cifs|smb|fuse\.sshfs|glusterfs|ceph)/i.test(fileSystem)) return { type: 3, typeName: 'remote' };
  if (/^(tmpfs|ramfs)/i.test(fileSystem)) return { type: 4, typeName: 'ram' };
  if (/^(iso9660|udf)/i.test(fileSystem)) return { type: 5, typeName: 'cdrom' };
  return { type: 2, typeName: 'local' };
}
