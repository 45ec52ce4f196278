// What the master is told of this node without asking: instances that changed, contents of URIs, events until they are acknowledged.
// Changes are gathered a moment, so that a thousand starts are some dozen frames.
import type { NodeFacts } from '../../model/node.ts';
import type { Line } from '../effects/line/line.ts';
import type { Content, LinkContent } from './link-content.ts';
import type { EventSpool } from './spool.ts';

/**
 * The first change goes almost at once; after a report of many changes they are gathered for longer, as most change again meanwhile:
 * a millisecond for each, up to the most.
 */
const gatherMs = { least: 1, most: 40 };
/** Events in one frame. */
const eventBatch = 500;

export class Reports {
  readonly #content: LinkContent;
  readonly #spool: EventSpool;
  readonly #changed = new Set<string>();
  #contents: Content[] = [];
  /** Changed while nobody was welcomed: a greeting may have been sent before. */
  #facts: NodeFacts | null = null;
  /** Welcomed; null: there is none, and nothing is told. */
  #line: Line | null = null;
  #gather: NodeJS.Timeout | null = null;
  #gatherMs = gatherMs.least;
  /** Number of the newest `observed` on this line. */
  #seq = 0;
  /** Number of the newest event that was sent on this line. */
  #eventsUpTo = 0;

  constructor(content: LinkContent, spool: EventSpool) {
    this.#content = content;
    this.#spool = spool;
  }

  /** Tells all there is: whatever was lost before is made good by it. */
  welcomed(line: Line): void {
    this.#line = line;
    if (this.#facts) this.factsChanged(this.#facts);
    this.#facts = null;
    this.#seq = this.#eventsUpTo = 0;
    this.#changed.clear();
    this.#contents = this.#content.contents();
    this.#observed(
      line,
      this.#content.instances().map((instance) => [instance.id, instance]),
    );
  }

  lineEnded(): void {
    this.#line = null;
    if (this.#gather) clearTimeout(this.#gather);
    this.#gather = null;
  }

  instanceChanged(id: string): void {
    this.#changed.add(id);
    this.soon();
  }

  factsChanged(facts: NodeFacts): void {
    if (this.#line) this.#line.send({ type: 'facts', facts });
    else this.#facts = facts;
  }

  contentFetched(content: Content): void {
    this.#contents.push(content);
    this.soon();
  }

  /** There is something to tell. */
  soon(): void {
    if (this.#gather || !this.#line) return;
    this.#gather = setTimeout(() => {
      this.#gather = null;
      if (this.#line) this.#report(this.#line);
    }, this.#gatherMs);
  }

  #report(line: Line): void {
    const events = this.#spool.after(this.#eventsUpTo, eventBatch);
    this.#gatherMs = Math.max(gatherMs.least, Math.min(gatherMs.most, this.#changed.size + events.length));
    if (this.#changed.size > 0 || this.#contents.length > 0) {
      const changes = [...this.#changed].map((id) => [id, this.#content.instance(id)] as const);
      this.#changed.clear();
      this.#observed(line, changes);
    }
    if (events.length === 0) return;
    this.#eventsUpTo = events.at(-1)!.n;
    line.send({ type: 'events', generation: this.#spool.generation, events });
    if (events.length === eventBatch) this.soon();
  }

  #observed(line: Line, changes: (readonly [string, ReturnType<LinkContent['instance']>])[]): void {
    const contents = this.#contents;
    this.#contents = [];
    line.send({
      type: 'observed',
      run: this.#content.greeting().run,
      seq: this.#seq + 1,
      from: this.#seq,
      changes: Object.fromEntries(changes),
      ...(contents.length > 0 ? { contents } : {}),
    });
    this.#seq++;
  }
}
