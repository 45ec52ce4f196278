// What a master does in each phase of its head (machines/master.ts): it recovers, serves, shuts down. It serves once a term: whoever
// is outranked recovers again above it.
import type { Above } from '../../machines/master.ts';
import type { MasterContext } from './context.ts';
import type { Parts } from './parts.ts';
import { Committer } from './planning/commit.ts';
import { Placer } from './planning/placer.ts';
import type { Planner } from './planning/planner.ts';
import { recover } from './recovery/recovery.ts';

export class Phases {
  readonly #context: MasterContext;
  readonly #parts: Parts;
  readonly #newPlanner: () => Planner;
  #placer: Placer | null = null;
  /** The placement of the term before, until it has ended. */
  #leaving: Promise<void> = Promise.resolve();
  #unrecovered: unknown = null;

  /** @param newPlanner for each term one of its own */
  constructor(context: MasterContext, parts: Parts, newPlanner: () => Planner) {
    this.#context = context;
    this.#parts = parts;
    this.#newPlanner = newPlanner;
  }

  /** Of the newest term; null before the first. */
  get placer(): Placer | null {
    return this.#placer;
  }

  /** Why it could not recover; null: it could, or has not yet tried. */
  get unrecovered(): unknown {
    return this.#unrecovered;
  }

  /** @throws Error when the store is not readable, takes no writes, or another master leads */
  async recover(above: Above): Promise<void> {
    const { nodes, epochs, lastKnown } = this.#parts;
    await this.#leaving;
    await lastKnown.close();
    try {
      await recover(this.#context, nodes, epochs, above);
    } catch (error) {
      this.#unrecovered = error;
      throw error;
    }
  }

  /** @returns ends it */
  serve(): () => void {
    const { view, events, version, leadership } = this.#context;
    const { desired, loss, keeping } = this.#parts;
    const placer = (this.#placer = this.#newPlacer());
    view.attach({ dutiesChanged: (node) => desired.changed(node), touched: placer.changed });
    loss.start();
    keeping.start();
    placer.start();
    const { hub, term } = leadership;
    events.note('master.leads', {}, `This master leads hub ${hub}, term ${term}`, { detail: { version } });
    return () => this.#leave(placer);
  }

  #newPlacer(): Placer {
    const { records, epochs, places, drains } = this.#parts;
    return new Placer(this.#context, new Committer(this.#context, records, epochs, places), this.#newPlanner(), drains);
  }

  #leave(placer: Placer): void {
    const { loss, keeping, links } = this.#parts;
    loss.stop();
    keeping.stop();
    links.disconnectAll('a new term begins, or the master is stopping');
    this.#context.view.attach({ dutiesChanged: () => {}, touched: () => {} });
    this.#leaving = placer.stop();
  }

  /** Ends every part in order and writes what is written behind. */
  async shutDown(): Promise<void> {
    const { links, polls, commands, attention, lastKnown, keeping, nodes } = this.#parts;
    for (const part of [links, polls, commands, attention]) part.stop();
    await this.#leaving;
    await lastKnown.close();
    await keeping.close();
    nodes.forgetAll();
    await this.#context.events.close();
  }
}
