// What of its machine an agent has to give to programs: groups, limits, users, room, and the tools to start them.
import { statfsSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import type { Isolation } from '../../model/node.ts';
import { Admission, type Capacity } from './admission.ts';
import { findMembershipRoot, type MembershipRoot } from '../effects/cgroups/cgroup.ts';
import { findControllers, isolationOf } from '../effects/cgroups/controllers.ts';
import { LimitGroups } from '../effects/cgroups/limit-groups.ts';
import { PrivateUsers } from '../effects/users/private-users.ts';
import { findTools, type Tools } from '../effects/launch/tools.ts';
import type { AgentOptions } from '../settings.ts';

interface Resources {
  tools: Tools;
  root: MembershipRoot;
  limits: LimitGroups;
  admission: Admission;
  users: PrivateUsers;
  isolation: Isolation;
  capacity: Capacity;
}

/** What may be given away of this machine: cores, bytes. `diskTotal`: of the file system that the store lies on. */
export function capacityOf(
  { overcommit, reserveMemory }: Pick<AgentOptions, 'overcommit' | 'reserveMemory'>,
  diskTotal: number,
): Capacity {
  return {
    cpus: availableParallelism() * overcommit,
    mem: Math.max(0, Math.floor(totalmem() * overcommit) - reserveMemory),
    disk: diskTotal,
  };
}

/** Looks once, at the start. The store directory must be there. */
export function findResources(options: AgentOptions, node: string): Resources {
  const tools = findTools();
  const root = findMembershipRoot(node, options.membership ?? undefined);
  const controllers = findControllers(node, root, options.controllers ?? undefined);
  const { blocks, bsize } = statfsSync(options.storeDirectory);
  const capacity = capacityOf(options, blocks * bsize);
  return {
    tools,
    root,
    limits: new LimitGroups(controllers),
    admission: new Admission(capacity),
    users: new PrivateUsers(options.users, node),
    isolation: isolationOf(controllers, whyNoUsers(tools)),
    capacity,
  };
}

/** Why programs run only as the agent itself; null: they need not. */
function whyNoUsers({ userSwitch }: Tools): string | null {
  if (process.getuid?.() !== 0) return 'the agent does not run as root: programs run as its own user';
  return userSwitch ? null : 'neither setpriv (util-linux) nor chroot (coreutils) can change users here';
}
