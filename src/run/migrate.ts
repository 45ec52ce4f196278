// `stathub migrate`: holds both stores, so that no master runs on either, and moves the hub.
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve as absolute } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CliError, exitCode } from '../cli/exit.ts';
import { STORE_FILE, openEmbedded } from '../store/embedded.ts';
import { acquireLock } from '../store/lock.ts';
import { move } from '../store/move.ts';
import type { MoveProgress } from '../store/move.ts';
import { leaving, markLeaving } from '../store/moved.ts';
import { StoreError } from '../store/store.ts';
import type { MovableStore } from '../store/store.ts';
import { elasticOptions } from './elastic-settings.ts';
import { resolve } from './settings.ts';

export interface MigrateOptions {
  /** A store directory, or the address of an Elasticsearch. */
  from: string; to: string | null;
  undo: boolean;
  /** Settings that begin with `elastic-`, as given. */
  elastic: Record<string, unknown>;
  config: string | null;
  environment: NodeJS.ProcessEnv;
  say(line: string): void;
  /** Is `say` a terminal, where a line may be written over? */
  isTerminal: boolean;
}

/** A store that this process alone may use. */
interface Held { name: string; store: MovableStore; release(): Promise<void> }

const isUrl = (place: string): boolean => /^https?:\/\//i.test(place);

async function holdDirectory(place: string, mustExist: boolean): Promise<Held> {
  const directory = absolute(place);
  if (mustExist && !existsSync(join(directory, STORE_FILE))) {
    throw new CliError(exitCode.notFound, `${directory} holds no store`, 'Give the store directory of a master, such as ~/.stathub/master.');
  }
  const lock = await acquireLock(directory, { role: 'master' });
  try {
    const store = await openEmbedded(directory);
    return { name: directory, store, release: async () => { await store.close(); await lock.release(); } };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

const LEASE_MS = 10_000;

async function holdElastic(place: string, { elastic, config, environment }: MigrateOptions): Promise<Held> {
  const [{ openElastic }, { shownUrls }] = await Promise.all([import('../store/elasticsearch/elastic.ts'), import('../store/elasticsearch/connect.ts')]);
  const options = elasticOptions(resolve('master', { ...elastic, elastic: place }, environment, config))!;
  const store = await openElastic(options), name = `${shownUrls(options.urls)} (${options.prefix}-*)`;
  try {
    const lease = store.lease({ holder: `migrate-${process.pid}-${hostname()}-${Date.now()}`, address: `stathub migrate, pid ${process.pid} on ${hostname()}`, ttlMs: LEASE_MS });
    const found = (await lease.read())?.doc ?? null;
    // One that was killed gives no lease back: it lapses in the time that it set.
    const giveUp = new AbortController(), patience = Math.max(LEASE_MS, found?.ttlMs ?? 0) * 1.5;
    void sleep(patience, undefined, { signal: giveUp.signal, ref: false }).then(() => giveUp.abort(new Error('held')), () => undefined);
    let leader = found;
    await lease.acquire(giveUp.signal, (seen) => { leader = seen ?? leader; }).catch((error: unknown) => {
      if (!giveUp.signal.aborted) throw error;
      throw new CliError(exitCode.refused, `${name} is in use by ${leader?.address ?? 'another master'}`, 'Stop every master of this hub first.');
    });
    giveUp.abort();
    return { name, store, release: async () => { await lease.release(); await store.close(); } };
  } catch (error) {
    await store.close();
    throw error;
  }
}

const hold = (place: string, mustExist: boolean, options: MigrateOptions): Promise<Held> =>
  (isUrl(place) ? holdElastic(place, options) : holdDirectory(place, mustExist));

/** Writes how far it is: every second on a terminal, a line for each part elsewhere. */
function reporter({ say, isTerminal }: MigrateOptions): (progress: MoveProgress) => void {
  let last = 0;
  return ({ part, what, count, of }) => {
    const now = Date.now(), number = count.toLocaleString('en');
    if (what === 'same') say(`${isTerminal ? '\r\x1b[K' : ''}${part.padEnd(14)} ${number.padStart(10)}  same on both sides\n`);
    else if (isTerminal && now - last > 200) {
      last = now;
      say(`\r\x1b[K${what} ${part}: ${number}${of === null ? '' : ` of ${of.toLocaleString('en')}`}`);
    }
  };
}

async function undo(options: MigrateOptions): Promise<number> {
  const held = await hold(options.from, true, options);
  try {
    const mark = await leaving(held.store);
    if (!mark) {
      options.say(`The hub in ${held.name} was not moved: nothing to undo.\n`);
      return exitCode.done;
    }
    await markLeaving(held.store, null);
    options.say(`A master may run on ${held.name} again. What is in ${mark.to} is the same hub: remove it before, never run both.\n`);
    return exitCode.done;
  } finally {
    await held.release();
  }
}

/**
 * Runs the command.
 * @returns the exit code
 * @throws LockHeldError, CliError, StoreError, SettingError
 */
export async function migrate(options: MigrateOptions): Promise<number> {
  if (options.undo) return undo(options);
  if (options.to === null) throw new CliError(exitCode.usage, '--to is missing', 'stathub migrate --from ~/.stathub/master --to http://elastic:9200');
  const source = await hold(options.from, true, options);
  try {
    const target = await hold(options.to, false, options);
    try {
      const { hub, parts } = await move(source.store, target.store, { from: source.name, to: target.name, at: Date.now(), tell: reporter(options) });
      const count = parts.reduce((sum, part) => sum + part.count, 0);
      const start = isUrl(options.to) ? `stathub master --elastic ${target.name.split(' ')[0]}` : `stathub master --store-directory ${target.name}`;
      options.say(`${hub} is in ${target.name}${count > 0 ? `: ${count.toLocaleString('en')} documents, compared` : ''}. Start it there: ${start}\n`);
      return exitCode.done;
    } finally {
      await target.release();
    }
  } catch (error) {
    if (error instanceof StoreError && error.code === 'store-refused') throw new CliError(exitCode.refused, error.message, error.hint);
    throw error;
  } finally {
    await source.release();
  }
}
