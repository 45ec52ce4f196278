// Programs must inherit nothing: whoever started the agent (a shell, an init script, an IDE) may have left descriptors open
// without O_CLOEXEC, and they would reach every program.
import { closeSync, readFileSync, readdirSync } from 'node:fs';

// O_CLOEXEC is not in node's constants; its value differs by architecture (alpha, parisc, sparc), not on those node runs on.
const closeOnExec = 0o2000000;

/**
 * Closes every descriptor above 2 that an exec would hand on. Call once, first thing at the agent's start, before anything is opened.
 * What node itself opens has the flag and stays.
 * @returns the closed descriptors
 */
export function closeInherited(): number[] {
  const closed: number[] = [];
  if (process.platform !== 'linux') return closed;
  for (const name of readdirSync('/proc/self/fd')) {
    const fd = Number(name);
    if (fd <= 2) continue;
    const flags = readFlags(fd);
    if (flags === null || flags & closeOnExec) continue;
    try {
      closeSync(fd);
      closed.push(fd);
    } catch {
      /* the directory's own descriptor: gone with the listing */
    }
  }
  return closed;
}

function readFlags(fd: number): number | null {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1];
    return flags === undefined ? null : Number.parseInt(flags, 8);
  } catch {
    return null;
  }
}
