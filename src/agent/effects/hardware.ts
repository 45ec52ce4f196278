// What seldom changes of this machine and Node does not know, as far as a start cannot wait for it: read from the kernel's files, without a
// process or a library. The rest is asked for later (hardware-process.ts).
import { readFile, statfs } from 'node:fs/promises';
import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

export interface Hardware {
  /** Distribution and its version. */
  os: string;
  hardware: { vendor: string; model: string; cpu: string };
  /** Mounted file systems of this machine's own disks, sizes in bytes. */
  disks: { devName: string; sysTypeName: string; total: number; dirName: string; option: string }[];
}

/** A disk that is slower is left out: its size is no reason to start later. */
const timeoutMs = 2000;

const read = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
const word = (text: string): string => text.replaceAll('\0', '').trim();

/** @param missing is told of each part that could not be read, and why */
export async function readHardware(missing: (why: string) => void): Promise<Hardware> {
  const [os, vendor, product, board, disks] = await Promise.all([
    distribution(),
    read('/sys/devices/virtual/dmi/id/sys_vendor'),
    read('/sys/devices/virtual/dmi/id/product_name'),
    read('/proc/device-tree/model'), // where no BIOS tells, as on ARM
    readDisks(missing),
  ]);
  const cpu = cpus()[0]?.model.trim() ?? '';
  return { os, hardware: { vendor: word(vendor), model: word(product) || word(board), cpu }, disks };
}

/** os-release(5): `Debian GNU/Linux 12`. */
async function distribution(): Promise<string> {
  const text = (await read('/etc/os-release')) || (await read('/usr/lib/os-release'));
  const field = (name: string): string =>
    new RegExp(`^${name}=(.*)$`, 'm').exec(text)?.[1]?.replace(/^(["'])(.*)\1$/, '$2') ?? '';
  return [field('NAME'), field('VERSION_ID')].filter(Boolean).join(' ');
}

/**
 * The root, and what the kernel needs a block device for (or ZFS): a dead network file system would hold whoever asks for its size.
 * Of several mounts of one device the one that is nearest to the root.
 */
async function readDisks(missing: (why: string) => void): Promise<Hardware['disks']> {
  const [mounts, kinds] = await Promise.all([read('/proc/mounts'), read('/proc/filesystems')]);
  const onDisk = new Set([...kinds.matchAll(/^\t(\S+)$/gm)].map((match) => match[1]!)).add('zfs');
  const mounted = new Map<string, Omit<Hardware['disks'][number], 'total'>>(); // of two at one place the later one is seen
  for (const line of mounts.split('\n')) {
    const [device = '', path = '', sysTypeName = '', option = ''] = line.split(' ');
    const dirName = plainPath(path);
    if (dirName === '/' || onDisk.has(sysTypeName))
      mounted.set(dirName, { devName: plainPath(device), sysTypeName, dirName, option });
  }
  const farFirst = [...mounted.values()].sort((a, b) => b.dirName.length - a.dirName.length);
  const nearest = new Map(farFirst.map((mount) => [mount.devName, mount]));
  const found = await Promise.all(
    [...nearest.values()].map(async (mount) => {
      try {
        const size = await Promise.race([statfs(mount.dirName), delay(timeoutMs, null, { ref: false })]);
        if (!size) throw new Error(`no answer within ${timeoutMs / 1000} s`);
        return [{ ...mount, total: size.blocks * size.bsize }];
      } catch (error) {
        missing(`disk ${mount.dirName}: ${(error as Error).message}`);
        return [];
      }
    }),
  );
  return found.flat();
}

/** The kernel writes blanks in a path as \040. */
export const plainPath = (path: string): string =>
  path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
