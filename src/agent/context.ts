// What every part of an agent works with: who and where it is, and the resources of the node that instances share.
import type { NewEvent } from '../model/event.ts';
import type { Admission } from './node/admission.ts';
import type { ContentCache } from './effects/content/content-cache.ts';
import type { Launcher } from './effects/launch/launcher.ts';
import type { LimitGroups } from './effects/cgroups/limit-groups.ts';
import type { PortPool } from './effects/ports.ts';
import type { PrivateUsers } from './effects/users/private-users.ts';
import type { Trouble } from './trouble.ts';
import type { Tools } from './effects/launch/tools.ts';
import type { AgentOptions } from './settings.ts';

/** The user this agent runs as: programs run as it too. */
interface UserFacts {
  name: string;
  home: string;
  shell: string;
}

export interface AgentContext {
  options: AgentOptions;
  /** The node's id. */
  node: string;
  /** instances/ of the store directory, absolute. */
  instancesDirectory: string;
  launcher: Launcher;
  tools: Tools;
  limits: LimitGroups;
  admission: Admission;
  users: PrivateUsers;
  ports: PortPool;
  cache: ContentCache;
  user: UserFacts;
  /** Tags in force: the hub's where it set some, else the agent's own. */
  tags: string[];
  /** Host under which others reach this node. */
  host: string;
  /** What cannot be written down now. */
  trouble: Trouble;
  /** Writes an event down (spool or store) and tells whoever listens. Never throws. */
  tell(event: NewEvent): void;
}
