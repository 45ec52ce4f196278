// What an agent is started with.
import type { Times } from '../protocol/link.ts';
import type { PortRange } from './effects/ports.ts';
import type { UserRange } from './effects/users/private-users.ts';

export interface AgentOptions {
  /** Everything the agent keeps. Made when missing, 0700. */
  storeDirectory: string;
  /** `http://host:51026` of the master, or of each by comma; null: standalone. */
  master: string | null;
  /** Join or node token for the master. */
  token: string | null;
  tags: string[];
  ports: PortRange;
  /** `http://host:51025` under which this agent's API is reached, '' where it listens on loopback only. */
  address: string;
  /** Bytes of memory kept from being given away. */
  reserveMemory: number;
  /** How often memory and cpus may be given away: 1.0 is once. */
  overcommit: number;
  /** Numbers of the users that `user: "auto"` gives to instances. */
  users: UserRange;
  /** How long an evacuation (SIGUSR2) may take, ms. */
  evacuateMs: number;
  /** How long the files of the newest crashed launch of each slot are kept, ms. */
  keepCrashedMs: number;
  /** Elasticsearch that output is shipped to; null: none. */
  shipLogs: string | null;
  /** Take this node over from another hub. */
  takeOver: boolean;
  /** Apps of its own hub that were stopped while that could not be written: nothing of them begins. */
  stopped: readonly string[];
  version: string;
  /** Told about what an operator of this process should see. */
  log: (level: 'info' | 'warn' | 'error', message: string) => void;
  /** Narrows the kinds of membership (tests); null: the best there is. */
  membership: ('v2' | 'v1' | 'session')[] | null;
  /** Narrows where kernel limits come from (tests); null: v2, else v1. */
  controllers: ('v2' | 'v1')[] | null;
  times: AgentTimes;
}

/** ms. Set by tests; beat and loss times come from the master's welcome. */
export interface AgentTimes extends Times {
  /** Alive this long counts as started, where there are no checks. */
  aliveMs: number;
  /** An escalation without an answer means "stay" after this. */
  answerMs: number;
  /** Node figures are read this often. */
  loadMs: number;
  /** A dead WebSocket attempt; then HTTP. */
  connectMs: number;
  /** While polling, the WebSocket is tried again this often. */
  upgradeMs: number;
  /** Usage of instances while somebody watches, and else. */
  usageWatchedMs: number;
  usageIdleMs: number;
}

export const defaultTimes: AgentTimes = {
  beatMs: 5000,
  suspectMs: 15_000,
  lostMs: 30_000,
  aliveMs: 1000,
  answerMs: 10_000,
  loadMs: 10_000,
  connectMs: 5000,
  upgradeMs: 30_000,
  usageWatchedMs: 2000,
  usageIdleMs: 30_000,
};

export const defaultOptions: Omit<AgentOptions, 'storeDirectory'> = {
  master: null,
  token: null,
  tags: [],
  ports: { first: 20000, last: 29999 },
  address: '',
  reserveMemory: 0,
  overcommit: 1,
  users: { first: 61_184, last: 65_519 },
  takeOver: false,
  evacuateMs: 900_000,
  keepCrashedMs: 3_600_000,
  shipLogs: null,
  stopped: [],
  version: '0.0.0',
  log: () => undefined,
  membership: null,
  controllers: null,
  times: defaultTimes,
};
