// A chart as the graph that ELK lays out: nested boxes, lines with their label in the way. Pure.
import type { ChartView } from '../../src/protocol/live.ts';
import { monoWidth, nameWidth, stateName } from './labels.ts';
import { folded, rootPath, simplify, type Entry, type Simple } from './simplify.ts';

export const initialNode = '(initial)';
const lineHeight = 15;
/** Height of a line of entry in a state. */
const entryHeight = 16;
const entryWidth = (e: Entry): number => monoWidth(e.text) + Math.ceil((e.from.length + 6) * 6) + 14;

export interface Point {
  x: number;
  y: number;
}
type Options = Record<string, string>;
export interface ElkNode {
  id: string;
  width?: number;
  height?: number;
  x?: number;
  y?: number;
  children?: ElkNode[];
  layoutOptions?: Options;
}
interface ElkEdge {
  id: string;
  sources: string[];
  targets: string[];
  layoutOptions?: Options;
  labels?: { text: string; width: number; height: number; x?: number; y?: number; layoutOptions?: Options }[];
  sections?: { startPoint: Point; endPoint: Point; bendPoints?: Point[] }[];
}
export interface ElkGraph extends ElkNode {
  edges: ElkEdge[];
}
export type Direction = 'RIGHT' | 'DOWN';

/**
 * Back edges are laid out from their target and turned when drawn, so that the machine's own order runs one way. ELK's
 * model order breaks on nested states.
 */
const turnedMark = '~';
export const isTurned = (id: string): boolean => id.startsWith(turnedMark);
export const drawnId = (id: string): string => (isTurned(id) ? id.slice(turnedMark.length) : id);

const layered: Options = {
  'elk.algorithm': 'layered',
  'elk.edgeRouting': 'ORTHOGONAL',
  'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
  'elk.layered.nodePlacement.favorStraightEdges': 'true',
  'elk.layered.thoroughness': '40',
  'elk.layered.unnecessaryBendpoints': 'true',
  'elk.spacing.nodeNode': '24',
  'elk.spacing.edgeNode': '16',
  'elk.spacing.edgeEdge': '14',
  'elk.spacing.edgeLabel': '2',
  'elk.spacing.labelLabel': '6',
  'elk.layered.spacing.nodeNodeBetweenLayers': '16',
  'elk.layered.spacing.edgeNodeBetweenLayers': '11',
  'elk.layered.spacing.edgeEdgeBetweenLayers': '10',
};

export const simple = (chart: ChartView, mini: boolean): Simple =>
  mini ? folded(chart, simplify(chart)) : simplify(chart);

/** `mini`: no labels, no children, small boxes (the instance page and phones). */
export function toGraph(chart: ChartView, direction: Direction, mini: boolean): ElkGraph {
  const root = rootPath(chart);
  const { extras, edges, entries, initial, hidden } = simple(chart, mini);
  const childrenOf = (parent: string | null): ChartView['states'] =>
    chart.states.filter((s) => s.parent === parent && s.path !== root && !hidden.has(s.path));
  const box = (state: ChartView['states'][number]): ElkNode => {
    const inner = childrenOf(state.path);
    const texts = entries.get(state.path) ?? [];
    const tall = texts.length * entryHeight;
    const name = Math.max(nameWidth(stateName(state.path)) + (mini ? 38 : 48), ...texts.map((e) => entryWidth(e) + 24));
    if (mini) return { id: state.path, width: Math.max(104, name), height: 30 };
    if (inner.length === 0)
      return { id: state.path, width: Math.max(116, name), height: 48 + (tall > 0 ? tall + 4 : 0) };
    // ELK does not hold a minimum size of nested boxes: the first child is made wide enough for what stands above it.
    const children = inner.map(box);
    if (children[0]!.width !== undefined) children[0]!.width = Math.max(children[0]!.width, name - 28);
    return {
      id: state.path,
      children,
      layoutOptions: {
        ...layered,
        'elk.direction': direction,
        'elk.padding': `[top=${38 + tall},left=14,bottom=14,right=14]`,
      },
    };
  };
  const pseudo = extras.map((x): ElkNode =>
    x.kind === 'pill'
      ? { id: x.id, width: Math.ceil(x.text.length * 6.2) + 20, height: 24 }
      : { id: x.id, width: 26, height: 26 },
  );
  const order = new Map(chart.states.map((s, i) => [s.path, i]));
  // A choice stands just behind the first state that leads to it.
  for (const x of extras)
    if (x.kind === 'choice') order.set(x.id, Math.min(...x.of.map((path) => order.get(path) ?? Infinity)) + 0.5);
  const elkEdges = edges.map((e): ElkEdge => {
    const back = !e.from.startsWith(`${e.to}.`) && (order.get(e.from) ?? -1) > (order.get(e.to) ?? Infinity);
    const label = {
      text: e.lines.map((l) => l.text).join('\n'),
      width: Math.max(0, ...e.lines.map((l) => monoWidth(l.text))) + 10,
      height: e.lines.length * lineHeight + 3,
      layoutOptions: { 'elk.edgeLabels.inline': 'true', 'elk.edgeLabels.placement': 'CENTER' },
    };
    return {
      id: back ? `${turnedMark}${e.id}` : e.id,
      sources: [back ? e.to : e.from],
      targets: [back ? e.from : e.to],
      ...(mini ? {} : { labels: [label] }),
    };
  });
  if (initial)
    elkEdges.unshift({
      id: initialNode,
      sources: [initialNode],
      targets: [initial],
      layoutOptions: { 'elk.layered.priority.straightness': '10' },
    });
  return {
    id: 'root',
    children: [
      ...(initial ? [{ id: initialNode, width: 10, height: 10 }] : []),
      ...pseudo,
      ...childrenOf(root).map(box),
    ],
    edges: elkEdges,
    layoutOptions: {
      ...layered,
      ...(mini
        ? {
            'elk.spacing.nodeNode': '22',
            'elk.layered.spacing.nodeNodeBetweenLayers': '30',
            'elk.spacing.edgeEdge': '10',
          }
        : {}),
      'elk.direction': direction,
      'elk.hierarchyHandling': 'INCLUDE_CHILDREN',
      'elk.padding': '[top=8,left=8,bottom=8,right=8]',
      'json.edgeCoords': 'ROOT',
      'json.shapeCoords': 'ROOT',
    },
  };
}
