// What instances use, from /proc and their cgroup's members, never by running `ps`. Seldom and spread out while nobody looks, every
// two seconds for those that somebody watches. Figures of a minute go out as one point.
import { closeSync, openSync, readFileSync, readSync, readdirSync } from 'node:fs';
import type { Usage } from '../model/instance.ts';
import type { SeriesPoint } from '../store/store.ts';
import { cgroupMembers } from './effects/cgroup.ts';
import type { Tree } from './effects/tree.ts';
import type { Entry } from './entry.ts';
import type { Instances } from './instances.ts';
import type { AgentTimes } from './settings.ts';

const ticksASecond = 100; // USER_HZ: the same on every Linux that node runs on
const pageBytes = 4096;
/** A look counts as watching for this long, ms. */
const watchedMs = 10_000;
const wholeLooks = 5;

export interface Point { subject: string; minute: number; values: SeriesPoint['values'] }
export type OnPoints = (points: Point[]) => void;
interface Sample { at: number; cpuTicks: number; /** As of the last whole look, and how many looks ago. */ pids: number[]; looks: number; due: number; watchedUntil: number; slow: number; minute: number; sums: Map<string, [number, number, number, number]> }
interface Counted { cpuTicks: number; mem: number; pids: number[] }

const buffer = Buffer.allocUnsafe(4096);
/** A small file of /proc: a third of the time of readFileSync, and this is read thousands of times a minute. */
function readSmall(path: string): string | null {
  let fd: number;
  try { fd = openSync(path, 'r'); } catch { return null; } // gone between two looks
  try { return buffer.toString('latin1', 0, readSync(fd, buffer, 0, buffer.length, 0)); } catch { return null; } finally { closeSync(fd); }
}

/** The processes of a tree, its sub-groups' too where it has some. */
const pidsOf = (tree: Tree): number[] => (tree.membership.kind === 'session' ? (tree.program ? [tree.program.pid] : []) : (cgroupMembers(tree.membership.path) ?? []));

/** CPU ticks and resident bytes of processes now; null when none of them lives. */
function count(pids: readonly number[]): Counted | null {
  const sum: Counted = { cpuTicks: 0, mem: 0, pids: [] };
  for (const pid of pids) {
    const line = readSmall(`/proc/${pid}/stat`);
    if (line === null) continue;
    const fields = line.slice(line.lastIndexOf(') ') + 2).split(' ');
    sum.cpuTicks += Number(fields[11]) + Number(fields[12]) + Number(fields[13]) + Number(fields[14]); // with its waited-for children
    sum.mem += Number(fields[21]) * pageBytes;
    sum.pids.push(pid);
  }
  return sum.pids.length > 0 ? sum : null;
}

function countFds(pid: number): number | null {
  try { return readdirSync(`/proc/${pid}/fd`).length; } catch { return null; } // another user's
}

function readIo(pid: number): { ioRead: number | null; ioWrite: number | null } {
  try {
    const text = readFileSync(`/proc/${pid}/io`, 'latin1');
    return { ioRead: Number(/^read_bytes: (\d+)/m.exec(text)?.[1] ?? 0), ioWrite: Number(/^write_bytes: (\d+)/m.exec(text)?.[1] ?? 0) };
  } catch {
    return { ioRead: null, ioWrite: null };
  }
}

export class UsageSampler {
  readonly #instances: Instances;
  readonly #times: AgentTimes;
  readonly #samples = new WeakMap<Entry, Sample>();
  readonly #onPoints: OnPoints;
  #timer: NodeJS.Timeout | null = null;

  /** @param onPoints hears each minute of each instance, once it is over */
  constructor(instances: Instances, times: AgentTimes, onPoints: OnPoints) {
    this.#instances = instances;
    this.#times = times;
    this.#onPoints = onPoints;
  }

  start(): void { this.#timer ??= setInterval(() => this.#sweep(), 1000).unref(); }
  stop(): void { if (this.#timer) clearInterval(this.#timer); this.#timer = null; }

  /** The figures of an instance now; whoever asks is watching for a while. */
  watch(entry: Entry): Usage | null {
    const sample = this.#sampleOf(entry), now = Date.now();
    sample.watchedUntil = now + watchedMs;
    if (now - sample.at >= Math.min(1000, this.#times.usageWatchedMs)) this.#take(entry, sample, now, true);
    return entry.usage;
  }

  #sampleOf(entry: Entry): Sample {
    let sample = this.#samples.get(entry);
    if (!sample) this.#samples.set(entry, sample = { at: 0, cpuTicks: 0, pids: [], looks: 0, due: Date.now() + entry.chance * this.#times.usageIdleMs, watchedUntil: 0, slow: 0, minute: 0, sums: new Map() });
    return sample;
  }

  #sweep(): void {
    const now = Date.now(), points: Point[] = [];
    for (const entry of this.#instances.entries.values()) {
      if (entry.program.phase !== 'running') {
        if (entry.usage && entry.program.phase !== 'launched') { entry.usage = null; this.#samples.delete(entry); }
        continue;
      }
      const sample = this.#sampleOf(entry), watched = sample.watchedUntil > now;
      if (now < sample.due && !(watched && now - sample.at >= this.#times.usageWatchedMs - 100)) continue;
      this.#take(entry, sample, now, watched);
      const minute = Math.floor(now / 60_000);
      if (sample.minute !== 0 && minute > sample.minute && sample.sums.size > 0) points.push(pointOf(entry.id, sample));
      if (minute !== sample.minute) { sample.minute = minute; sample.sums.clear(); }
      for (const name of ['cpu', 'mem'] as const) add(sample.sums, name, entry.usage?.[name] ?? null);
    }
    if (points.length > 0) this.#onPoints(points);
  }

  #take(entry: Entry, sample: Sample, now: number, watched: boolean): void {
    const tree = entry.program.tree;
    if (!tree) return;
    // Who is in a tree seldom changes: unwatched, it is asked every fifth time, or when the program's pid is another.
    if (watched || sample.looks++ % wholeLooks === 0 || !sample.pids.includes(tree.program?.pid ?? 0)) sample.pids = pidsOf(tree);
    const counted = count(sample.pids);
    sample.due = now + this.#times.usageIdleMs;
    if (!counted) return;
    sample.pids = counted.pids;
    const elapsed = (now - sample.at) / 1000, ticks = counted.cpuTicks - sample.cpuTicks;
    const cpu = sample.at === 0 || elapsed <= 0 || ticks < 0 ? null : Math.round((ticks / ticksASecond / elapsed) * 1000) / 1000;
    const slow = watched && now - sample.slow > 10_000; // descriptors and io cost more
    const pid = tree.program?.pid ?? 0;
    entry.usage = {
      at: now, cpu: cpu ?? entry.usage?.cpu ?? null, mem: counted.mem, processes: counted.pids.length, threads: null, cpuShare: null, memShare: null, disk: null,
      ...(slow ? { fds: countFds(pid), ...readIo(pid) } : { fds: entry.usage?.fds ?? null, ioRead: entry.usage?.ioRead ?? null, ioWrite: entry.usage?.ioWrite ?? null }),
    };
    if (slow) sample.slow = now;
    sample.at = now;
    sample.cpuTicks = counted.cpuTicks;
    entry.view = null;
    if (watched) this.#instances.changed(entry.id); // unwatched figures are told by the minute
  }
}

function add(sums: Sample['sums'], name: string, value: number | null): void {
  if (value === null) return;
  const sum = sums.get(name);
  if (!sum) sums.set(name, [value, value, value, 1]);
  else { sum[0] = Math.min(sum[0], value); sum[1] += value; sum[2] = Math.max(sum[2], value); sum[3] += 1; }
}

const pointOf = (id: string, { minute, sums }: Sample): Point => ({
  subject: `instance/${id}`, minute, values: Object.fromEntries([...sums].map(([name, [least, sum, most, n]]) => [name, [least, sum / n, most] as [number, number, number]])),
});
