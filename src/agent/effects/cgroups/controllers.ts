// Which limits the kernel enforces here, and where: by the unified tree (v2) where its controllers are ours to use, else by the
// trees of v1, each controller on its own. What it does not is told with a reason, never silently left out.
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import type { Isolation } from '../../../model/node.ts';
import type { MembershipRoot } from './cgroup.ts';
import { basesIn, cgroupMounts, control, tryJoin, worksAt } from './cgroup-places.ts';
import { makeRoom } from './delegation.ts';

type Controller = 'memory' | 'cpu' | 'pids';
const all: readonly Controller[] = ['memory', 'cpu', 'pids'];

/** Where one controller's groups are made. v2: each is the launch's membership itself, a directory below `path`. */
export interface ControllerRoot {
  kind: 'v2' | 'v1';
  path: string;
}

export interface Controllers {
  roots: Readonly<Partial<Record<Controller, ControllerRoot>>>;
  /** Whether swap counts, too (v1 without swap accounting: it does not). */
  countsSwap: boolean;
}

/**
 * Finds the controllers and makes the agent's own groups in their trees.
 * @param membership where this agent's members are: on v2 the same directories carry the limits
 * @param kinds narrows the choice (tests)
 */
export function findControllers(
  nodeId: string,
  membership: MembershipRoot,
  kinds: readonly ('v2' | 'v1')[] = ['v2', 'v1'],
): Controllers {
  const roots: Partial<Record<Controller, ControllerRoot>> = {};
  if (membership.kind === 'v2' && kinds.includes('v2'))
    for (const name of enableBelow(membership.path)) roots[name] = membership;
  const cgroups = readFileSync('/proc/self/cgroup', 'latin1');
  if (kinds.includes('v1'))
    for (const mount of cgroupMounts()) {
      for (const name of all) {
        if (mount.kind !== 'v1' || roots[name] || !mount.controllers.includes(name)) continue;
        const path = basesIn(mount, cgroups)
          .map((base) => join(base, 'stathub', nodeId))
          .find((place) => worksAt(place, (probe) => tryJoin([join(probe, 'tasks')])));
        if (path !== undefined) roots[name] = { kind: 'v1', path };
      }
    }
  weigh(roots.cpu);
  return {
    roots,
    countsSwap:
      roots.memory?.kind === 'v2' ||
      (roots.memory !== undefined && isThere(join(roots.memory.path, 'memory.memsw.limit_in_bytes'))),
  };
}

/** To the groups right below `step`. Processes that sit in the base go into a leaf of it first. */
function handDown(name: Controller, step: string, isBase: boolean): void {
  const file = join(step, 'cgroup.subtree_control');
  if (words(file).includes(name)) return;
  try {
    control(file, `+${name}`);
  } catch (error) {
    const busy = ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'EBUSY';
    if (!busy || !isBase || !makeRoom(step)) throw error;
    control(file, `+${name}`);
  }
}

/**
 * Hands controllers down to the groups below `path` (`<base>/stathub/<node>`), from its base on.
 * @returns those that are then there
 */
export function enableBelow(path: string): Controller[] {
  const steps = [dirname(dirname(path)), dirname(path), path];
  const enabled: Controller[] = [];
  const offered = words(join(steps[0]!, 'cgroup.controllers'));
  for (const name of all) {
    if (!offered.includes(name)) continue;
    try {
      for (const step of steps) handDown(name, step, step === steps[0]);
      enabled.push(name);
    } catch {
      /* told as not enforced */
    }
  }
  return enabled;
}

/** All programs together weigh as much as the cores of this machine: the agent and the system's own services beside them stay alive. */
function weigh(cpu: ControllerRoot | undefined): void {
  if (!cpu) return;
  const cores = availableParallelism();
  for (const path of [cpu.path, dirname(cpu.path)]) {
    try {
      if (cpu.kind === 'v1') control(join(path, 'cpu.shares'), Math.min(262_144, 1024 * cores));
      else control(join(path, 'cpu.weight'), Math.min(10_000, 100 * cores));
    } catch {
      /* an older agent's group, not ours to weigh */
    }
  }
}

function words(path: string): string[] {
  try {
    return readFileSync(path, 'latin1').split(/\s+/);
  } catch {
    return [];
  }
}

function isThere(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch {
    return false;
  }
}

/** What the node says of its limits. @param user why programs cannot be run as other users; null: they can */
export function isolationOf({ roots, countsSwap }: Controllers, user: string | null): Isolation {
  const kinds = new Set(all.flatMap((name) => roots[name]?.kind ?? []));
  const enforced = ['fds', 'fileSize', 'nice', 'umask', 'disk'];
  const not: Isolation['not'] = [];
  const say = (limit: string, why: string | null): void => {
    if (why === null) enforced.push(limit);
    else not.push({ limit, why });
  };
  const without = (name: Controller): string | null =>
    roots[name] ? null : `this machine has no ${name} controller that the agent may use`;
  const memory = without('memory');
  say(
    'memory',
    memory && `${memory}: it is measured every few seconds and ended when it is over, which a fast program outruns`,
  );
  if (memory === null)
    say(
      'swap',
      countsSwap || swapTotal() === 0
        ? null
        : 'the kernel counts no swap (swapaccount=1 turns it on): beyond its memory a program may swap',
    );
  const cpu = without('cpu');
  say('cpus', cpu && `${cpu}: cpus are reserved, and programs share them as the kernel sees fit`);
  say(
    'processes',
    without('pids') &&
      `${without('pids')}: processes are counted by user (ulimit -u), not by instance, and not at all for root`,
  );
  say('user', user);
  return {
    cgroup: kinds.size === 0 ? 'none' : kinds.size === 2 ? 'mixed' : kinds.has('v2') ? 'v2' : 'v1',
    enforced: enforced.sort(),
    not,
  };
}

function swapTotal(): number {
  try {
    return Number(/^SwapTotal:\s+(\d+)/m.exec(readFileSync('/proc/meminfo', 'latin1'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
