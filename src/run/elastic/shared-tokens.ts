// Tokens of a hub of several masters: the leader keeps their hashes in the store, and whoever leads next takes them from there, so that a
// token made or revoked at one master is so at all of them. The file of each is what it knew when it led last.
import type { StoredToken, Tokens } from '../../api/access/tokens.ts';
import { StoreError } from '../../store/store.ts';
import type { Doc, Store } from '../../store/store.ts';
import { tokensKey } from '../../store/moving/moved.ts';

/** Under a name that is masked wherever documents are shown. */
type Shared = Omit<StoredToken, 'hash'> & { secret: string };

const toShared = ({ hash, ...view }: StoredToken): Shared => ({ ...view, secret: hash });
const fromShared = ({ secret, ...view }: Shared): StoredToken => ({ ...view, hash: secret });

/**
 * Takes the hub's tokens, or gives it this master's where it has none; from now on both are changed together.
 * @param makeFirst makes tokens where neither has any
 * @throws StoreError
 */
export async function shareTokens(store: Store, tokens: Tokens, makeFirst: () => void): Promise<void> {
  const stored = await store.get<{ tokens: Shared[] }>('hub', tokensKey);
  let version: string | null = stored?.version ?? null;
  const put = async (list: StoredToken[]): Promise<void> => {
    const doc = { tokens: list.map(toShared) } as unknown as Doc;
    const result = await store.write({ collection: 'hub', key: tokensKey, doc, expect: version ?? 'absent' });
    if (!result.ok)
      throw new StoreError(
        'store-unavailable',
        'Another master has changed the tokens meanwhile',
        'Ask the master that leads now.',
      );
    version = result.version;
  };
  if (stored) tokens.take(stored.doc.tokens.map(fromShared));
  else {
    if (tokens.list().length === 0) makeFirst();
    await put(tokens.kept());
  }
  tokens.share = put;
}
