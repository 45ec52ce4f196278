// Figures by the minute on their way to the master: gathered for a moment, sent, sent again when the line broke before the master had
// them. While the master is away for longer they wait on disk, bounded: the oldest go first. A point that comes twice replaces itself.
import { appendFile, mkdir, readFile, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflate, inflate } from 'node:zlib';
import { monoMs } from '../moment.ts';
import type { Point } from './sampler.ts';

const pack = promisify(deflate);
const unpack = promisify(inflate);

interface OutboxOptions {
  directory: string;
  /** Sends points; false: there is no line. */
  send: (points: Point[]) => boolean;
  /** The line there is: its number, and when (`monoMs`) the newest beat was sent that the master answered on it. null: none. */
  line: () => { number: number; arrived: number } | null;
  warn: (message: string, error?: unknown) => void;
}

/** Points of one frame, and those that wait in memory for a line before they go to disk. */
const frame = 2000;
const inMemory = 4000;
/** On disk, deflated: a thousand instances for about six hours, fewer for longer. */
const mostBytes = 16 * 1024 * 1024;
const mostFiles = 7 * 24;
const fileName = /^(\d+)\.points$/;

/** ms: points are gathered for so long; without a line for so long what waits goes to disk. */
interface OutboxTimes {
  gatherMs: number;
  patienceMs: number;
}
const usual: OutboxTimes = { gatherMs: 5000, patienceMs: 60_000 };

export class PointOutbox {
  readonly #options: OutboxOptions;
  readonly #times: OutboxTimes;
  #waiting: Point[] = [];
  /** Sent, and not known to have arrived. */
  #sent: { at: number; line: number; points: Point[] }[] = [];
  #timer: NodeJS.Timeout | null = null;
  #lineSeen = monoMs();
  /** There may be files. */
  #stored = true;
  #working: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: OutboxOptions, times = usual) {
    this.#options = options;
    this.#times = times;
    this.#later(); // an earlier agent may have left some
  }

  add(points: readonly Point[]): void {
    for (const point of points) this.#waiting.push(point);
    this.#later();
  }

  #later(): void {
    if (!this.#closed)
      this.#timer ??= setTimeout(() => {
        this.#timer = null;
        this.#turn();
      }, this.#times.gatherMs).unref();
  }

  #turn(): void {
    const now = monoMs();
    const line = this.#options.line();
    this.#settle();
    if (line) {
      this.#lineSeen = now;
      while (this.#waiting.length > 0 && this.#send(this.#waiting.splice(0, frame))) {
        /* as long as the line is there */
      }
      if (this.#stored) this.#then(() => this.#sendStored());
    } else if (now - this.#lineSeen > this.#times.patienceMs || this.#waiting.length > inMemory) {
      const points = this.#waiting.splice(0);
      if (points.length > 0) this.#then(() => this.#store(points));
    }
    if (this.#waiting.length + this.#sent.length > 0 || (line && this.#stored)) this.#later();
  }

  /** What has arrived is done with; what was sent on a line that is gone and was not answered waits again. */
  #settle(): void {
    const line = this.#options.line();
    const open = this.#sent.filter((one) => !(one.line === line?.number && one.at < line.arrived));
    this.#sent = open.filter((one) => one.line === line?.number);
    for (const one of open) if (one.line !== line?.number) this.#waiting.push(...one.points);
  }

  #send(points: Point[]): boolean {
    const line = this.#options.line();
    if (!line || !this.#options.send(points)) {
      this.#waiting.push(...points);
      return false;
    }
    this.#sent.push({ at: monoMs(), line: line.number, points });
    return true;
  }

  #then(work: () => Promise<void>): void {
    this.#working = this.#working
      .then(work)
      .catch((error: unknown) => this.#options.warn('figures of this node could not be kept', error));
  }

  /** One line of a file holds the points of a turn, deflated, as base64: a line that was cut off is left out when it is read. */
  async #store(points: readonly Point[]): Promise<void> {
    const { directory } = this.#options;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await appendFile(
      join(directory, `${Math.floor(Date.now() / 3_600_000)}.points`),
      `${(await pack(JSON.stringify(points))).toString('base64')}\n`,
      { mode: 0o600 },
    );
    this.#stored = true;
    const files = await this.#files();
    let bytes = 0;
    for (const [index, name] of files.reverse().entries()) {
      bytes += (await stat(join(directory, name))).size;
      if (index > 0 && (bytes > mostBytes || index >= mostFiles)) await rm(join(directory, name), { force: true });
    }
  }

  /** Oldest first. */
  async #files(): Promise<string[]> {
    try {
      return (await readdir(this.#options.directory))
        .filter((name) => fileName.test(name))
        .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      throw error;
    }
  }

  /** One file a turn: the master has other work, too. */
  async #sendStored(): Promise<void> {
    const { directory, warn } = this.#options;
    const [name] = await this.#files();
    if (name === undefined) {
      this.#stored = false;
      return;
    }
    const path = join(directory, name);
    for (const line of (await readFile(path, 'latin1')).split('\n')) {
      if (line === '') continue;
      let points: Point[];
      try {
        points = JSON.parse((await unpack(Buffer.from(line, 'base64'))).toString()) as Point[];
      } catch (error) {
        warn(`a line of ${path} is damaged and left out`, error);
        continue;
      }
      // the line is gone again: the file stays
      for (let from = 0; from < points.length; from += frame) if (!this.#send(points.slice(from, from + frame))) return;
    }
    await rm(path, { force: true });
  }

  /** Ends it; what has not arrived is kept on disk. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.#settle();
    const points = [...this.#sent.flatMap((one) => one.points), ...this.#waiting];
    if (points.length > 0) this.#then(() => this.#store(points));
    await this.#working;
  }
}
