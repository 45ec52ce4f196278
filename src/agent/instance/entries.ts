// Makes an entry: from a new assignment, or from what lies on disk.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { OneAtATime } from '../../model/one-at-a-time.ts';
import type { Exit } from '../../model/instance/instance.ts';
import { clearedHistory } from '../../model/instance/restart.ts';
import type { AgentContext } from '../context.ts';
import { isFull } from '../effects/disk/room.ts';
import { instanceDirectory, LaunchNumbers, writeRecord } from '../effects/launch/launch-records.ts';
import { writeAgainMs } from '../trouble.ts';
import type { Entry } from './entry.ts';
import { Program } from './program.ts';
import type { InstanceRecord } from './records.ts';

/** 0..1 from a name: the same after every restart, different for neighbours. */
const chanceOf = (id: string): number => createHash('md5').update(id).digest().readUInt32BE(0) / 2 ** 32;

/** @param launches numbers of the launches on disk, ascending; @param sameBoot whether the newest is of this boot */
export function makeEntry(
  context: AgentContext,
  record: InstanceRecord,
  launches: readonly number[],
  sameBoot: boolean,
  restarts: number,
  isNew = false,
): Entry {
  const { id } = record.assignment;
  const directory = instanceDirectory(context.instancesDirectory, id);
  const numbers = new LaunchNumbers(directory, launches.at(-1) ?? 0, sameBoot, isNew);
  const entry: Entry = {
    id,
    directory,
    record,
    chance: chanceOf(id),
    unnamed: false,
    actor: null,
    snapshot: null,
    lastExit: null,
    endTold: false,
    usage: null,
    fetching: null,
    disk: null,
    astray: null,
    view: null,
    changedAt: Date.now(),
    effects: new AbortController(),
    history: clearedHistory(),
    program: new Program({ context, directory, record: () => entry.record, numbers, launches: restarts }),
  };
  return entry;
}

/** Writes a first (or another) record; durable when it resolves. */
export const saveRecord = (directory: string, record: InstanceRecord): Promise<void> => writeRecord(directory, record);

const writes = new WeakMap<Entry, OneAtATime>();

/**
 * Replaces the record of an instance; calls come one after the other. It counts at once. Durable when it resolves to true; false: the
 * disk is full, and it is written as soon as there is room.
 */
export async function changeRecord(context: AgentContext, entry: Entry, record: InstanceRecord): Promise<boolean> {
  entry.record = record;
  const what = `the record of ${entry.id}`;
  try {
    await writeNewest(entry);
    context.trouble.end(what);
    return true;
  } catch (error) {
    if (!isFull(error)) throw error;
    context.trouble.begin(what, error);
    writeAgain(context, entry, what);
    return false;
  }
}

function writeNewest(entry: Entry): Promise<void> {
  let queue = writes.get(entry);
  if (!queue) writes.set(entry, (queue = new OneAtATime()));
  return queue.run(() => writeRecord(entry.directory, entry.record));
}

const waiting = new WeakSet<Entry>();

/** Until it is written, or the instance is gone and its files put away. */
function writeAgain(context: AgentContext, entry: Entry, what: string): void {
  if (waiting.has(entry)) return;
  waiting.add(entry);
  setTimeout(() => {
    waiting.delete(entry);
    if (!existsSync(entry.directory)) return context.trouble.end(what);
    writeNewest(entry).then(
      () => context.trouble.end(what),
      (error: unknown) => {
        context.trouble.begin(what, error);
        writeAgain(context, entry, what);
      },
    );
  }, writeAgainMs).unref();
}

/** How a launch ended that nobody saw: a reboot, or its launcher was killed. */
export const unseenExit = (launch: number, at: number): Exit => ({
  code: null,
  signal: null,
  reason: 'unknown',
  at,
  durationMs: 0,
  launch,
  core: false,
  peakMem: null,
  by: null,
  text: null,
  quota: null,
  tail: [],
});
