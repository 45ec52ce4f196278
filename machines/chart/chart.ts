// A machine as a drawing: states in document order, edges with their labels.
// Reads what XState resolved (state nodes and their transitions), so what is drawn is what runs; `always` and `after` included.
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';

interface ChartState {
  path: string;
  parent: string | null;
  type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
  initial: boolean;
  description: string | null;
}
/** `from: ''` is the machine itself; `to: null` stays where it is. */
interface ChartEdge {
  id: string;
  from: string;
  to: string | null;
  event: string;
  guard: string | null;
  kind: 'event' | 'after' | 'always' | 'done' | 'error';
}
export interface Chart {
  id: string;
  states: ChartState[];
  edges: ChartEdge[];
}

/** Edge ids of a transition as XState reports it (`_transitions` of a microstep); empty for what is no edge, such as the first entry. */
export type EdgesOf = (transition: unknown) => readonly string[];

const pathOf = (node: AnyStateNode): string => node.path.join('.');
const childrenOf = (node: AnyStateNode): AnyStateNode[] => Object.values(node.states) as AnyStateNode[];

function guardName(guard: unknown): string | null {
  if (guard === undefined || guard === null) return null;
  if (typeof guard === 'string') return guard;
  const { type, name, guards } = guard as { type?: string; name?: string; guards?: unknown[] };
  const word = /(?:xstate\.)?(not|and|or)$/.exec(type ?? name ?? '')?.[1];
  if (word && guards) {
    const inner = guards.map((one) => guardName(one) ?? '?');
    return word === 'not' ? `not ${inner[0]}` : inner.join(` ${word} `);
  }
  return type ?? (name || 'unnamed');
}

/** What an edge is called: the event as it is written in the machine, `after 1000`, `fetch done`, `fetch failed`. */
function named(node: AnyStateNode, eventType: string): Pick<ChartEdge, 'event' | 'kind'> {
  if (eventType === '') return { event: '', kind: 'always' };
  const delay = /^xstate\.after\.(.+)$/.exec(eventType)?.[1];
  if (delay !== undefined)
    return { event: `after ${delay.slice(0, delay.length - node.id.length - 1)}`, kind: 'after' };
  if (eventType.startsWith('xstate.done.state.')) return { event: `${node.key} done`, kind: 'done' };
  const ended = /^xstate\.(done|error)\.actor\.(.+)$/.exec(eventType);
  if (!ended) return { event: eventType, kind: 'event' };
  const kind = ended[1] as 'done' | 'error';
  const invoked = node.invoke.find(({ id }) => id === ended[2]);
  const src = invoked?.src;
  const who = typeof src === 'string' && !src.startsWith('xstate.invoke.') ? src : ended[2]!.replace(/^\d+\./, '');
  return { event: `${who} ${kind === 'done' ? 'done' : 'failed'}`, kind };
}

interface Drawn {
  chart: Chart;
  ids: Map<unknown, string[]>;
}
const drawn = new WeakMap<AnyStateMachine, Drawn>();

function draw(machine: AnyStateMachine): Drawn {
  const known = drawn.get(machine);
  if (known) return known;
  const states: ChartState[] = [];
  const edges: ChartEdge[] = [];
  const ids = new Map<unknown, string[]>();
  const visit = (node: AnyStateNode, parent: AnyStateNode | null) => {
    if (parent) {
      const initial =
        parent.type === 'parallel' || (parent.type === 'compound' && parent.initial.target.includes(node));
      states.push({
        path: pathOf(node),
        parent: parent.parent ? pathOf(parent) : null,
        type: node.type,
        initial,
        description: node.description ?? null,
      });
    }
    const from = pathOf(node);
    const transitions: AnyTransitionDefinition[] = [...[...node.transitions.values()].flat(), ...(node.always ?? [])];
    for (const [index, transition] of transitions.entries()) {
      const label = { ...named(node, transition.eventType), guard: guardName(transition.guard) };
      const targets = transition.target?.map(pathOf) ?? [null];
      // Bounded and the same in every process: the state, the event and its place among the state's transitions.
      const own = targets.map((to, k) => ({
        id: `${from}:${label.event || 'always'}#${index}${k ? `.${k}` : ''}`,
        from,
        to,
        ...label,
      }));
      edges.push(...own);
      ids.set(
        transition,
        own.map((edge) => edge.id),
      );
    }
    for (const child of childrenOf(node)) visit(child, node);
  };
  visit(machine.root, null);
  const result = { chart: { id: machine.id, states, edges }, ids };
  drawn.set(machine, result);
  return result;
}

/** The drawing of a machine, made once for each. The same for all actors of one machine, whatever was provided to it. */
export const chartOf = (machine: AnyStateMachine): Chart => draw(machine).chart;

/** How to find the edges that an actor of this very machine took. */
export const edgesOf = (machine: AnyStateMachine): EdgesOf => {
  const { ids } = draw(machine);
  return (transition) => ids.get(transition) ?? [];
};
