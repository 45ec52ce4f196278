// `stathub migrate`: holds both stores, so that no master runs on either, and moves the hub.
import { CliError, exitCode } from '../cli/exit.ts';
import { move } from '../store/moving/move.ts';
import type { MoveProgress } from '../store/moving/move.ts';
import { coming, leaving, markLeaving } from '../store/moving/moved.ts';
import { holdAll } from './held-stores.ts';
import type { Held, HoldOptions, Place } from './held-stores.ts';

export interface MigrateOptions extends HoldOptions {
  /** A store directory, or the address of an Elasticsearch. */
  from: string | null;
  to: string | null;
  /** Lets a master run on `from` again. */
  undo: boolean;
  /** Removes from `to` what arrived there of a move that is given up. */
  abandon: boolean;
  /** What the indices of each side begin with; null: as the settings say. */
  prefixes: { from: string | null; to: string | null };
  say(line: string): void;
  /** Is `say` a terminal, where a line may be written over? */
  isTerminal: boolean;
}

/** Writes how far it is: five times a second on a terminal, a line for each part elsewhere. */
function reporter({ say, isTerminal }: MigrateOptions): (progress: MoveProgress) => void {
  let last = 0;
  return ({ part, what, count, of }) => {
    const now = Date.now();
    const number = count.toLocaleString('en');
    if (what === 'same')
      say(`${isTerminal ? '\r\x1b[K' : ''}${part.padEnd(14)} ${number.padStart(10)}  same on both sides\n`);
    else if (isTerminal && now - last > 200) {
      last = now;
      say(`\r\x1b[K${what} ${part}: ${number}${of === null ? '' : ` of ${of.toLocaleString('en')}`}`);
    }
  };
}

/** The side that the command names. @throws CliError usage when it names none */
function side(options: MigrateOptions, which: 'from' | 'to', mustExist: boolean): Place {
  const place = options[which];
  if (place !== null) return { place, prefix: options.prefixes[which], mustExist };
  throw new CliError(
    exitCode.usage,
    `--${which} is missing`,
    'stathub migrate --from ~/.stathub/master --to http://elastic:9200',
  );
}

/** Works on one store that is held meanwhile. */
async function withStore<T>(options: MigrateOptions, place: Place, work: (held: Held) => Promise<T>): Promise<T> {
  const { held, release } = await holdAll([place], options);
  try {
    return await work(held[0]!);
  } finally {
    await release();
  }
}

function undo(options: MigrateOptions): Promise<number> {
  return withStore(options, side(options, 'from', true), async ({ name, store }) => {
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
  });
}

/** Only what is not there as a whole may be removed. */
function abandon(options: MigrateOptions): Promise<number> {
  return withStore(options, side(options, 'to', true), async ({ name, store, start, destroy }) => {
    const mark = await coming(store);
    if (!mark) {
      throw new CliError(
        exitCode.refused,
        `${name} holds no unfinished move: nothing is removed`,
        `If a hub is there as a whole, it is run by: ${start}`,
      );
    }
    await destroy();
    options.say(
      `What had arrived of ${mark.hub} in ${name} is removed. To run it where it is: stathub migrate --undo --from ${mark.from}\n`,
    );
    return exitCode.done;
  });
}

/**
 * Runs the command.
 * @returns the exit code
 * @throws LockHeldError, CliError, StoreError, SettingError
 */
export async function migrate(options: MigrateOptions): Promise<number> {
  if (options.undo) return undo(options);
  if (options.abandon) return abandon(options);
  const places = [side(options, 'from', true), side(options, 'to', false)];
  const { held, release } = await holdAll(places, options);
  const [source, target] = held as [Held, Held];
  try {
    const { hub, parts } = await move(source.store, target.store, {
      from: source.name,
      to: target.name,
      at: Date.now(),
      tell: reporter(options),
    });
    const count = parts.reduce((sum, part) => sum + part.count, 0);
    const compared = count > 0 ? `: ${count.toLocaleString('en')} documents, compared` : '';
    options.say(`${hub} is in ${target.name}${compared}. Start it there: ${target.start}\n`);
    return exitCode.done;
  } finally {
    await release();
  }
}
