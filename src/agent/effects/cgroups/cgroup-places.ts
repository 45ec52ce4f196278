// Where on this machine an agent may make cgroups: the mounted trees, and the places in them, best first.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** The unified tree, or one tree of v1 with what it controls. */
export interface Mount {
  kind: 'v2' | 'v1';
  path: string;
  controllers: readonly string[];
}

function unescape(path: string): string {
  return path.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

/** The cgroup trees of this machine (proc(5), mountinfo). */
export function cgroupMounts(mountinfo = readFileSync('/proc/self/mountinfo', 'latin1')): Mount[] {
  const found: Mount[] = [];
  for (const line of mountinfo.split('\n')) {
    const [left, right] = line.split(' - ');
    const path = unescape(left?.split(' ')[4] ?? '');
    const [type, , options] = right?.split(' ') ?? [];
    if (type === 'cgroup2') found.push({ kind: 'v2', path, controllers: [] });
    else if (type === 'cgroup') found.push({ kind: 'v1', path, controllers: options?.split(',') ?? [] });
  }
  return found;
}

/** Where /proc/<pid>/cgroup says that a process is in a tree; null when it is not in that tree. */
export function placeOf(mount: Mount, cgroups: string): string | null {
  for (const line of cgroups.split('\n')) {
    const [id, controllers, ...rest] = line.split(':');
    const match =
      mount.kind === 'v2'
        ? id === '0'
        : controllers?.split(',').some((name) => name !== '' && mount.controllers.includes(name));
    if (match) return join(mount.path, rest.join(':')).replace(/\/$/, '');
  }
  return null;
}

/**
 * Directories below which `stathub/<node>` may be made, best first.
 *   1. A group that systemd has handed over: the service's, when this agent sits in a leaf of it (Delegate=yes and
 *      DelegateSubgroup=). Without that leaf the service's own group cannot be used: with controllers on it could take no process
 *      any more, and systemd could not start the agent again while programs run.
 *   2. The agent's own place where that has a limit of its own: what it starts must not escape that.
 *   3. The top of the tree (root), where nothing that systemd does to a service reaches the programs. 4. The agent's own place.
 */
export function basesIn(mount: Mount, cgroups: string): string[] {
  const own = placeOf(mount, cgroups);
  const bases: string[] = [];
  if (own !== null && mount.kind === 'v2' && basename(dirname(own)).endsWith('.service')) bases.push(dirname(own));
  if (own !== null && own !== mount.path && hasLimit(own)) bases.push(own);
  bases.push(mount.path);
  if (own !== null) bases.push(own);
  return [...new Set(bases)].filter((path) => {
    try {
      accessSync(path, constants.W_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function hasLimit(path: string): boolean {
  try {
    return Number(readFileSync(join(path, 'memory.limit_in_bytes'), 'latin1')) < 2 ** 60;
  } catch {
    return false;
  } // v1 only: v2 has no writable place above
}

/** Makes `path` and tries what is to be done below it, with a directory and a process that go again. Tried once, at the start. */
export function worksAt(path: string, tried: (probe: string) => void): boolean {
  const probe = join(path, `.probe.${process.pid}`);
  try {
    mkdirSync(path, { recursive: true });
    mkdirSync(probe);
    tried(probe);
    return true;
  } catch {
    return false;
  } finally {
    try {
      rmdirSync(probe);
    } catch {
      /* never made */
    }
  }
}

/** Has a short-lived process join groups. @throws Error when it cannot */
export function tryJoin(files: readonly string[]): void {
  const joined = spawnSync('/bin/sh', ['-c', 'for f; do echo 0 >"$f" || exit 1; done', 'sh', ...files], {
    env: {},
    stdio: 'ignore',
  });
  if (joined.status !== 0) throw new Error(`no process can join ${files.join(', ')}`);
}

/** Writes one word into a control file. @throws Error naming file and word */
export function control(path: string, word: string | number): void {
  try {
    writeFileSync(path, String(word));
  } catch (error) {
    throw new Error(
      `${word} could not be written to ${path}: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`,
      { cause: error },
    );
  }
}
