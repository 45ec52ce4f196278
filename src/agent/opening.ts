// What is opened before an agent has any part at work: its directories, who it is, its events, and what its parts share.
import { mkdirSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { hostOf } from '../model/app/environment.ts';
import type { NewEvent } from '../model/event.ts';
import type { Isolation } from '../model/node.ts';
import type { Capacity } from './node/admission.ts';
import type { AgentContext } from './context.ts';
import type { MembershipRoot } from './effects/cgroups/cgroup.ts';
import { byHashFrom } from './effects/content/by-hash.ts';
import { ContentCache } from './effects/content/content-cache.ts';
import type { QuarantineNotice } from './effects/disk/quarantine.ts';
import { Launcher } from './effects/launch/launcher.ts';
import { PortPool } from './effects/ports.ts';
import { bootId } from './effects/processes/boot.ts';
import { Identity } from './node/identity.ts';
import { Masters } from './link/masters.ts';
import { EventSpool } from './link/spool.ts';
import { findResources } from './node/resources.ts';
import type { AgentOptions } from './settings.ts';
import { Trouble } from './trouble.ts';

type Warn = (message: string, error?: unknown) => void;

export interface Opened {
  options: AgentOptions;
  /** Nobody is above this agent. */
  standalone: boolean;
  context: AgentContext;
  identity: Identity;
  /** What of its files was damaged so far. */
  notices: QuarantineNotice[];
  spool: EventSpool;
  masters: Masters;
  root: MembershipRoot;
  isolation: Isolation;
  capacity: Capacity;
  warn: Warn;
}

const warnBy =
  ({ log }: AgentOptions): Warn =>
  (message, error) => {
    const why = error instanceof Error ? error.message : String(error);
    log('warn', error === undefined ? message : `${message}: ${why}`);
  };

function below({ storeDirectory }: AgentOptions, name: string, mode = 0o711): string {
  const path = join(storeDirectory, name);
  mkdirSync(path, { recursive: true, mode });
  return path;
}

/** Starts and stops nothing. @throws Error when the store directory cannot be used */
export async function openAgent(options: AgentOptions): Promise<Opened> {
  const { storeDirectory, master } = options;
  const warn = warnBy(options);
  mkdirSync(storeDirectory, { recursive: true, mode: 0o711 });
  const { identity, notices } = await Identity.open(storeDirectory, warn);
  const spool = await EventSpool.open(below(options, 'spool'), bootId(), warn, identity.now.run);
  const masters = new Masters(master ?? '', storeDirectory, (one) => notices.push(one), warn);
  const { node } = identity.now;
  const { root, isolation, capacity, ...resources } = findResources(options, node);
  const onError = (error: Error): void => warn('the launches could not be looked at', error);
  const { username, homedir, shell } = userInfo();
  const byHash = byHashFrom(() => masters.current, options.token, node, warn);
  const tell = (event: NewEvent): void => spool.append(event);
  const context: AgentContext = {
    ...resources,
    options,
    node,
    launcher: new Launcher({ tools: resources.tools, root, directory: storeDirectory, onError }),
    tell,
    trouble: new Trouble(storeDirectory, node, tell),
    instancesDirectory: below(options, 'instances'),
    ports: new PortPool(options.ports, node),
    cache: new ContentCache(below(options, 'cache', 0o700), master === null ? {} : { byHash }),
    user: { name: username, home: homedir, shell: shell ?? '/bin/sh' },
    tags: options.tags,
    host: options.address ? hostOf(options.address) : hostname(),
  };
  const standalone = master === null;
  return { options, standalone, context, identity, notices, spool, masters, root, isolation, capacity, warn };
}

/** Tells of a file that was moved aside. */
export function tellNotice({ tell, node }: AgentContext, { path, reason, movedTo }: QuarantineNotice): void {
  const where = movedTo === null ? '' : `; it lies at ${movedTo} now`;
  tell({
    at: Date.now(),
    kind: 'file.quarantined',
    subject: { node },
    loudness: 'attention',
    message: `${path} is not used because ${reason}${where}`,
    detail: {},
  });
}
