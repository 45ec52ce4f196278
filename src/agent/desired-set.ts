// What the master wants of this node, kept on disk so that the agent guards on without it, also after its own restart.
//
// `desired/<k>.jsonl`: the first line is a whole set, each further line a change to it; appended and synced before it counts.
// A whole set begins a new file, the older ones are unlinked after it; the highest with a whole first line counts. A torn last
// line was never acknowledged, so the master tells it again.
//
// Absence never stops anything: an assignment that is named no more is only forgotten here; its instance runs on as `unknown`.
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { Assignment, DesiredRevision } from '../model/assignment.ts';
import type { DesiredFrame } from '../protocol/link.ts';
import { quarantine, type QuarantineNotice } from './effects/disk/quarantine.ts';

/** One step from a set to the next. */
interface Step {
  term: number;
  seq: number;
  whole: boolean;
  revisions: DesiredRevision[];
  assignments: Assignment[];
  gone: string[];
  envs: Record<string, string>;
  tags: string[] | null;
}

/** What a frame changed: for whoever acts on it. */
export interface DesiredChange {
  /** New, or not as they were. */
  changed: Assignment[];
  /** Named no more. */
  gone: Assignment[];
  envsChanged: boolean;
}

const compactAfter = 2000;
const revisionKey = (app: string, revision: number): string => `${app}/${revision}`;

export class DesiredSet {
  readonly assignments = new Map<string, Assignment>();
  envs: Record<string, string> = {};
  /** Set at the hub; null: the agent's own. */
  tags: string[] | null = null;
  term = 0;
  seq = 0;
  readonly #revisions = new Map<string, DesiredRevision>();
  readonly #directory: string;
  #k = 0;
  #file: FileHandle | null = null;
  #lines = 0;
  #parts: DesiredFrame[] = [];

  private constructor(directory: string) {
    this.#directory = directory;
  }

  /** Reads the last whole set; what is damaged is left out and told. */
  static open(directory: string, notice: (notice: QuarantineNotice) => void): DesiredSet {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    const set = new DesiredSet(directory);
    const numbers = readdirSync(directory)
      .flatMap((name) => {
        const k = /^(\d+)\.jsonl$/.exec(name)?.[1];
        return k === undefined ? [] : [Number(k)];
      })
      .sort((a, b) => b - a);
    set.#k = numbers[0] ?? 0;
    for (const k of numbers) {
      const path = join(directory, `${k}.jsonl`),
        { steps, lost } = stepsOf(readFileSync(path, 'utf8'));
      if (!steps[0]?.whole) {
        notice(quarantine(path, 'the desired set in it has no whole beginning; the hub tells it again'));
        continue;
      }
      if (lost > 0)
        notice({ path, movedTo: null, reason: `${lost} changes in it follow a damaged one; the hub tells them again` });
      for (const step of steps) set.#apply(step);
      break;
    }
    // The file is not gone on with (its end may be torn): the next step writes a whole one.
    return set;
  }

  revision(app: string, revision: number): DesiredRevision | null {
    return this.#revisions.get(revisionKey(app, revision)) ?? null;
  }

  /**
   * Takes a frame; durable when it resolves. A set in parts counts when its last part is here.
   * @returns what changed; 'part' while parts are missing; 'resync' when it does not follow what is here; 'old' when overtaken
   */
  async take(frame: DesiredFrame): Promise<DesiredChange | 'part' | 'resync' | 'old'> {
    if (frame.term < this.term) return 'old';
    if (frame.from !== 0 && (frame.term !== this.term || frame.from !== this.seq)) {
      this.#parts = [];
      return 'resync';
    }
    if (frame.part === 1) this.#parts = [];
    if (
      frame.part !== this.#parts.length + 1 ||
      (this.#parts[0] && (this.#parts[0].seq !== frame.seq || this.#parts[0].term !== frame.term))
    ) {
      this.#parts = [];
      return 'resync';
    }
    this.#parts.push(frame);
    if (frame.part < frame.parts) return 'part';
    const parts = this.#parts;
    this.#parts = [];
    const step: Step = {
      term: frame.term,
      seq: frame.seq,
      whole: frame.from === 0,
      revisions: parts.flatMap((part) => part.revisions),
      assignments: parts.flatMap((part) => part.assignments),
      gone: parts.flatMap((part) => part.gone),
      envs: frame.envs,
      tags: frame.tags,
    };
    if (step.whole) step.revisions.push(...this.#stillNeeded(step));
    await this.#keep(step);
    return this.#apply(step);
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = null;
  }

  /** Revisions of earlier sets that a whole set names without repeating them. */
  #stillNeeded(step: Step): DesiredRevision[] {
    const told = new Set(step.revisions.map((r) => revisionKey(r.app, r.revision)));
    const named = new Set(step.assignments.map((a) => revisionKey(a.app, a.revision)));
    return [...named].filter((key) => !told.has(key)).flatMap((key) => this.#revisions.get(key) ?? []);
  }

  async #keep(step: Step): Promise<void> {
    if (step.whole || !this.#file || this.#lines >= compactAfter) return this.#keepWhole(step);
    try {
      await this.#file.appendFile(`${JSON.stringify(step)}\n`);
      await this.#file.datasync();
    } catch (error) {
      // a full disk: its last line may be torn, so nothing can follow it
      await this.#file.close().catch(() => undefined); // what was wrong is thrown below
      this.#file = null;
      throw error;
    }
    this.#lines += 1;
  }

  /** A new file that begins with the whole set; the older ones go once it is durable. */
  async #keepWhole(step: Step): Promise<void> {
    const before = this.#k,
      path = join(this.#directory, `${++this.#k}.jsonl`);
    await this.#file?.close();
    this.#file = null;
    const next = await open(path, 'ax', 0o600);
    const whole: Step = step.whole ? step : { ...this.#snapshot(), term: this.term, seq: this.seq };
    try {
      await next.appendFile([whole, ...(step.whole ? [] : [step])].map((each) => `${JSON.stringify(each)}\n`).join(''));
      await next.sync();
    } catch (error) {
      await next.close().catch(() => undefined); // as above
      rmSync(path, { force: true });
      throw error;
    }
    this.#file = next;
    this.#lines = 1;
    for (const name of readdirSync(this.#directory)) if (Number.parseInt(name) <= before) this.#remove(name);
  }

  /** One that cannot go (a file made read-only or mounted) is no failure: the highest counts, and each whole set tries again. */
  #remove(name: string): void {
    try {
      rmSync(join(this.#directory, name), { force: true });
    } catch {
      /* as above */
    }
  }

  #snapshot(): Step {
    return {
      term: this.term,
      seq: this.seq,
      whole: true,
      revisions: [...this.#revisions.values()],
      assignments: [...this.assignments.values()],
      gone: [],
      envs: this.envs,
      tags: this.tags,
    };
  }

  #apply(step: Step): DesiredChange {
    const named = new Set(step.assignments.map(({ id }) => id));
    const goneIds = step.whole ? [...this.assignments.keys()].filter((id) => !named.has(id)) : step.gone;
    const gone = goneIds.flatMap((id) => this.assignments.get(id) ?? []);
    for (const { id } of gone) this.assignments.delete(id);
    const renewed = new Set<string>();
    for (const revision of step.revisions) {
      const key = revisionKey(revision.app, revision.revision);
      this.#revisions.set(key, revision);
      renewed.add(key);
    }
    const changed = step.assignments.filter(
      (assignment) =>
        JSON.stringify(this.assignments.get(assignment.id)) !== JSON.stringify(assignment) ||
        renewed.has(revisionKey(assignment.app, assignment.revision)),
    );
    for (const assignment of step.assignments) this.assignments.set(assignment.id, assignment);
    // A revision with later contents concerns its assignments, too.
    for (const assignment of this.assignments.values())
      if (renewed.has(revisionKey(assignment.app, assignment.revision)) && !named.has(assignment.id))
        changed.push(assignment);
    const envsChanged = JSON.stringify(this.envs) !== JSON.stringify(step.envs);
    this.envs = step.envs;
    this.tags = step.tags;
    this.term = step.term;
    this.seq = step.seq;
    const used = new Set([...this.assignments.values()].map((a) => revisionKey(a.app, a.revision)));
    for (const key of this.#revisions.keys()) if (!used.has(key)) this.#revisions.delete(key);
    return { changed, gone, envsChanged };
  }
}

/** The steps of a file up to the first line that is not whole, and how many come after that: a line torn by a crash is the last. */
function stepsOf(text: string): { steps: Step[]; lost: number } {
  const steps: Step[] = [],
    lines = text.split('\n').slice(0, -1);
  for (const line of lines) {
    try {
      const step = JSON.parse(line) as Step;
      if (!Array.isArray(step?.assignments) || !Array.isArray(step.revisions)) break;
      steps.push(step);
    } catch {
      break; // torn by a crash: never acknowledged
    }
  }
  return { steps, lost: Math.max(0, lines.length - steps.length - 1) };
}
