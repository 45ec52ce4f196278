// What is summed over the processes of a tree: always their io, and cpu and memory where no cgroup of the tree's own counts those.
import { readdirSync, statSync } from 'node:fs';
import { numberBehind, parseStatLine, SmallFile, stat } from './small-file.ts';

/** USER_HZ is 100 on every Linux that Node runs on. */
const tickMs = 10;
const pageBytes = 4096;
const pss = Buffer.from('Pss:');
const readBytes = Buffer.from('read_bytes:');
const writeBytes = Buffer.from('write_bytes:');
const highest = Buffer.from('VmHWM:');

interface Process {
  pid: number;
  startTime: number;
  stat: SmallFile;
  io: SmallFile | null;
  /** Ticks of the look before: its own, and with those of children that it has waited for. */
  own: number;
  whole: number;
}

/** As of one look at all of them. */
export interface Counted {
  processes: number;
  threads: number;
  rss: number;
  /** Since the look before; at the first, of their whole lives. */ cpuMs: number;
}

export class Processes {
  #known: Process[] = [];
  /** Bytes from and to disks: in all, and of those that live as of the look before. */
  #io: { read: number; written: number; liveRead: number; liveWritten: number } | null = null;

  /**
   * Looks at each. Cpu: ticks of a process that has ended meanwhile are counted by whoever waited for it; where that was nobody of the
   * tree, what it did since the look before is lost, and never counted twice or below zero.
   * @param begun ticks since boot at which the launch began: what is older is another process under that pid
   */
  count(pids: readonly number[], begun: number, keep: boolean): Counted {
    const before = this.#known;
    const now: Process[] = [];
    const sum: Counted = { processes: 0, threads: 0, rss: 0, cpuMs: 0 };
    let ownGain = 0;
    let wholeNow = 0;
    let wholeBefore = 0;
    for (const process of before) wholeBefore += process.whole;
    for (const [index, pid] of pids.entries()) {
      // The order seldom changes from look to look.
      let process = before[index]?.pid === pid ? before[index]! : (before.find((one) => one.pid === pid) ?? null);
      const known = process !== null;
      process ??= { pid, startTime: 0, stat: new SmallFile(`/proc/${pid}/stat`), io: null, own: 0, whole: 0 };
      const length = process.stat.read(keep);
      if (
        length < 0 ||
        !parseStatLine(length) ||
        stat.ended ||
        stat.startTime < begun ||
        (known && stat.startTime !== process.startTime)
      ) {
        process.stat.close();
        process.io?.close();
        continue;
      }
      sum.processes++;
      sum.threads += stat.threads;
      sum.rss += stat.rssPages * pageBytes;
      ownGain += stat.ownTicks - process.own;
      process.own = stat.ownTicks;
      process.whole = stat.ownTicks + stat.childTicks;
      process.startTime = stat.startTime;
      wholeNow += process.whole;
      now.push(process);
    }
    if (now.length < before.length || pids.length !== before.length)
      for (const one of before)
        if (!now.includes(one)) {
          one.stat.close();
          one.io?.close();
        }
    this.#known = now;
    sum.cpuMs = Math.max(0, ownGain, wholeNow - wholeBefore) * tickMs;
    return sum;
  }

  /**
   * Bytes from and to disks: what those that live did in their whole life, and what was seen of others. A process has its waited-for
   * children's, so the sums are compared, never one process. null: not ours to read.
   */
  io(keep: boolean): { read: number; written: number } | null {
    let nowRead = 0;
    let nowWritten = 0;
    let known = false;
    for (const process of this.#known) {
      process.io ??= new SmallFile(`/proc/${process.pid}/io`);
      const length = process.io.read(keep);
      if (length < 0) continue;
      nowRead += numberBehind(readBytes, length) ?? 0;
      nowWritten += numberBehind(writeBytes, length) ?? 0;
      known = true;
    }
    if (!known) return this.#io;
    const { read = 0, written = 0, liveRead = 0, liveWritten = 0 } = this.#io ?? {};
    this.#io = {
      read: read + Math.max(0, nowRead - liveRead),
      written: written + Math.max(0, nowWritten - liveWritten),
      liveRead: nowRead,
      liveWritten: nowWritten,
    };
    return this.#io;
  }

  /** Proportional set size of all, bytes: shared pages count by share. Dear: 50 µs a process and more. null: not ours to read. */
  pss(): number | null {
    let sum = 0;
    let known = false;
    for (const { pid } of this.#known) {
      const length = new SmallFile(`/proc/${pid}/smaps_rollup`).read(false);
      const value = length < 0 ? null : numberBehind(pss, length);
      if (value === null) continue;
      sum += value * 1024;
      known = true;
    }
    return known ? sum : null;
  }

  /** Open descriptors of all; null: not ours to read. */
  fds(): number | null {
    let sum = 0;
    let known = false;
    for (const { pid } of this.#known) {
      try {
        const path = `/proc/${pid}/fd`;
        const { size } = statSync(path);
        sum += size > 0 ? size : readdirSync(path).length; // the size is their number since Linux 6.2
        known = true;
      } catch {
        /* gone, or another user's */
      }
    }
    return known ? sum : null;
  }

  /** The most that one process ever had resident, bytes. */
  highWater(): number {
    let most = 0;
    for (const { pid } of this.#known) {
      const length = new SmallFile(`/proc/${pid}/status`).read(false);
      if (length >= 0) most = Math.max(most, (numberBehind(highest, length) ?? 0) * 1024);
    }
    return most;
  }

  /** Lets go of what stays open between two reads. */
  rest(): void {
    for (const { stat, io } of this.#known) {
      stat.close();
      io?.close();
    }
  }
}
