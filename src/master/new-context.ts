// What every part of a master is given, made from what the master is given.
import { StoreTrouble, WatchedStore } from '../store/trouble.ts';
import { Changes } from './changes.ts';
import { systemClock } from './clock.ts';
import { defaultTimes, type MasterContext } from './context.ts';
import { EventLog } from './events.ts';
import type { MasterOptions } from './master.ts';
import { View } from './view.ts';

/** Of no hub yet, in term 0: that is recovered. `trouble`: where failures of writing are noted; each is a change of the status. */
export function newContext(options: MasterOptions): { context: MasterContext; trouble: StoreTrouble } {
  const { version } = options;
  const clock = options.clock ?? systemClock;
  const trouble = options.trouble ?? new StoreTrouble(() => clock.now());
  const store = new WatchedStore(options.store, trouble);
  const warn = options.warn ?? ((message, error) => console.error(message, error ?? ''));
  const times = { ...defaultTimes, ...options.times };
  const changes = new Changes((error) => warn('a watcher failed', error));
  trouble.changed = () => changes.markStatus();
  const view = new View(changes);
  const events = new EventLog(store, changes, () => clock.now(), warn);
  const leadership = { hub: '', term: 0, since: clock.now(), sinceMono: clock.mono() };
  return { context: { store, clock, times, version, view, events, warn, leadership, masters: [] }, trouble };
}
