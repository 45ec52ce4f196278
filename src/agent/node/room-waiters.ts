// Instances that wait because their node had no room for them (memory, disk, cpus, ports): when something is given back, those that
// fit now start at once, who waited longest first. Their back-off is only the longest they wait.
import type { InstanceEvent } from '../../../machines/instance/events.ts';
import { statePath } from '../../model/instance/instance-status.ts';
import { demandOf } from '../../placement/choosing/demand.ts';
import type { Admission, Capacity } from './admission.ts';
import type { Entry } from '../instance/entry.ts';

const waits = ({ snapshot }: Entry): boolean =>
  snapshot !== null &&
  snapshot.context.exit?.reason === 'no-room' &&
  statePath(snapshot.value) === 'restarting.waiting';

const since = ({ snapshot }: Entry): number => snapshot?.context.exit?.at ?? 0;

export class RoomWaiters {
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #admission: Admission;
  readonly #say: (entry: Entry, event: InstanceEvent) => unknown;
  #planned = false;

  constructor(
    entries: ReadonlyMap<string, Entry>,
    admission: Admission,
    say: (entry: Entry, event: InstanceEvent) => unknown,
  ) {
    this.#entries = entries;
    this.#admission = admission;
    this.#say = say;
  }

  /** It is not started again by itself. Placement counts it so, too (`isEmpty` of src/placement/draft.ts): it holds nothing of its node. */
  gaveUp(entry: Entry): void {
    entry.program.giveUp();
    this.givenBack();
  }

  /** Something was given back: whoever fits now is told to start, once for all that is given back in this turn of the loop. */
  givenBack(): void {
    if (this.#planned) return;
    this.#planned = true;
    setImmediate(() => {
      this.#planned = false;
      this.#startWhoFits();
    });
  }

  #startWhoFits(): void {
    for (const entry of this.#whoFits()) {
      const { plan } = entry.snapshot!.context;
      if (plan) this.#say(entry, { type: 'restart.granted', plan: { ...plan, at: Date.now(), delayMs: 0 } });
    }
  }

  /** Those that may start now: all of them fit together. */
  #whoFits(): Entry[] {
    const promised: Capacity[] = [];
    const waiting = [...this.#entries.values()].filter(waits).sort((a, b) => since(a) - since(b));
    return waiting.filter(({ record }) => {
      const demand = demandOf(record.spec);
      if (this.#admission.lack(demand, promised) !== null) return false;
      promised.push(demand);
      return true;
    });
  }
}
