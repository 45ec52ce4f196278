// Stores that this process holds as a master would, so that no master runs on them meanwhile.
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve as absolute } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CliError, exitCode } from '../cli/exit.ts';
import { storeFile, openEmbedded } from '../store/embedded/embedded.ts';
import { acquireLock } from '../store/lock.ts';
import type { MovableStore } from '../store/store.ts';
import { elasticOptions } from './elastic/elastic-settings.ts';
import { resolve } from './settings/settings.ts';

/** A store that this process alone may use. */
export interface Held {
  name: string;
  /** The command that runs a master there. */
  start: string;
  store: MovableStore;
  /** Removes all that is in it. */
  destroy(): Promise<void>;
  release(): Promise<void>;
}
export interface HoldOptions {
  /** Settings that begin with `elastic-`, as given. */
  elastic: Record<string, unknown>;
  config: string | null;
  environment: NodeJS.ProcessEnv;
}
/** Where a store is; `prefix`: of its indices, null: as the settings say. */
export interface Place {
  place: string;
  prefix: string | null;
  mustExist: boolean;
}

const isUrl = (place: string): boolean => /^https?:\/\//i.test(place);

async function holdDirectory(place: string, mustExist: boolean): Promise<Held> {
  const directory = absolute(place);
  if (mustExist && !existsSync(join(directory, storeFile))) {
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
      destroy: () => store.destroy(),
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

const leaseMs = 10_000;

/**
 * @param directory the other side, held already; null where that is an Elasticsearch, too. One that was killed left its lease: whoever
 *   holds the same directory now goes on with it, others wait until it lapses
 */
async function holdElastic(
  { place, prefix }: Place,
  directory: string | null,
  { elastic, config, environment }: HoldOptions,
): Promise<Held> {
  const [{ openElastic }, { shownUrls }] = await Promise.all([
    import('../store/elasticsearch/elastic.ts'),
    import('../store/elasticsearch/requests/connect.ts'),
  ]);
  const options = elasticOptions(
    resolve(
      'master',
      { ...elastic, elastic: place, ...(prefix === null ? {} : { 'elastic-prefix': prefix }) },
      environment,
      config,
    ),
  )!;
  const store = await openElastic(options);
  const shown = shownUrls(options.urls).replaceAll(' ', '');
  const name = `${shown} (${options.prefix}-*)`;
  const start = `stathub master --elastic ${shown}${options.prefix === 'stathub' ? '' : ` --elastic-prefix ${options.prefix}`}`;
  try {
    const lease = store.lease({
      holder: `migrate ${hostname()} ${directory ?? `${process.pid} ${Date.now()}`}`,
      address: `stathub migrate, pid ${process.pid} on ${hostname()}`,
      ttlMs: leaseMs,
    });
    const found = (await lease.read())?.doc ?? null;
    const giveUp = new AbortController();
    const patience = Math.max(leaseMs, found?.ttlMs ?? 0) * 1.5;
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
      destroy: async () => {
        await lease.release(); // it is among what goes
        await store.destroy();
      },
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
export async function holdAll(
  places: Place[],
  options: HoldOptions,
): Promise<{ held: Held[]; release(): Promise<void> }> {
  const held: Held[] = [];
  const directory = places.find(({ place }) => !isUrl(place))?.place ?? null;
  const release = async (): Promise<void> => {
    await Promise.all(Object.values(held).map((each) => each.release()));
  };
  try {
    for (const [index, { place, mustExist }] of places.entries())
      if (!isUrl(place)) held[index] = await holdDirectory(place, mustExist);
    for (const [index, place] of places.entries())
      if (isUrl(place.place)) held[index] = await holdElastic(place, directory && absolute(directory), options);
    return { held, release };
  } catch (error) {
    await release();
    throw error;
  }
}
