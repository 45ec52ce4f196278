// Mounted file systems in STAT hub's shape.
import type { NodeFacts } from '../../model/node.ts';
import type { Hardware } from './hardware.ts';

/** File systems that are memory, or a view of another one. */
const noDisk = /^(?:devtmpfs|tmpfs|ramfs|squashfs|overlay|efivarfs)$/;

/** Those that have a size. */
export function fileSystems(disks: Hardware['disks']): NodeFacts['disks'] {
  return disks
    .filter(({ total, dirName, sysTypeName }) => total > 0 && (dirName === '/' || !noDisk.test(sysTypeName)))
    .map((disk) => ({ ...disk, flags: 0, ...kindOf(disk.sysTypeName) }));
}

/** STAT hub's numbers for kinds of file system (those of its SIGAR library). */
function kindOf(fileSystem: string): { type: number; typeName: string } {
  if (/^(nfs|cifs|smb|fuse\.sshfs|glusterfs|ceph)/i.test(fileSystem)) return { type: 3, typeName: 'remote' };
  if (/^(tmpfs|ramfs)/i.test(fileSystem)) return { type: 4, typeName: 'ram' };
  if (/^(iso9660|udf)/i.test(fileSystem)) return { type: 5, typeName: 'cdrom' };
  return { type: 2, typeName: 'local' };
}
