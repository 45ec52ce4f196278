// The actor that the inspector shows: which one, which of its steps, and what is lit in that.
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { InstanceView } from '../../../src/model/instance/instance.ts';
import type { ActorView } from '../../../src/protocol/live.ts';
import { activePaths, lastMove, taken, visits, type History, type Step, type Visit } from '../../chart/history.ts';
import { useActor } from '../../chart/watching.ts';
import { actorOf, actors, instanceOf } from '../../hub/cluster.ts';
import { go, route } from '../../router.ts';
import { actorPath } from '../../routes.ts';

/** Narrow: the tree is a page of its own, charts are drawn without what is not entered. */
export const phone = (): boolean => matchMedia('(max-width: 720px)').matches;

/** Which step is shown. */
interface Replay {
  index: number;
  /** It is the present. */
  live: boolean;
  show: (index: number) => void;
  showLive: () => void;
}
/** What the chart draws of the step that is shown. */
interface Lit {
  active: ReadonlySet<string>;
  visits: ReadonlyMap<string, Visit>;
  taken: ReadonlySet<string>;
  last: ReturnType<typeof lastMove>;
}
export interface Watched extends Replay {
  id: string | null;
  /** What the hub knows of it; undefined: it is gone, or none is chosen. */
  actor: ActorView | undefined;
  /** Of an instance's actor. */
  instance: InstanceView | undefined;
  history: History;
  problem: { code: string; detail: string } | null;
  /** The step that is shown; undefined: nothing is heard yet. */
  now: Step | undefined;
  label: string;
  /** The innermost state. */
  leaf: string;
  lit: Lit;
}

export function useWatched(): Watched {
  const id = useChosenActor();
  const { history, problem } = useActor(id);
  const replay = useReplay(id, history);
  const now = history.steps[replay.index];
  const lit = useMemo(
    () => ({
      visits: visits(history, replay.index),
      taken: taken(history, replay.index),
      active: activePaths(now?.state ?? []),
      last: lastMove(history, replay.index),
    }),
    [history, replay.index],
  );
  const actor = id ? actorOf(id) : undefined;
  return {
    ...replay,
    id,
    actor,
    instance: id?.startsWith('instance:') ? instanceOf(id.slice(9)) : undefined,
    history,
    problem,
    now,
    label: actor?.label ?? id ?? '',
    leaf: now?.state.at(-1) ?? actor?.state ?? '',
    lit,
  };
}

/** The actor that is asked for, else one that lives: then the address names it, too. */
function useChosenActor(): string | null {
  const asked = route.value.id;
  const id = asked || firstActor();
  useEffect(() => {
    if (!asked && id && !phone()) go(actorPath(id), true);
  }, [id]);
  return id;
}

/** The actor shown where none is asked for: something that lives. */
function firstActor(): string | null {
  const list = actors.value;
  return (
    (
      list.find((a) => a.machine === 'instance' && a.state !== 'running') ??
      list.find((a) => a.machine === 'instance') ??
      list.find((a) => a.machine === 'master' || a.machine === 'agent') ??
      list[0]
    )?.id ?? null
  );
}

/** Goes through the steps of a history; the newest is the present, which goes on by itself. */
function useReplay(id: string | null, history: History): Replay {
  const [at, setAt] = useState<number | null>(null);
  const newest = history.steps.length - 1;
  const index = at === null ? newest : Math.max(0, Math.min(at, newest));
  const showLive = (): void => setAt(null);
  useEffect(showLive, [id]);
  return {
    index,
    live: at === null || index === newest,
    show: (k) => setAt(k >= newest ? null : Math.max(0, k)),
    showLive,
  };
}
