// The instances of an agent, their output, and what is left of them.
import { join } from 'node:path';
import { RotationWatch } from '../effects/output/rotation-watch.ts';
import { contentNoted } from '../instance/shown/narrate.ts';
import { Instances } from '../instances.ts';
import { Retention } from '../kept/retention.ts';
import { supervisorLogic, type OnFetched } from '../logic.ts';
import { monoMs } from '../moment.ts';
import type { Opened } from '../opening.ts';
import type { Later } from './later.ts';

export interface Guarding {
  rotation: RotationWatch;
  instances: Instances;
  retention: Retention;
}

export function guardingParts({ options, standalone, context, warn }: Opened, later: Later): Guarding {
  const { node, tell } = context;
  const rotation = new RotationWatch((path, error) => warn(`the output in ${path} could not be rotated`, error));
  const onFetched: OnFetched = async (entry, contents, notes) => {
    for (const note of notes) tell(contentNoted(entry.record.assignment, note, node, Date.now()));
    later.conversation().fetched(entry, contents);
  };
  const instances: Instances = new Instances({
    context,
    logic: supervisorLogic(
      context,
      (id) => instances.entries.get(id) ?? null,
      onFetched,
      (id) => instances.changed(id),
    ),
    standalone,
    rotation,
    severed: (entry) => later.fence()?.severedOf(entry) ?? null,
    onSupervisorFailed: (key) => later.head().actor.send({ type: 'app.crashed', key, mono: monoMs() }),
  });
  const retention = new Retention(context, instances, join(options.storeDirectory, 'kept'));
  instances.onGone = (entry) => {
    retention.gone(entry).catch((error: unknown) => warn(`what is left of ${entry.id} could not be put away`, error));
  };
  return { rotation, instances, retention };
}
