// What the master wants of this node, kept on disk (desired-file.ts) so that the agent guards on without it, also after its own
// restart. Absence never stops anything: an assignment that is named no more is only forgotten here; its instance runs on as `unknown`.
import type { Assignment, DesiredRevision } from '../../model/assignment.ts';
import type { DesiredFrame } from '../../protocol/link.ts';
import { DesiredFile, type Step } from './desired-file.ts';
import type { QuarantineNotice } from '../effects/disk/quarantine.ts';
import { isFull } from '../effects/disk/room.ts';
import { writeAgainMs, type Trouble } from '../trouble.ts';

/** What a frame changed: for whoever acts on it. */
export interface DesiredChange {
  /** New, or not as they were. */
  changed: Assignment[];
  /** Named no more. */
  gone: Assignment[];
  envsChanged: boolean;
}

const whatIsDesired = 'what is desired of this node';
const revisionKey = (app: string, revision: number): string => `${app}/${revision}`;

export class DesiredSet {
  readonly assignments = new Map<string, Assignment>();
  envs: Record<string, string> = {};
  /** Set at the hub; null: the agent's own. */
  tags: string[] | null = null;
  term = 0;
  seq = 0;
  readonly #revisions = new Map<string, DesiredRevision>();
  readonly #file: DesiredFile;
  #parts: DesiredFrame[] = [];
  #damaged = false;

  readonly #trouble: Trouble | null;
  /** Set while the disk has no room for what counts. */
  #again: NodeJS.Timeout | null = null;

  private constructor(file: DesiredFile, trouble: Trouble | null) {
    this.#file = file;
    this.#trouble = trouble;
  }

  /**
   * Reads the last whole set; what is damaged is left out and told.
   * @param trouble is told when the disk has no room; null: only read
   */
  static open(
    directory: string,
    notice: (notice: QuarantineNotice) => void,
    trouble: Trouble | null = null,
  ): DesiredSet {
    const file = new DesiredFile(directory);
    const set = new DesiredSet(file, trouble);
    const { steps, damaged } = file.read(notice);
    for (const step of steps) set.#apply(step);
    set.#damaged = damaged;
    return set;
  }

  /** What was read may be older than what was last acknowledged: nothing is begun by it until the hub has told it whole. */
  get damaged(): boolean {
    return this.#damaged;
  }

  revision(app: string, revision: number): DesiredRevision | null {
    return this.#revisions.get(revisionKey(app, revision)) ?? null;
  }

  /** What is desired of these apps is that they stop, until the hub tells more. In memory only. */
  stop(apps: readonly string[]): void {
    const stopping = { text: 'its app was stopped while the store took no writes', by: null };
    for (const [id, assignment] of this.assignments)
      if (apps.includes(assignment.app)) this.assignments.set(id, { ...assignment, goal: 'stop', stopping });
  }

  /**
   * Takes a frame; durable when it resolves, unless the disk is full: then it counts, and is written when there is room. That the
   * file is behind is noted, so that an agent that starts again meanwhile begins nothing by it before the hub has told it whole. A
   * set in parts counts when its last part is here.
   * @param early of a change that begins and ends nothing (`onlyAdjusts`): acts on it while it is being written
   * @returns what changed; 'part' while parts are missing; 'resync' when it does not follow what is here; 'old' when overtaken
   */
  async take(
    frame: DesiredFrame,
    early: ((change: DesiredChange) => void) | null = null,
  ): Promise<DesiredChange | 'part' | 'resync' | 'old'> {
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
    else if (early) {
      const adjusted = this.#apply(step);
      early(adjusted);
      await this.#keep(step); // a file that begins with it has it twice, which is the same
      return adjusted;
    }
    await this.#keep(step);
    const change = this.#apply(step);
    if (!step.whole || !this.#damaged) return change;
    this.#damaged = false;
    return { ...change, changed: step.assignments }; // nothing of it counted before
  }

  async #keep(step: Step): Promise<void> {
    try {
      await this.#file.keep(step, () => this.#snapshot());
      this.#kept();
    } catch (error) {
      if (!isFull(error)) throw error;
      // Not even a name fits: nothing more can be done, and the trouble is told.
      await this.#file.fallBehind().catch(() => undefined);
      this.#keepLater(error);
    }
  }

  #kept(): void {
    if (this.#again) clearTimeout(this.#again);
    this.#again = null;
    this.#trouble?.end(whatIsDesired);
  }

  #keepLater(error: unknown): void {
    this.#trouble?.begin(whatIsDesired, error);
    if (this.#again) clearTimeout(this.#again);
    this.#again = setTimeout(() => {
      this.#file
        .keepAll(() => this.#snapshot())
        .then(
          () => this.#kept(),
          (still: unknown) => this.#keepLater(still),
        );
    }, writeAgainMs).unref();
  }

  async close(): Promise<void> {
    if (this.#again) clearTimeout(this.#again);
    await this.#file.close();
  }

  /** Revisions of earlier sets that a whole set names without repeating them. */
  #stillNeeded(step: Step): DesiredRevision[] {
    const told = new Set(step.revisions.map((r) => revisionKey(r.app, r.revision)));
    const named = new Set(step.assignments.map((a) => revisionKey(a.app, a.revision)));
    return [...named].filter((key) => !told.has(key)).flatMap((key) => this.#revisions.get(key) ?? []);
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
