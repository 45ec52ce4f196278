// One batch of an update at a time, each healthy before the next; the last healthy instances are never taken before their
// replacements are healthy.
import { demandOf } from '../choosing/demand.ts';
import { isEmpty } from '../draft.ts';
import type { AppDraft, Held, SlotDraft } from '../draft.ts';
import type { Planning } from '../planning.ts';
import { updateOrder } from './update-order.ts';

export class Rollout {
  readonly #planning: Planning;
  readonly #draft: AppDraft;
  readonly #slots: readonly SlotDraft[];
  /** Slots that have an instance, or had one until a step of the update stopped it. */
  readonly #base: number;
  /** Of those, the ones that can be relied on. */
  #available = 0;
  /** Slots whose replacement does not stand yet. */
  #underWay = 0;

  /** @param unplaced slots that find no node */
  constructor(planning: Planning, draft: AppDraft, slots: readonly SlotDraft[], unplaced: number) {
    this.#planning = planning;
    this.#draft = draft;
    this.#slots = slots;
    this.#base = slots.length - unplaced;
    for (const slot of slots) {
      const { run, leave } = slot;
      const stands = run !== null && (draft.steady(run, planning.now).steady || draft.ended(run) === 'done');
      if (stands || draft.healthy(leave) || (run !== null && draft.outdated(run) && draft.healthy(run)))
        this.#available += 1;
      if (leave !== null || (run === null && slot.stopping) || (run !== null && !stands && !draft.outdated(run)))
        this.#underWay += 1;
    }
  }

  /** Another slot may be replaced start-first now. */
  mayBegin(): boolean {
    return this.#underWay < Math.max(1, this.#draft.spec.update.maxSurge);
  }
  began(): void {
    this.#underWay += 1;
  }

  /** Another healthy instance may be stopped before its replacement runs. */
  #mayStop(): boolean {
    const allowed = Math.max(1, this.#draft.spec.update.maxUnavailable);
    return this.#underWay < allowed && this.#available - 1 >= this.#base - allowed;
  }

  /** Begins the next batch of what is outdated. */
  update(outdated: readonly SlotDraft[]): void {
    const draft = this.#draft;
    this.#wakeForThoseUnderWay();
    if (outdated.length > 0 || this.#slots.some(({ run, leave }) => run !== null && leave !== null)) this.#tellLate();
    if (outdated.length === 0) return;
    const healthy = (slot: SlotDraft): number => (draft.healthy(slot.run) ? 1 : 0);
    const order = [...outdated].sort((x, y) => healthy(x) - healthy(y) || x.slot - y.slot);
    // Nothing of the app works: there is nothing to protect, and a repair should not wait for itself.
    const nothingToLose = this.#available === 0 && !outdated.some((slot) => draft.healthy(slot.run));
    for (const slot of order) {
      const run = slot.run!;
      if (draft.healthy(run)) this.#replaceHealthy(slot, run);
      else this.#replaceUnhealthy(slot, run, nothingToLose);
    }
  }

  /** What is healthy but not for long enough yet will let the next batch begin. */
  #wakeForThoseUnderWay(): void {
    for (const { run } of this.#slots)
      if (run && !this.#draft.outdated(run)) this.#planning.wake(this.#draft.steady(run, this.#planning.now).at);
  }

  #reason(run: Held): string {
    const draft = this.#draft;
    const planning = this.#planning;
    const name = planning.nameOf(draft, run);
    return run.hash === draft.app.hash
      ? `${name} is restarted as asked`
      : `${name} is of revision ${run.revision}, revision ${draft.app.record.revision} is in force`;
  }

  #replaceHealthy(slot: SlotDraft, run: Held): void {
    const draft = this.#draft;
    const planning = this.#planning;
    const { order, fallback } = updateOrder(draft, run);
    if (slot.freePlace === null) return; // what is in the other place stops first
    if (order === 'start-first') {
      if (!this.mayBegin()) return;
      planning.turn(draft, slot, run, 'leave');
      if (planning.put(draft, slot, 'replace', this.#reason(run), this.#onItsNode(run))) {
        this.began();
        return;
      }
      planning.turn(draft, slot, slot[run.place]!, 'run');
      if (!fallback) {
        planning.wait(
          draft,
          slot.slot,
          'update',
          `its replacement has no room beside it: ${planning.funnel(draft).sentence}`,
        );
        return;
      }
    }
    if (!this.#mayStop()) return;
    if (!this.#fitsAfter(run)) {
      planning.wait(draft, slot.slot, 'update', this.#whyNotAfter(run));
      return;
    }
    planning.turn(draft, slot, run, 'stop');
    planning.decide(
      draft,
      slot,
      'replace',
      run.node,
      `${this.#reason(run)}; it stops first`,
      draft.app.record.by ?? null,
    );
    this.#available -= 1;
    this.began();
  }

  /** Nothing is lost by stopping it: its replacement starts at once where it can. */
  #replaceUnhealthy(slot: SlotDraft, run: Held, atOnce: boolean): void {
    const draft = this.#draft;
    const planning = this.#planning;
    const { maxSurge, maxUnavailable } = draft.spec.update;
    if (!atOnce && this.#underWay >= Math.max(1, maxSurge, maxUnavailable)) return;
    if (slot.freePlace === null) return;
    const { order } = updateOrder(draft, run);
    planning.turn(draft, slot, run, 'stop');
    if (order !== 'start-first' || !planning.put(draft, slot, 'replace', this.#reason(run), this.#onItsNode(run))) {
      if (!this.#fitsAfter(run)) {
        planning.turn(draft, slot, slot[run.place]!, 'run');
        planning.wait(draft, slot.slot, 'update', this.#whyNotAfter(run));
        return;
      }
      planning.decide(
        draft,
        slot,
        'replace',
        run.node,
        `${this.#reason(run)}; it stops first`,
        draft.app.record.by ?? null,
      );
    }
    this.began();
  }

  /** An instance of a system app is replaced on its node and nowhere else. */
  #onItsNode(run: Held): { only?: number } {
    const node = this.#planning.table.numbers.get(run.node);
    return this.#draft.spec.type === 'system' && node !== undefined ? { only: node } : {};
  }

  /** Once it has stopped there is a node for its replacement: another one, or its own with what it gives back. */
  #fitsAfter(run: Held): boolean {
    const draft = this.#draft;
    const planning = this.#planning;
    const chooser = planning.chooser(draft);
    const node = planning.table.numbers.get(run.node);
    const system = draft.spec.type === 'system';
    if (!system && chooser.choose({ exclude: planning.table.full() }) !== null) return true;
    if (
      node === undefined ||
      !planning.table.takesWork(node) ||
      planning.table.matches(draft.spec.placement.query)[node] !== 1
    )
      return false;
    if (planning.table.full().has(node)) return false;
    if (isEmpty(draft.seen(run)?.status)) return planning.ledger.fits(node, draft.demand); // has nothing to give back
    const freed = demandOf(draft.specOf(run));
    planning.ledger.give(node, freed);
    const fits = planning.ledger.fits(node, draft.demand);
    planning.ledger.take(node, freed);
    return fits;
  }

  #whyNotAfter(run: Held): string {
    const draft = this.#draft;
    const planning = this.#planning;
    const { table } = planning;
    const full = table.full().has(table.numbers.get(run.node) ?? -1);
    const why = full ? `${table.label(run.node)}: ${table.get(run.node)!.load!.trouble!.text}` : null;
    return `its replacement would find no node even after it stopped: ${why ?? planning.funnel(draft).sentence}`;
  }

  /** Says when the update has made no progress for longer than it may. */
  #tellLate(): void {
    const draft = this.#draft;
    const planning = this.#planning;
    const { record } = draft.app;
    let since = Math.max(record.updatedAt, record.restartedAt ?? 0);
    for (const { run } of this.#slots) {
      if (!run || draft.outdated(run)) continue;
      since = Math.max(since, 'at' in run ? run.at : planning.now, draft.seen(run)?.healthySince ?? 0);
    }
    const deadline = since + draft.spec.update.progressDeadlineSeconds * 1000;
    if (deadline <= planning.now) planning.late.push({ app: draft.name, since });
    else planning.wake(deadline);
  }
}
