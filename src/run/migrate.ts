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
import type { MovableStore } from '../store/store.ts';
import { elasticOptions } from './elastic-settings.ts';
import { resolve } from './settings/settings.ts';

export interface MigrateOptions {
  /** A store directory, or the address of an Elasticsearch. */
  from: string;
  to: string | null;
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
/** `start`: the command that runs a master there. */
interface Held {
  name: string;
  start: string;
  store: MovableStore;
  release(): Promise<void>;
}

const isUrl = (place: string): boolean => /^https?:\/\//i.test(place);

async function holdDirectory(place: string, mustExist: boolean): Promise<Held> {
  const directory = absolute(place);
  if (mustExist && !existsSync(join(directory, STORE_FILE))) {
    throw new CliError(
      exitCode.notFound,
      `${directory} holds no store`,
      'Give the store directory of a master, such as ~/.stathub/master.',
    );
  }
  const lock = await acquireLock(directory, { role: 'master' });
  try {
    const store = await openEmbedded(directory);
    return {
      name: directory,
      start: `stathub master --store-directory ${directory}`,
      store,
      release: async () => {
        await store.close();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

const LEASE_MS = 10_000;

/**
 * @param directory the other side, held already; null where that is an Elasticsearch, too. One that was killed left its lease: whoever
 *   holds the same directory now goes on with it, others wait until it lapses
 */
async function holdElastic(
  place: string,
  directory: string | null,
  { elastic, config, environment }: MigrateOptions,
): Promise<Held> {
  const [{ openElastic }, { shownUrls }] = await Promise.all([
    import('../store/elasticsearch/elastic.ts'),
    import('../store/elasticsearch/connect.ts'),
  ]);
  const options = elasticOptions(resolve('master', { ...elastic, elastic: place }, environment, config))!;
  const store = await openElastic(options),
    shown = shownUrls(options.urls).replaceAll(' ', ''),
    name = `${shown} (${options.prefix}-*)`;
  const start = `stathub master --elastic ${shown}${options.prefix === 'stathub' ? '' : ` --elastic-prefix ${options.prefix}`}`;
  try {
    const lease = store.lease({
      holder: `migrate ${hostname()} ${directory ?? `${process.pid} ${Date.now()}`}`,
      address: `stathub migrate, pid ${process.pid} on ${hostname()}`,
      ttlMs: LEASE_MS,
    });
    const found = (await lease.read())?.doc ?? null;
    const giveUp = new AbortController(),
      patience = Math.max(LEASE_MS, found?.ttlMs ?? 0) * 1.5;
    void sleep(patience, undefined, { signal: giveUp.signal, ref: false }).then(
      () => giveUp.abort(new Error('held')),
      () => undefined,
    );
    let leader = found;
    await lease
      .acquire(giveUp.signal, (seen) => {
        leader = seen ?? leader;
        if (found && seen?.epoch === found.epoch && seen.beats > found.beats) giveUp.abort(new Error('renewed'));
      })
      .catch((error: unknown) => {
        if (!giveUp.signal.aborted) throw error;
        throw new CliError(
          exitCode.refused,
          `${name} is in use by ${leader?.address ?? 'another master'}`,
          'Stop every master of this hub first.',
        );
      });
    giveUp.abort();
    return {
      name,
      start,
      store,
      release: async () => {
        await lease.release();
        await store.close();
      },
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** Both stores, or one; directories first. */
async function holdAll(
  places: { place: string; mustExist: boolean }[],
  options: MigrateOptions,
): Promise<{ held: Held[]; release(): Promise<void> }> {
  const held: Held[] = [],
    directory = places.find(({ place }) => !isUrl(place))?.place ?? null;
  const release = async (): Promise<void> => {
    await Promise.all(Object.values(held).map((each) => each.release()));
  };
  try {
    for (const [index, { place, mustExist }] of places.entries())
      if (!isUrl(place)) held[index] = await holdDirectory(place, mustExist);
    for (const [index, { place }] of places.entries())
      if (isUrl(place)) held[index] = await holdElastic(place, directory && absolute(directory), options);
    return { held, release };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Writes how far it is: every second on a terminal, a line for each part elsewhere. */
function reporter({ say, isTerminal }: MigrateOptions): (progress: MoveProgress) => void {
  let last = 0;
  return ({ part, what, count, of }) => {
    const now = Date.now(),
      number = count.toLocaleString('en');
    if (what === 'same')
      say(`${isTerminal ? '\r\x1b[K' : ''}${part.padEnd(14)} ${number.padStart(10)}  same on both sides\n`);
    else if (isTerminal && now - last > 200) {
      last = now;
      say(`\r\x1b[K${what} ${part}: ${number}${of === null ? '' : ` of ${of.toLocaleString('en')}`}`);
    }
  };
}

async function undo(options: MigrateOptions): Promise<number> {
  const {
    held: [left],
    release,
  } = await holdAll([{ place: options.from, mustExist: true }], options);
  const { name, store } = left!;
  try {
    const mark = await leaving(store);
    if (!mark) {
      options.say(`The hub in ${name} was not moved: nothing to undo.\n`);
      return exitCode.done;
    }
    await markLeaving(store, null);
    options.say(
      `A master may run on ${name} again. What is in ${mark.to} is the same hub: remove it before, never run both.\n`,
    );
    return exitCode.done;
  } finally {
    await release();
  }
}

/**
 * Runs the command.
 * @returns the exit code
 * @throws LockHeldError, CliError, StoreError, SettingError
 */
export async function migrate(options: MigrateOptions): Promise<number> {
  if (options.undo) return undo(options);
  if (options.to === null)
    throw new CliError(
      exitCode.usage,
      '--to is missing',
      'stathub migrate --from ~/.stathub/master --to http://elastic:9200',
    );
  const { held, release } = await holdAll(
    [
      { place: options.from, mustExist: true },
      { place: options.to, mustExist: false },
    ],
    options,
  );
  const [source, target] = held as [Held, Held];
  try {
    const { hub, parts } = await move(source.store, target.store, {
      from: source.name,
      to: target.name,
      at: Date.now(),
      tell: reporter(options),
    });
    const count = parts.reduce((sum, part) => sum + part.count, 0);
    options.say(
      `${hub} is in ${target.name}${count > 0 ? `: ${count.toLocaleString('en')} documents, compared` : ''}. Start it there: ${target.start}\n`,
    );
    return exitCode.done;
  } finally {
    await release();
  }
}
