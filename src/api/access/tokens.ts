// The tokens of a hub: made at its first start, kept hashed in its store directory (0600), compared in constant time.
//
// A token is 32 random bytes, so a plain SHA-256 is enough: there is nothing to guess that a slow hash would protect.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { OneAtATime } from '../../model/one-at-a-time.ts';
import type { Caller } from '../cluster.ts';
import { replaceFile } from '../../store/replace-file.ts';

export type Role = Caller['role'];
export const roles: readonly Role[] = ['read', 'deploy', 'admin', 'node'];

const stored = z.object({
  id: z.string().min(1),
  name: z.string().min(1),
  role: z.enum(['read', 'deploy', 'admin', 'node']),
  /** SHA-256 of the token, hex. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  /** epoch ms */
  createdAt: z.number(),
});
export type StoredToken = z.infer<typeof stored>;
const file = z.object({ version: z.literal(1), tokens: z.array(stored) });

export type TokenView = Omit<StoredToken, 'hash'>;

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();

export class Tokens {
  readonly path: string;
  /** Told with each token that is made, so that its holder knows this hub's own CA (src/tls/pin.ts); null: it has none. */
  pin: string | null = null;
  /** Where a hub of several masters keeps its tokens for all of them; null: the file is all there is. */
  share: ((tokens: StoredToken[]) => Promise<void>) | null = null;
  readonly #now: () => number;
  #tokens: { view: TokenView; hash: Buffer }[] = [];
  readonly #given: { view: TokenView; hash: Buffer }[] = [];
  /** Each change is made to what the one before has left: together they would look like those of another master. */
  readonly #changes = new OneAtATime();

  constructor(path: string, now: () => number = Date.now) {
    this.path = path;
    this.#now = now;
  }

  /**
   * Reads the file again (at start and on HUP).
   * @returns false when there is no file yet
   * @throws Error naming the file when it is there but cannot be read as tokens: nobody is let in by a damaged file
   */
  reload(): boolean {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
      throw new Error(`${this.path} cannot be read: ${(error as Error).message}`, { cause: error });
    }
    try {
      this.#tokens = file
        .parse(JSON.parse(text))
        .tokens.map(({ hash, ...view }) => ({ view, hash: Buffer.from(hash, 'hex') }));
    } catch (error) {
      throw new Error(`${this.path} is damaged. Restore it, or remove it to have new tokens made at the next start.`, {
        cause: error,
      });
    }
    return true;
  }

  /** Who holds this token, or null. Takes as long for a wrong token as for a right one. */
  check(token: string): TokenView | null {
    const presented = hashOf(token.replace(/\.[\w-]{43}$/, '')); // its pin is no part of it
    let found: TokenView | null = null;
    for (const { view, hash } of [...this.#tokens, ...this.#given]) if (timingSafeEqual(hash, presented)) found = view;
    return found;
  }

  /** Lets a token in that is kept elsewhere (a file of the operator's); it is held in memory only. */
  know(name: string, role: Role, token: string): void {
    this.#given.push({ view: { id: `given-${name}`, name, role, createdAt: this.#now() }, hash: hashOf(token) });
  }

  list(): TokenView[] {
    return this.#tokens.map(({ view }) => view);
  }

  /** As they are kept: hashes, never a text. */
  kept(): StoredToken[] {
    return this.#tokens.map(({ view, hash }) => ({ ...view, hash: hash.toString('hex') }));
  }

  /** What another master of this hub kept, in place of its own. @throws Error when that is no list of tokens */
  take(tokens: unknown): void {
    const taken = z.array(stored).parse(tokens);
    if (!isDeepStrictEqual(taken, this.kept())) this.#save(taken);
  }

  /** Makes a token; its text is given this once and never again. */
  create(name: string, role: Role): { token: string; view: TokenView } {
    const { token, made } = this.#new(name, role);
    this.#save([...this.kept(), made]);
    return token;
  }

  /** The same where several masters share them: it is theirs before it is given. @throws what `share` throws */
  make(name: string, role: Role): Promise<{ token: string; view: TokenView }> {
    return this.#changes.run(async () => {
      const { token, made } = this.#new(name, role);
      await this.share?.([...this.kept(), made]);
      this.#save([...this.kept(), made]);
      return token;
    });
  }

  #new(name: string, role: Role): { token: { token: string; view: TokenView }; made: StoredToken } {
    const text = `sth_${role}_${randomBytes(32).toString('base64url')}`;
    const view = { id: randomBytes(6).toString('hex'), name, role, createdAt: this.#now() };
    return {
      token: { token: this.withPin(text), view },
      made: { ...view, hash: hashOf(text).toString('hex') },
    };
  }

  /** A token as it is given to its holder; one that has its pin stays as it is. */
  withPin(token: string): string {
    return this.pin === null || token.includes('.') ? token : `${token}.${this.pin}`;
  }

  /** The last token of an admin stays, or nobody could make another. @throws what `share` throws: then it is not revoked */
  revoke(id: string): Promise<'revoked' | 'unknown' | 'last-admin'> {
    return this.#changes.run(async () => {
      const left = this.kept().filter((token) => token.id !== id);
      const held = this.list().find((token) => token.id === id);
      if (!held) return 'unknown';
      if (held.role === 'admin' && !left.some(({ role }) => role === 'admin')) return 'last-admin';
      await this.share?.(left);
      this.#save(this.kept().filter((token) => token.id !== id));
      return 'revoked';
    });
  }

  #save(tokens: StoredToken[]): void {
    const text = JSON.stringify({ version: 1, tokens }, null, 2);
    replaceFile(this.path, `${text}\n`);
    this.#tokens = tokens.map(({ hash, ...view }) => ({ view, hash: Buffer.from(hash, 'hex') }));
  }
}

/** Texts to be shown once. */
export interface FirstTokens {
  admin: string;
  join: string;
}

/** Makes the tokens of a new hub. */
export function firstTokens(tokens: Tokens): FirstTokens {
  return {
    admin: tokens.create('first admin', 'admin').token,
    join: tokens.create('first join token', 'node').token,
  };
}

/** `tokens.json` of a store directory, read where it is there. */
export function readTokens(directory: string, now: () => number = Date.now): { tokens: Tokens; found: boolean } {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const tokens = new Tokens(join(directory, 'tokens.json'), now);
  return { tokens, found: tokens.reload() };
}

/**
 * Opens `tokens.json` of a store directory; where there is none, makes an admin token and a join token.
 * @returns `made`: the texts to print once, null when the file was there
 */
export function openTokens(
  directory: string,
  now: () => number = Date.now,
): { tokens: Tokens; made: FirstTokens | null } {
  const { tokens, found } = readTokens(directory, now);
  return { tokens, made: found ? null : firstTokens(tokens) };
}
