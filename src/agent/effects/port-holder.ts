// Who listens on a port: asked only when a port that an app wants is taken, or to see that a program listens.
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';
import type { PortHolder } from './ports.ts';

const listening = '0A'; // TCP_LISTEN in /proc/net/tcp

/** Inodes of the listening sockets, by port. */
function listeners(): Map<number, Set<string>> {
  const found = new Map<number, Set<string>>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    let text: string;
    try {
      text = readFileSync(table, 'latin1');
    } catch {
      continue;
    } // no IPv6
    for (const line of text.split('\n').slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[3] !== listening) continue;
      const port = Number.parseInt(fields[1]!.slice(fields[1]!.lastIndexOf(':') + 1), 16);
      (found.get(port) ?? found.set(port, new Set()).get(port)!).add(fields[9]!);
    }
  }
  return found;
}

/**
 * The process that listens on a port; null when nobody does, or when it is another user's and this agent is not root.
 * Reads the descriptors of every process: only for a message.
 */
export function findPortHolder(port: number): PortHolder | null {
  const inodes = listeners().get(port);
  if (!inodes) return null;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    let fds: string[];
    try {
      fds = readdirSync(`/proc/${name}/fd`);
    } catch {
      continue;
    } // gone, or not ours to read
    for (const fd of fds) {
      let target: string;
      try {
        target = readlinkSync(`/proc/${name}/fd/${fd}`);
      } catch {
        continue;
      }
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1];
      if (inode !== undefined && inodes.has(inode)) return { pid: Number(name), command: commandOf(name) };
    }
  }
  return null;
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim().slice(0, 200);
  } catch {
    return '';
  }
}
