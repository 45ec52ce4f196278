// Measures the tree of one launch: by its own cgroups where it has some, else by its processes.
import type { Tree } from '../effects/processes/tree.ts';
import { cgroupMembers, subgroups } from '../effects/cgroups/cgroup.ts';
import type { LaunchRecord } from '../instance/records.ts';
import { scanMarked } from '../effects/processes/strays.ts';
import { Processes, type Counted } from './processes.ts';
import { closeSources, enforces, sourcesOf, type Sources } from './sources.ts';
import { numberBehind, numbersOf, readNumber } from './small-file.ts';

const usage = Buffer.from('usage_usec');
/** What is dear (PSS, descriptors, high water, sub-groups) is looked at this seldom, ms: watched, else, and while nothing of it runs. */
const slowMs = { keen: 60_000, idle: 300_000, resting: 1_800_000 };
const youngMs = 60_000;
/** A tree whose resident memory differs by more than this part is another. */
const otherPart = 0.2;
/**
 * Without a cgroup: who is in the tree is searched for this often while it is watched, ms (20 ms of work at 2,000
 * processes, shared by all).
 */
const searchMs = 5000;
/** Page cache that could be dropped: read this seldom, ms; it moves slowly and costs more than all else. */
const cacheMs = 10_000;

/** As of one sample. null: not known. */
export interface Figures {
  cpu: number | null;
  mem: number | null;
  fds: number | null;
  processes: number;
  threads: number | null;
  ioRead: number | null;
  ioWrite: number | null;
  /** Bytes at least at some time. */
  peak: number;
}

export class Gauge {
  readonly tree: Tree;
  readonly #sources: Sources;
  readonly #begun: number;
  readonly #processes = new Processes();
  #pids: number[] = [];
  #at = 0;
  #slowAt = 0;
  #cacheAt = 0;
  #searchedAt = 0;
  #inactive = 0;
  /** CPU of the look before, ms. */
  #cpuMs = 0;
  /** The same at the last long look. */
  #slowCpuMs = 0;
  /** What all of its kind had used together when it was last seen to rest; null: nobody counts that. */
  #allMs: number | null = null;
  #cpu: number | null = null;
  #fds: number | null = null;
  /** Processes that there were then: with others it is counted anew. */
  #fdsOf = 0;
  /** PSS as a part of resident memory, and the resident memory and processes that it is of. */
  #shared = { part: 1, of: 0, processes: 0 };
  #nested = false;
  /** The most that one process ever had resident, bytes, as of the last slow look. */
  #highWater = 0;
  #strangers: number[] = [];

  /** @param tree of a program whose pid is known; @param launch null: not known when it began, and under which limits */
  constructor(tree: Tree, launch: LaunchRecord | null) {
    this.tree = tree;
    this.#sources = sourcesOf(tree, launch?.limits);
    this.#begun = this.#sources.cpu?.unit === 'nanoseconds' ? 0 : (launch?.mono ?? 0); // that counter goes on over launches
  }

  /** The kernel holds it below this many bytes of memory: nobody has to look. */
  enforces(limit: number): boolean {
    return enforces(this.#sources, limit);
  }

  /**
   * Takes a sample.
   * @param at monotonic ms, above 0
   * @param keen it is watched: files stay open, members are listed anew; else the list of the look before may do once more
   * @returns null: nobody is left
   */
  sample(at: number, keen: boolean): Figures | null {
    const { members, cpu, memory, tasks } = this.#sources;
    const slow = this.#slowAt === 0 || at - this.#slowAt >= (keen ? slowMs.keen : slowMs.idle);
    const first = this.#at === 0;
    if (keen || slow || this.#pids.length === 0) this.#list(keen);
    // Where cgroups count all of it, processes are looked at only for what those do not count.
    const counted =
      cpu && memory && tasks && !slow
        ? { processes: this.#pids.length, threads: 0, rss: 0, cpuMs: 0 }
        : this.#processes.count(this.#pids, this.tree.program!.startTime, keen);
    if (counted.processes === 0) {
      this.#pids = [];
      return null;
    }
    const cpuMs = cpu ? this.#cpuOf(cpu, keen) : this.#cpuMs + counted.cpuMs;
    const elapsed = at - (first ? this.#begun : this.#at);
    // The first sample of a young launch counts from its begin; of an old one (adopted) that would be an average over its life.
    if (cpuMs !== null && elapsed > 0 && (!first || elapsed < youngMs))
      this.#cpu = Math.round((Math.max(0, cpuMs - this.#cpuMs) / elapsed) * 1e4) / 1e4;
    if (cpuMs !== null) this.#cpuMs = cpuMs;
    const mem = memory ? this.#working(memory, at, keen) : this.#resident(counted, slow);
    if (slow) this.#lookLong(at);
    if (slow || (keen && counted.processes !== this.#fdsOf)) {
      this.#fds = this.#processes.fds();
      this.#fdsOf = counted.processes;
    }
    if (!members && (slow || (keen && at - this.#searchedAt >= searchMs))) this.#search(at);
    this.#at = at;
    const io = this.#processes.io(keen);
    const threads = tasks ? tasks.read(keen) : -1;
    return {
      cpu: this.#cpu,
      mem,
      fds: this.#fds,
      processes: counted.processes,
      threads: (threads < 0 ? null : readNumber(threads)) ?? (counted.threads || null),
      ioRead: io?.read ?? null,
      ioWrite: io?.written ?? null,
      peak: Math.max(mem ?? 0, this.#highWater),
    };
  }

  /**
   * Whether nothing of the tree has run since the sample before: its own cgroup's cpu counter stands still, so nothing else has changed
   * and nothing was printed. Costs one read of a small file, and none where all programs of the node rest; the sample before then
   * holds on, with no cpu.
   * @param at monotonic ms
   * @returns false: it has run, it is time for a long look, or no counter tells
   */
  rests(at: number): boolean {
    const { cpu } = this.#sources;
    const still = this.#cpuMs === this.#slowCpuMs;
    if (!cpu || this.#cpu !== 0 || at - this.#slowAt >= (still ? slowMs.resting : slowMs.idle)) return false;
    // Read before its own: what runs in between moves the sum after this one.
    const all = cpu.all.at(at, (file) => this.#cpuOf({ ...cpu, file }, true));
    if (all === null || all !== this.#allMs) {
      if (this.#cpuOf(cpu, false) !== this.#cpuMs) return false;
      this.#allMs = all;
    }
    this.#at = at;
    return true;
  }

  #list(keen: boolean): void {
    const { members } = this.#sources;
    const program = this.tree.program!.pid;
    if (!members) this.#pids = this.#strangers.includes(program) ? this.#strangers : [program, ...this.#strangers];
    else if (this.#nested && this.tree.membership.kind !== 'session')
      this.#pids = cgroupMembers(this.tree.membership.path) ?? [];
    else {
      const length = members.read(keen);
      this.#pids = length < 0 ? [] : numbersOf(length);
    }
  }

  #cpuOf({ file, unit }: Pick<NonNullable<Sources['cpu']>, 'file' | 'unit'>, keen: boolean): number | null {
    const length = file.read(keen);
    if (length < 0) return null;
    if (unit === 'nanoseconds') {
      const value = readNumber(length);
      return value === null ? null : value / 1e6;
    }
    const value = numberBehind(usage, length);
    return value === null ? null : value / 1000;
  }

  #working({ used, stat, inactive }: NonNullable<Sources['memory']>, at: number, keen: boolean): number | null {
    if (this.#cacheAt === 0 || at - this.#cacheAt >= cacheMs) {
      const length = stat.read(keen);
      this.#inactive = (length < 0 ? null : numberBehind(inactive, length)) ?? this.#inactive;
      this.#cacheAt = at;
    }
    const length = used.read(keen);
    const value = length < 0 ? null : readNumber(length);
    return value === null ? null : Math.max(0, value - this.#inactive);
  }

  /** Resident memory; what processes share counts once, by the share of the last exact look: taken again when the tree is another. */
  #resident({ rss, processes }: Counted, exact: boolean): number {
    const { of, processes: before } = this.#shared;
    if (!exact && processes === before && Math.abs(rss - of) <= of * otherPart)
      return Math.round(rss * this.#shared.part);
    const pss = this.#processes.pss();
    if (pss === null || rss === 0) return rss;
    this.#shared = { part: Math.min(1, pss / rss), of: rss, processes };
    return pss;
  }

  /** Memory now, by PSS; null where a cgroup counts it. */
  exactMemory(): number | null {
    return this.#sources.memory ? null : this.#processes.pss();
  }

  #lookLong(at: number): void {
    const { membership } = this.tree;
    this.#slowAt = at;
    this.#slowCpuMs = this.#cpuMs;
    if (!this.#sources.memory) this.#highWater = this.#processes.highWater();
    if (membership.kind !== 'session') this.#nested = subgroups(membership.path).length > 0;
  }

  /** Who of a tree without a cgroup is where: one scan serves all who ask at about the same time. */
  #search(at: number): void {
    const { node, instance, epoch } = this.tree;
    this.#searchedAt = at;
    scanMarked(node).then(
      (found) => {
        this.#strangers = found
          .filter((one) => one.instance === instance && (one.epoch === null || one.epoch === epoch))
          .map(({ pid }) => pid);
      },
      () => undefined, // /proc could not be read: those known so far are measured on, and the next search looks again
    );
  }

  /** Nobody watches any more: what stays open between two samples is closed. */
  rest(): void {
    closeSources(this.#sources);
    this.#processes.rest();
  }
}
