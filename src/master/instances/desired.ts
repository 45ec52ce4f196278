// Desired state, derived: what each linked agent is to hold, told as a whole after its hello and then as deltas, at once.
// Nothing of it is stored; seq begins at 1 in each term, as the first set is told whole.
import type { DesiredRevision, Assignment } from '../../model/assignment.ts';
import type { MasterContext } from '../context.ts';
import type { NodeLink } from '../link/node-link.ts';

/** Characters of JSON in one part, about: well below a message's limit before it is deflated. */
const partCharacters = 512 * 1024;
/** Frames under way to one agent; beyond it changes are gathered until it acknowledges. */
const mostUnderWay = 64;
/** Longest turn of telling, ms. */
const sliceMs = 10;

interface Told {
  link: NodeLink;
  seq: number;
  /** What differs decides what is sent: the mutable fields of each assignment, by id. */
  assignments: Map<string, string>;
  /** `<app>/<revision>` -> how much of its contents was known. */
  revisions: Map<string, number>;
  /** envs and tags as last sent. */
  settings: string;
}

const markOf = (a: Assignment): string =>
  `${a.goal} ${a.revision} ${a.hash} ${a.nudge} ${a.onFull?.stay ?? ''} ${a.place} ${a.epoch}`;

export class Desired {
  readonly #context: MasterContext;
  readonly #told = new Map<string, Told>();
  readonly #dirty = new Set<string>();
  #scheduled = false;
  /** Hears of each assignment that an agent acknowledged to hold (goal and all). */
  readonly #acknowledged: (node: string, assignments: Assignment[]) => void;

  constructor(context: MasterContext, acknowledged: (node: string, assignments: Assignment[]) => void) {
    this.#context = context;
    this.#acknowledged = acknowledged;
  }

  /** Tells a newly linked agent the whole set, or again after `resync`. */
  tellAll(link: NodeLink): void {
    if (!link.obeys) return;
    const before = this.#told.get(link.node);
    const told: Told = {
      link,
      seq: before?.link === link ? before.seq : 0,
      assignments: new Map(),
      revisions: new Map(),
      settings: '',
    };
    this.#told.set(link.node, told);
    link.onRoom = () => {
      if (this.#dirty.has(link.node)) this.#schedule();
    };
    this.#dirty.delete(link.node);
    this.#tell(told, true);
  }

  forget(link: NodeLink): void {
    if (this.#told.get(link.node)?.link !== link) return;
    this.#told.delete(link.node);
    this.#dirty.delete(link.node);
  }

  /** What a node is to hold changed: pushed as soon as this turn of the loop ends. */
  changed(node: string): void {
    if (!this.#told.has(node)) return;
    this.#dirty.add(node);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#push());
  }

  /** Tells for a slice of time, the rest in the next turn: a large commit touches every node. */
  #push(): void {
    this.#scheduled = false;
    const until = performance.now() + sliceMs;
    const held: string[] = [];
    for (const node of this.#dirty) {
      this.#dirty.delete(node);
      const told = this.#told.get(node);
      if (!told || told.link.closed) continue;
      if (told.link.unacknowledged > mostUnderWay) held.push(node); // any acknowledgement pushes again
      else this.#tell(told, false);
      if (performance.now() > until) break;
    }
    if (this.#dirty.size > 0) this.#schedule();
    for (const node of held) this.#dirty.add(node);
  }

  #tell(told: Told, whole: boolean): void {
    const { view, leadership } = this.#context;
    const { node } = told.link;
    const duties = view.dutiesOf(node);
    const assignments: Assignment[] = [];
    const needed = new Map<string, DesiredRevision>();
    const named = new Set<string>();
    for (const { assignment } of duties.values()) {
      named.add(`${assignment.app}/${assignment.revision}`);
      const mark = markOf(assignment);
      const isNew = told.assignments.get(assignment.id) !== mark;
      if (isNew) {
        assignments.push(assignment);
        told.assignments.set(assignment.id, mark);
      }
      this.#addRevision(told, assignment, needed);
    }
    const gone = [...told.assignments.keys()].filter((id) => !duties.has(id));
    for (const id of gone) told.assignments.delete(id);
    // The agent forgets a revision with its last assignment (src/agent/desired/desired-set.ts): named again, it must travel again.
    for (const key of told.revisions.keys()) if (!named.has(key)) told.revisions.delete(key);
    const record = view.nodes.get(node)?.record.doc;
    const settings = { envs: record?.envs ?? {}, tags: record?.tags ?? null };
    const settingsMark = JSON.stringify(settings);
    if (!whole && assignments.length === 0 && gone.length === 0 && needed.size === 0 && settingsMark === told.settings)
      return;
    told.settings = settingsMark;

    const from = whole ? 0 : told.seq;
    told.seq += 1;
    const parts = partsOf([...needed.values()], assignments);
    parts.forEach((part, index) => {
      told.link.send(
        {
          type: 'desired',
          term: leadership.term,
          seq: told.seq,
          from,
          part: index + 1,
          parts: parts.length,
          ...part,
          gone: index === 0 ? gone : [],
          ...settings,
        },
        () => {
          if (index === parts.length - 1) this.#acknowledged(node, assignments);
        },
      );
    });
  }

  /** A revision travels when an assignment names it and this agent has not got it, or not with its contents. */
  #addRevision(told: Told, { app, revision: number, goal }: Assignment, needed: Map<string, DesiredRevision>): void {
    const key = `${app}/${number}`;
    if (goal === 'stop' && told.revisions.has(key)) return;
    const revision = this.#context.view.apps.get(app)?.revisions.get(number)?.doc;
    if (!revision) return; // a tombstone of an app that is gone: the agent has its record
    const known = Object.keys(revision.contents).length;
    if (told.revisions.get(key) === known) return;
    told.revisions.set(key, known);
    needed.set(key, { app, revision: number, hash: revision.hash, spec: revision.spec, contents: revision.contents });
  }
}

/** Cuts a set into parts of about `partCharacters` characters; always at least one. */
function partsOf(
  revisions: DesiredRevision[],
  assignments: Assignment[],
): { revisions: DesiredRevision[]; assignments: Assignment[] }[] {
  const parts = [{ revisions: [] as DesiredRevision[], assignments: [] as Assignment[] }];
  let size = 0;
  const room = (length: number): (typeof parts)[number] => {
    if (size > 0 && size + length > partCharacters) {
      parts.push({ revisions: [], assignments: [] });
      size = 0;
    }
    size += length;
    return parts.at(-1)!;
  };
  for (const revision of revisions) room(JSON.stringify(revision).length).revisions.push(revision);
  for (const assignment of assignments) room(JSON.stringify(assignment).length).assignments.push(assignment);
  return parts;
}
