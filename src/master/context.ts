// What every part of a master is given.
import type { Store } from '../store/store.ts';
import type { Clock } from './clock.ts';
import type { EventLog } from './events.ts';
import type { View } from './view.ts';

/** All in ms. Agents are told theirs in the welcome, so that both ends count by the same. */
export interface MasterTimes {
  /** A beat is asked for this often. */ beatMs: number;
  /** Silence until a node is suspect. */ suspectMs: number;
  /** Silence until a node is lost and its slots are replaced. */ lostMs: number;
  /** No node is lost for this long after a start. */ amnestyMs: number;
  /** More than half of the nodes (and at least 3) lost within `brakeWindowMs`: nothing is replaced for `brakeMs`. */
  brakeWindowMs: number;
  brakeMs: number;
  /** Default wait for an agent's answer to a command. */ commandMs: number;
}
export const defaultTimes: MasterTimes = {
  beatMs: 5_000,
  suspectMs: 15_000,
  lostMs: 30_000,
  amnestyMs: 60_000,
  brakeWindowMs: 30_000,
  brakeMs: 300_000,
  commandMs: 10_000,
};

/** This hub and the term of this leadership. Replaced as a whole when an agent tells of a higher term. */
interface Leadership {
  hub: string;
  term: number;
  /** epoch ms */ since: number;
  /** monotonic ms */ sinceMono: number;
}

interface MasterAddress {
  /** Of its API, as it says that others reach it. */ address: string;
  /** Name of its machine. */ host: string;
}

export interface MasterContext {
  readonly store: Store;
  readonly clock: Clock;
  readonly times: MasterTimes;
  readonly version: string;
  readonly view: View;
  readonly events: EventLog;
  leadership: Leadership;
  /** All masters of this hub that are known, the leader first; empty: there is no way to be several. Replaced as a whole. */
  masters: readonly MasterAddress[];
  /** For the log file: what went wrong and was survived. */
  warn(message: string, error?: unknown): void;
}
