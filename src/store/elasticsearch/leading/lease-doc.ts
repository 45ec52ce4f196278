// The document of the lease, and what a master says of itself to get it.
import { StoreError } from '../../store.ts';

export interface LeaseDoc {
  /** Who; null: given back. The same directory keeps its name over restarts. */
  holder: string | null;
  /** Where its API is. */
  address: string;
  /** Grows with every change of the holder. */
  epoch: number;
  /** Renewals of this epoch. */
  beats: number;
  /** How long it counts without a renewal, ms. */
  ttlMs: number;
  /** Of the last renewal, by the holder's clock, for people: epoch ms. */
  at: number;
}

export interface LeaseOptions {
  holder: string;
  ttlMs: number;
  /** Of this master's API, as others reach it. */
  address: string;
}

export const unanswered = (where: string): StoreError =>
  new StoreError(
    'store-unavailable',
    `The lease of this master has lapsed: it could not be renewed at ${where}`,
    'Look at the nodes of Elasticsearch. Another master may lead by now; what was acknowledged is safe, and work goes on when it is back.',
  );
