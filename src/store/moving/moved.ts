// Marks of a hub that moves to another store: on the store it leaves, so that nobody starts it there again, and on the one it comes to,
// until all of it is there.
import { StoreError } from '../store.ts';
import type { Store } from '../store.ts';

const hubCollection = 'hub';
const leavingKey = 'moved';
const comingKey = 'migration';
/** Of the hashes of tokens that masters share. They belong to those masters: with a hub that moves, its new master brings its own. */
export const tokensKey = 'tokens';
/** Keys of the collection `hub` that stay behind. */
export const markKeys: readonly string[] = [leavingKey, comingKey, tokensKey];

/** On the store that a hub leaves. */
export interface Leaving {
  /** Names this move: the other store bears the same. */
  move: string;
  state: 'moving' | 'moved';
  /** Where to, as it was given, without credentials. */
  to: string;
  /** When it began, epoch ms. */
  at: number;
}

/** On the store that a hub comes to. */
export interface Coming {
  move: string;
  hub: string;
  from: string;
  at: number;
  /** Parts that are there, and how far the present one is. */
  done: string[];
  part: string | null;
  after: string | null;
}

export const leaving = async (store: Store): Promise<Leaving | null> =>
  (await store.get<Leaving>(hubCollection, leavingKey))?.doc ?? null;
export const coming = async (store: Store): Promise<Coming | null> =>
  (await store.get<Coming>(hubCollection, comingKey))?.doc ?? null;

async function put(store: Store, key: string, doc: object | null): Promise<void> {
  const result = await store.write({ collection: hubCollection, key, doc: doc && { ...doc }, expect: 'any' });
  if (!result.ok)
    throw new StoreError(
      'store-refused',
      'The mark of the move cannot be written',
      'Is a master running on this store?',
    );
}
export const markLeaving = (store: Store, mark: Leaving | null): Promise<void> => put(store, leavingKey, mark);
export const markComing = (store: Store, mark: Coming | null): Promise<void> => put(store, comingKey, mark);

const day = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ');

/** @throws StoreError store-refused when this hub was moved away, or is not here as a whole yet */
export async function refuseMoved(store: Store): Promise<void> {
  const away = await leaving(store);
  const here = await coming(store);
  if (away?.state === 'moved') {
    throw new StoreError(
      'store-refused',
      `This hub was moved to ${away.to} on ${day(away.at)} (UTC) and is not run from here any more`,
      'Start the master there. To run it from here again, without what happened since: `stathub migrate --undo ' +
        '--from` this store; never run both.',
    );
  }
  if (away) {
    throw new StoreError(
      'store-refused',
      `This hub is being moved to ${away.to} since ${day(away.at)} (UTC)`,
      'Run the same `stathub migrate` again: it goes on where it was. To stay here: `stathub migrate --undo --from` this store.',
    );
  }
  if (here) {
    throw new StoreError(
      'store-refused',
      `A hub is being moved here from ${here.from} since ${day(here.at)} (UTC), and not all of it is here`,
      'Run the same `stathub migrate` again: it goes on where it was. To give it up: `stathub migrate --abandon ' +
        '--to` this store, and `--undo --from` the other.',
    );
  }
}
