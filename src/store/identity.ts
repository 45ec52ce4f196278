// Who a hub is: an id minted with its store, and a term for each leadership, above every earlier one.
import { randomBytes } from 'node:crypto';
import { StoreError } from './store.ts';
import type { Store } from './store.ts';

const hubCollection = 'hub';
const identityKey = 'identity';
const idAlphabet = 'abcdefghijklmnopqrstuvwxyz234567';

interface Identity {
  /** `hub-` and 13 of base32 (65 bits): lives and dies with the store. */
  hub: string;
  /** When the store was made, epoch ms. */
  at: number;
}

const mint = (): string => `hub-${[...randomBytes(13)].map((byte) => idAlphabet[byte & 31]).join('')}`;

/** The id of the hub whose store this is; null: none has begun there. */
export async function knownIdentity(store: Store): Promise<Identity | null> {
  const stored = await store.get<{ hub: string; at: number }>(hubCollection, identityKey);
  return stored && { hub: stored.doc.hub, at: stored.doc.at };
}

/**
 * The id of the hub whose store this is; minted when the store is new. Several masters that come at once agree on one.
 * @param at now, epoch ms
 */
export async function identityOf(store: Store, at: number): Promise<Identity> {
  const stored = await knownIdentity(store);
  if (stored) return stored;
  const minted: Identity = { hub: mint(), at };
  const written = await store.write({
    collection: hubCollection,
    key: identityKey,
    doc: { ...minted },
    expect: 'absent',
  });
  if (written.ok) return minted;
  const winner = await knownIdentity(store);
  if (!winner)
    throw new StoreError('store-unavailable', 'The identity of the hub vanished while it was made', 'Start again.');
  return winner;
}

/**
 * A term for a leadership that begins: strictly above every term this store ever gave and above `seen`. It is durable
 * before it is given, so no two leaderships share one. Call it again when an agent tells of a higher one.
 * @param seen the highest term heard of elsewhere (a restored store knows less than its agents), default 0
 */
export function drawTerm(store: Store, seen = 0): Promise<number> {
  return store.draw('term', 1, seen + 1);
}
