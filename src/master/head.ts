// The head of a master: the `master` machine with what it invokes; when it serves, when it has ended, and the actors below it.
import { createActor, fromCallback, fromPromise, type Actor } from 'xstate';
import { masterMachine, type MasterEvent, type RecoverInput } from '../../machines/master.ts';
import type { RosterSource } from '../live/roster.ts';
import type { Nodes } from './nodes/nodes.ts';
import type { Phases } from './phases.ts';
import type { Placer } from './planning/placer.ts';
import type { View } from './view.ts';

export type Head = Actor<typeof masterMachine>;

/** Not started yet. */
export const newHead = (phases: Phases): Head =>
  createActor(
    masterMachine.provide({
      actors: {
        recover: fromPromise<void, RecoverInput>(({ input: { above } }) => phases.recover(above)),
        serve: fromCallback<MasterEvent, object>(() => phases.serve()),
        shutDown: fromPromise<void, object>(() => phases.shutDown()),
      },
    }),
    { id: 'master', input: {} },
  );

/** The outermost state. */
export function phaseOf(head: Head): string {
  const { value } = head.getSnapshot();
  return typeof value === 'string' ? value : (Object.keys(value)[0] ?? 'stopping');
}

/** Resolves when it has ended: null where that was asked for, else why. */
export function whenEnded(head: Head, warn: (message: string, error: unknown) => void): Promise<string | null> {
  return new Promise((resolve) => {
    head.subscribe({
      next: (snapshot) => {
        if (snapshot.matches({ stopping: 'closed' })) resolve(snapshot.context.failure);
      },
      error: (error) => {
        warn('the master failed', error);
        resolve(error instanceof Error ? error.message : String(error));
      },
    });
  });
}

/**
 * Resolves when it leads.
 * @param cause why it could not recover, if it could not
 * @throws Error when it ended before
 */
export function whenServing(head: Head, ended: Promise<string | null>, cause: () => unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    head.subscribe({
      next: (snapshot) => {
        if (snapshot.matches('serving')) resolve();
      },
      error: reject,
    });
    void ended.then((failure) =>
      reject(new Error(failure ?? 'the master was stopped while it started', { cause: cause() })),
    );
  });
}

interface Actors {
  head: Head;
  /** null before this master first leads. */
  placer: () => Placer | null;
  nodes: Nodes;
  view: View;
}

/** Master, placement and nodes, for the list of actors and the inspector. */
export function actorsOf({ head, placer, nodes, view }: Actors): RosterSource {
  return {
    entries: function* () {
      yield { id: 'master', parent: null, label: 'master', actor: head };
      const placement = placer();
      if (placement) yield { id: 'placement', parent: 'master', label: 'placement', actor: placement.actor };
      for (const [id, actor] of nodes.actors) {
        const label = view.nodes.get(id)?.record.doc.facts.hostname ?? id;
        yield { id: `node:${id}`, parent: 'master', label, actor };
      }
    },
    find: (id) => {
      const actor = id.startsWith('node:') ? nodes.actors.get(id.slice(5)) : undefined;
      return actor ? { id, parent: 'master', label: id, actor } : null;
    },
  };
}
