// `stathub upgrade`: the master and agents that `up` started are replaced by the version that runs this command, one after the
// other. Their programs run on with the same pids; what they print and how they end meanwhile is there afterwards.
import { setTimeout as delay } from 'node:timers/promises';
import { holderOf } from '../../store/lock.ts';
import { alive, guardPid, readUp, writeUp, type Member } from './folder.ts';
import { endProcess, Guard, type Guarded } from './guard.ts';
import { version } from '../version.ts';

interface UpgradeOptions {
  /** The program's entry file. */ main: string;
  say: (line: string) => void;
}

interface Shown {
  id: string;
  pid: number | null;
  restarts: number;
  goal: string;
}
interface Running extends Shown {
  pid: number;
}
const endWithinMs = 30_000;
const readyWithinMs = 60_000;
const backWithinMs = 60_000;

async function get<T>(url: string): Promise<T | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
    return response.ok ? ((await response.json()) as T) : null;
  } catch {
    return null;
  } // it is away: asked again
}

/** All instances by id; null: the hub does not answer. */
async function instancesOf(hub: string): Promise<Map<string, Shown> | null> {
  const found = new Map<string, Shown>();
  for (let from = 0; ; from += 1000) {
    const page = await get<{ items: Shown[]; total: number }>(`${hub}/v1/instances?size=1000&from=${from}`);
    if (!page) return null;
    for (const { id, pid, restarts, goal } of page.items) found.set(id, { id, pid, restarts, goal });
    if (page.items.length === 0 || from + page.items.length >= page.total) return found;
  }
}

/** One that runs and cannot say it has lost the files of its version, or is stuck. */
async function versionOf({ address, directory }: Member): Promise<string> {
  const status = address === null ? null : await get<{ version: string }>(`${address}/v1/status`);
  return status?.version ?? ((await holderOf(directory)) ? 'unknown' : 'not running');
}

/** Ends one and has it started: by the `up` that guards it, else by this process. @throws StartFailed, or Error when it does not end */
async function replace(member: Member, guarded: boolean, guard: Guard): Promise<Guarded | Member> {
  const before = (await holderOf(member.directory))?.pid ?? null;
  if (!(await endProcess(before, 'SIGTERM', endWithinMs)))
    throw new Error(`the ${member.name} (pid ${before}) has not ended within ${endWithinMs / 1000} s`);
  if (!guarded) return guard.add(member);
  for (const deadline = Date.now() + readyWithinMs; Date.now() < deadline; await delay(50)) {
    const holder = await holderOf(member.directory);
    if (
      holder?.address &&
      holder.pid !== before &&
      (await fetch(`${holder.address}/readyz`).then(
        (answer) => answer.ok,
        () => false,
      ))
    )
      return { ...member, pid: holder.pid, address: holder.address };
  }
  throw new Error(`the ${member.name} is not back after ${readyWithinMs / 1000} s`);
}

/** @returns the exit code */
export async function upgrade({ main, say }: UpgradeOptions): Promise<number> {
  const record = readUp();
  if (!record) {
    say(
      '`stathub up` started nothing here. A master or agent of its own is upgraded by ending it (SIGTERM) and ' +
        'starting the new one, e.g. `systemctl restart stathub-agent`: programs run on.',
    );
    return 3;
  }
  const hub = record.members.find(({ role }) => role === 'master')?.address ?? null;
  const shown = hub === null ? null : await instancesOf(hub);
  const before = shown && [...shown.values()].filter((one): one is Running => one.pid !== null);
  const versions = await Promise.all(record.members.map(versionOf));
  const guardedBy = await guardPid();
  let guarded = guardedBy !== null;
  if (guarded && record.main !== undefined && record.main !== main) {
    say(
      `the \`up\` with pid ${guardedBy} runs another installation (${record.main}): it ends, the hub is started from here`,
    );
    if (!(await endProcess(guardedBy, 'SIGTERM', 60_000)))
      throw new Error(`\`up\` (pid ${guardedBy}) has not ended within 60 s`);
    guarded = false;
  }
  const guard = new Guard(main, () => undefined, say);
  const members: Member[] = [];
  for (const [index, member] of record.members.entries()) {
    const now = await replace(member, guarded, guard);
    members.push({
      role: now.role,
      name: now.name,
      directory: now.directory,
      port: now.port,
      args: now.args,
      pid: now.pid,
      address: now.address,
    });
    say(`  ${member.name.padEnd(8)} ${versions[index]} → ${version}  ${now.address}  pid ${now.pid}`);
  }
  if (!guarded) {
    writeUp({ main, members });
    say('Nobody starts the hub again if it dies: run `stathub up` for that, it attaches to what runs.');
  }
  return before === null ? 0 : compare(members.find(({ role }) => role === 'master')?.address ?? hub!, before, say);
}

/** Waits until the hub knows its programs again, and says whether they are the same. */
async function compare(hub: string, before: Running[], say: (line: string) => void): Promise<number> {
  let changed: Running[] = [];
  for (const deadline = Date.now() + backWithinMs; Date.now() < deadline; await delay(200)) {
    const now = await instancesOf(hub);
    if (!now) continue;
    changed = before.filter(({ id, pid }) => now.get(id)?.pid !== pid && alive(pid));
    if (changed.length > 0) continue; // it lives, and its agent has not told of it yet
    const ended = before.filter(
      ({ id, pid, restarts }) => now.get(id)?.pid !== pid || now.get(id)?.restarts !== restarts,
    );
    // A rollout goes on beside an upgrade: what it replaces has not ended by itself.
    const asked = ended.filter(({ id }) => now.get(id)?.goal !== 'run');
    const alone = ended.filter((one) => !asked.includes(one));
    const named = (what: string, some: Running[]): string =>
      some.length > 0 ? `; ${what} meanwhile: ${some.map(({ id }) => id).join(', ')}` : '';
    say(
      `${before.length - ended.length} programs run on with the same pids` +
        `${named('ended by themselves', alone)}${named('stopped or replaced as the hub was asked to', asked)}`,
    );
    return 0;
  }
  say(
    `${changed.length} programs live, and the hub does not show them yet: ${changed
      .slice(0, 5)
      .map(({ id, pid }) => `${id} (pid ${pid})`)
      .join(', ')}`,
  );
  return 1;
}
