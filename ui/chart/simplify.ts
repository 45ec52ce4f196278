// Fewer lines for the same meaning, as UML draws it. Pure.
//  - all transitions from one state to another are one line, with an event a row;
//  - what three or more states answer in the same way is a line of text in the state that it leads to;
//  - an initial state that is left at once, by `always` alone, is never seen: the machine begins where it leads to;
//  - three or more guarded answers to one event go through a choice, which several states share.
import type { ChartView } from '../../src/protocol/live.ts';
import { edgeLabel, eventName, stateName } from './labels.ts';

type Transition = ChartView['edges'][number];
/** One drawn line: the transitions it stands for, and a row of label for each event. */
export interface DrawnEdge {
  id: string;
  from: string;
  to: string;
  edges: string[];
  lines: { text: string; edge: string }[];
}
/** A pseudo-state: a pill that stands for several states, or a choice. */
export interface Extra {
  id: string;
  kind: 'pill' | 'choice';
  text: string;
  /** Paths it stands for. */
  of: string[];
}
/** "instance.stop from 4 states", written in the state it leads to. */
export interface Entry {
  text: string;
  from: string;
  /** Paths it stands for. */
  of: string[];
  edges: string[];
}
export interface Simple {
  extras: Extra[];
  edges: DrawnEdge[];
  entries: Map<string, Entry[]>;
  /** Where the machine begins. */
  initial: string | null;
  /** States that are not drawn. */
  hidden: Set<string>;
}

const mostLines = 4;
const manyAlike = 3;

/** The one state that holds all others, if the hub sent it: it is the machine itself and gets no box. */
export function rootPath(chart: ChartView): string | null {
  const tops = chart.states.filter((s) => s.parent === null);
  return tops.length === 1 && chart.states.length > 1 && tops[0]!.type !== 'atomic' ? tops[0]!.path : null;
}

/** Transitions that stay where they are: no line is drawn for them. */
export const stays = (edge: Transition): boolean => edge.to === null || edge.to === edge.from;

function pillText(of: string[], all: string[]): string {
  const others = all.filter((path) => !of.includes(path) && !of.some((p) => path.startsWith(`${p}.`)));
  if (others.length === 0) return 'any state';
  if (others.length === 1) return `any but ${stateName(others[0]!)}`;
  return of.length <= 2 ? of.map(stateName).join(' · ') : `${of.length} states`;
}

interface Loose {
  from: string;
  to: string;
  text: string;
  edge: string;
}

/** Guarded answers of one state to one event, as one key: states with the same key share a choice. */
function choices(
  edges: Transition[],
  from: (e: Transition) => string,
): { loose: Loose[]; extras: Extra[]; rest: Transition[] } {
  const groups = new Map<string, Transition[]>();
  for (const e of edges) groups.set(`${e.from}\n${e.event}`, [...(groups.get(`${e.from}\n${e.event}`) ?? []), e]);
  const loose: Loose[] = [];
  const extras = new Map<string, Extra>();
  const rest: Transition[] = [];
  for (const group of groups.values()) {
    const targets = new Set(group.map((e) => e.to));
    if (group.length < manyAlike || targets.size < manyAlike) {
      rest.push(...group);
      continue;
    }
    const key = group.map((e) => `${e.guard ?? ''}>${e.to}`).join('\n');
    const id = extras.get(key)?.id ?? `(choice ${extras.size})`;
    extras.set(key, { id, kind: 'choice', text: '', of: [...(extras.get(key)?.of ?? []), from(group[0]!)] });
    for (const e of group) {
      loose.push({ from: from(e), to: id, text: eventName(e.event, e.kind), edge: e.id });
      loose.push({ from: id, to: e.to!, text: e.guard ? `[${e.guard}]` : '[else]', edge: e.id });
    }
  }
  return { loose, extras: [...extras.values()], rest };
}

/** An initial state that only passes on: nobody ever sees it. */
function passing(chart: ChartView, root: string | null): { hidden: Set<string>; initial: string | null } {
  const first = chart.states.find((s) => s.initial && s.parent === root && s.path !== root);
  if (!first) return { hidden: new Set(), initial: null };
  const own = chart.edges.filter((e) => e.from === first.path);
  const back = chart.edges.some((e) => e.to === first.path);
  const on =
    own.length > 0 && !back && own.every((e) => e.kind === 'always') && own.some((e) => e.guard === null)
      ? own[0]!.to
      : null;
  return on === null ? { hidden: new Set(), initial: first.path } : { hidden: new Set([first.path]), initial: on };
}

/** The lines, pseudo-states and entries to draw, in the order of the machine. */
export function simplify(chart: ChartView): Simple {
  const root = rootPath(chart);
  const { hidden, initial } = passing(chart, root);
  const states = chart.states
    .filter((s) => s.path !== root && s.type !== 'history' && !hidden.has(s.path))
    .map((s) => s.path);
  const fromAnywhere = '';
  const from = (e: Transition): string => (e.from === root || e.from === '' ? fromAnywhere : e.from);
  const moving = chart.edges.filter((e) => !stays(e) && e.to !== root && !hidden.has(e.from));
  const { loose, extras, rest } = choices(moving, from);
  for (const e of rest) loose.push({ from: from(e), to: e.to!, text: edgeLabel(e), edge: e.id });
  // The same label to the same target from many states, or from the machine itself.
  const same = new Map<string, Loose[]>();
  for (const l of loose) same.set(`${l.to}\n${l.text}`, [...(same.get(`${l.to}\n${l.text}`) ?? []), l]);
  const pills = new Map<string, Extra>();
  const entries = new Map<string, Entry[]>();
  const written = new Set<Loose>();
  for (const group of same.values()) {
    const own = group.filter((l) => !l.from.startsWith('(choice'));
    const sources = [...new Set(own.map((l) => l.from))];
    const anywhere = sources.includes(fromAnywhere);
    const { to, text } = group[0]!;
    if (!anywhere && sources.length < manyAlike) continue;
    const name = anywhere ? 'any state' : pillText(sources, states);
    const of = anywhere ? states : sources;
    if (to.startsWith('(choice')) {
      const id = `(pill ${name})`;
      if (!pills.has(id)) pills.set(id, { id, kind: 'pill', text: name, of });
      for (const l of own) l.from = id;
    } else {
      entries.set(to, [...(entries.get(to) ?? []), { text, from: name, of, edges: own.map((l) => l.edge) }]);
      for (const l of own) written.add(l);
    }
  }
  const drawn = new Map<string, DrawnEdge>();
  for (const l of loose) {
    if (written.has(l)) continue;
    const key = `${l.from}\n${l.to}`;
    const line = drawn.get(key) ?? { id: `e${drawn.size}`, from: l.from, to: l.to, edges: [], lines: [] };
    if (!line.edges.includes(l.edge)) line.edges.push(l.edge);
    if (!line.lines.some((x) => x.text === l.text)) line.lines.push({ text: l.text, edge: l.edge });
    drawn.set(key, line);
  }
  return {
    extras: [...pills.values(), ...extras],
    edges: [...drawn.values()].map(shortened),
    entries,
    initial,
    hidden,
  };
}

const shortened = (line: DrawnEdge): DrawnEdge =>
  line.lines.length <= mostLines
    ? line
    : {
        ...line,
        lines: [
          ...line.lines.slice(0, mostLines - 1),
          { text: `+${line.lines.length - mostLines + 1} more`, edge: '' },
        ],
      };

/** For the mini chart: children folded into their outermost state, lines that fall together merged, pills and entries left out. */
export function folded(chart: ChartView, simple: Simple): Simple {
  const root = rootPath(chart);
  const parents = new Map(chart.states.map((s) => [s.path, s.parent]));
  const outer = (path: string): string => {
    let p = path;
    for (;;) {
      const up = parents.get(p) ?? null;
      if (up === null || up === root) return p;
      p = up;
    }
  };
  const drawn = new Map<string, DrawnEdge>();
  for (const e of simple.edges) {
    const a = outer(e.from);
    const b = outer(e.to);
    if (a === b || a.startsWith('(pill')) continue;
    const line = drawn.get(`${a}\n${b}`) ?? { id: `m${drawn.size}`, from: a, to: b, edges: [], lines: [] };
    line.edges.push(...e.edges);
    drawn.set(`${a}\n${b}`, line);
  }
  const outerInitial = simple.initial === null ? null : outer(simple.initial);
  return {
    extras: simple.extras.filter((x) => x.kind === 'choice'),
    edges: [...drawn.values()],
    entries: new Map(),
    initial: outerInitial,
    hidden: simple.hidden,
  };
}
