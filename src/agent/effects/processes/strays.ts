// Finds processes by the marker in their environment: STAT_NODE, STAT_INSTANCE, STAT_EPOCH. The only scan of all of /proc;
// one at a time serves everyone who asks. 15-23 ms at 2,000 processes, done in slices so that the loop is never held long.
import { readdirSync, readlinkSync } from 'node:fs';
import { hasEnded, readStat, type ProcessStat } from './boot.ts';
import { readProc } from './proc-file.ts';

/** A live process that carries the marker of this node. */
export interface Marked extends ProcessStat {
  instance: string;
  /** STAT_EPOCH, as it stands there; null when it is missing. readStatEpoch (model) takes it apart. */
  epoch: string | null;
}

function value(environ: string, name: string): string | null {
  const at = environ.startsWith(`${name}=`) ? 0 : environ.indexOf(`\0${name}=`) + 1;
  if (at === 0 && !environ.startsWith(`${name}=`)) return null;
  const from = at + name.length + 1;
  const end = environ.indexOf('\0', from);
  return environ.slice(from, end < 0 ? undefined : end);
}

/** The marker of one process; null when it has none of this node, or has ended. Launchers have none: their environment is empty. */
export function readMarker(pid: number, nodeId: string): Marked | null {
  const environ = readProc(`/proc/${pid}/environ`);
  if (environ === null || value(environ, 'STAT_NODE') !== nodeId) return null;
  const instance = value(environ, 'STAT_INSTANCE');
  const stat = readStat(pid);
  if (instance === null || stat === null || hasEnded(stat.state)) return null;
  return { ...stat, instance, epoch: value(environ, 'STAT_EPOCH') };
}

/** Processes by the instance that they belong to. */
export function byInstance(marked: readonly Marked[]): Map<string, Marked[]> {
  const groups = new Map<string, Marked[]>();
  for (const one of marked) {
    const group = groups.get(one.instance);
    if (group) group.push(one);
    else groups.set(one.instance, [one]);
  }
  return groups;
}

/**
 * Looks at every process once, in slices.
 * @param known pids that need no look
 */
export async function scan(nodeId: string, known: ReadonlySet<number> = new Set()): Promise<Marked[]> {
  const found: Marked[] = [];
  let sliceEnd = performance.now() + 5;
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid || known.has(pid)) continue;
    const marked = readMarker(pid, nodeId);
    if (marked) found.push(marked);
    if (performance.now() > sliceEnd) {
      await new Promise((resolve) => setImmediate(resolve));
      sliceEnd = performance.now() + 5;
    }
  }
  return found;
}

/**
 * Whose node the programs are that print into a directory of instances: where nothing else tells who this node is.
 * @param instances absolute
 * @returns the newest one's; null: no such program lives
 */
export function nodeOfPrograms(instances: string): string | null {
  const found: { node: string; startTime: number }[] = [];
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name) || !printsInto(Number(name), `${instances}/`)) continue;
    const node = value(readProc(`/proc/${name}/environ`) ?? '', 'STAT_NODE');
    const stat = readStat(Number(name));
    if (node !== null && stat !== null && !hasEnded(stat.state)) found.push({ node, startTime: stat.startTime });
  }
  return found.toSorted((a, b) => b.startTime - a.startTime)[0]?.node ?? null;
}

function printsInto(pid: number, directory: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/fd/1`).startsWith(directory);
  } catch {
    return false; // gone, another user's, or it has closed its output
  }
}

let running: Promise<unknown> | null = null;
const waiting = new Map<string, Promise<Marked[]>>();

/** Every live process with this node's marker, as of a scan that began after this call. Callers meanwhile share one scan. */
export function scanMarked(nodeId: string): Promise<Marked[]> {
  const shared = waiting.get(nodeId);
  if (shared) return shared;
  const next = (async () => {
    // Also lets everyone who asks in this turn share it. A scan that failed is told to who waits for it; this one is another.
    await running?.catch(() => undefined);
    waiting.delete(nodeId);
    const mine = scan(nodeId);
    running = mine;
    try {
      return await mine;
    } finally {
      if (running === mine) running = null;
    }
  })();
  waiting.set(nodeId, next);
  return next;
}
