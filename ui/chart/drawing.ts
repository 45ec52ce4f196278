// What ELK answered, as what is drawn: boxes, rounded paths with a gap for their label, tips. Pure.
import type { ChartView } from '../../src/protocol/live.ts';
import { initialNode, drawnId, isTurned, simple, type ElkGraph, type ElkNode, type Point } from './graph.ts';
import type { DrawnEdge, Entry, Extra } from './simplify.ts';

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}
export interface Box extends Rect {
  path: string;
  group: boolean;
  depth: number;
  entries: Entry[];
}
export interface Line extends DrawnEdge {
  /** SVG paths; more than one where the label stands in a gap. */
  paths: string[];
  /** The whole way, for the pulse. */
  whole: string;
  tip: { at: Point; angle: number };
  label: Rect | null;
  /** Its points, start to end. */
  points: Point[];
}
export interface Drawing {
  width: number;
  height: number;
  boxes: Box[];
  lines: Line[];
  initial: { dot: Point; line: string; tip: { at: Point; angle: number } } | null;
  extras: (Extra & Rect)[];
}

const cornerRadius = 8;
const tipLength = 7;

/** A path through points with corners rounded. */
export function rounded(points: readonly Point[], radius = cornerRadius): string {
  if (points.length === 0) return '';
  const n = (v: number): string => String(Math.round(v * 10) / 10);
  let d = `M${n(points[0]!.x)} ${n(points[0]!.y)}`;
  for (let i = 1; i < points.length - 1; i++) {
    const [a, b, c] = [points[i - 1]!, points[i]!, points[i + 1]!];
    const ab = Math.hypot(b.x - a.x, b.y - a.y);
    const bc = Math.hypot(c.x - b.x, c.y - b.y);
    const r = Math.min(radius, ab / 2, bc / 2);
    if (r < 0.5) {
      d += `L${n(b.x)} ${n(b.y)}`;
      continue;
    }
    const from = { x: b.x + ((a.x - b.x) / ab) * r, y: b.y + ((a.y - b.y) / ab) * r };
    const to = { x: b.x + ((c.x - b.x) / bc) * r, y: b.y + ((c.y - b.y) / bc) * r };
    d += `L${n(from.x)} ${n(from.y)}Q${n(b.x)} ${n(b.y)} ${n(to.x)} ${n(to.y)}`;
  }
  const end = points.at(-1)!;
  return points.length > 1 ? `${d}L${n(end.x)} ${n(end.y)}` : d;
}

/** The part of an axis-parallel segment inside a rectangle, as fractions of its length; null where they do not meet. */
function overlap(a: Point, b: Point, r: Rect): [number, number] | null {
  let [t0, t1] = [0, 1];
  for (const [p, d, low, high] of [
    [a.x, b.x - a.x, r.x, r.x + r.width],
    [a.y, b.y - a.y, r.y, r.y + r.height],
  ] as const) {
    if (d === 0) {
      if (p <= low || p >= high) return null;
      continue;
    }
    const [u, v] = [(low - p) / d, (high - p) / d];
    t0 = Math.max(t0, Math.min(u, v));
    t1 = Math.min(t1, Math.max(u, v));
  }
  return t0 < t1 ? [t0, t1] : null;
}

/** A line without what lies under a rectangle: one or more lines. */
export function outside(points: readonly Point[], r: Rect): Point[][] {
  const out: Point[][] = [];
  let now: Point[] = points.length > 0 ? [points[0]!] : [];
  const at = (a: Point, b: Point, t: number): Point => ({ x: a.x + (b.x - a.x) * t, y: a.y + (b.y - a.y) * t });
  for (let i = 1; i < points.length; i++) {
    const a = points[i - 1]!;
    const b = points[i]!;
    const hidden = overlap(a, b, r);
    if (!hidden) {
      now.push(b);
      continue;
    }
    if (hidden[0] > 0) now.push(at(a, b, hidden[0]));
    if (now.length > 1) out.push(now);
    now = hidden[1] < 1 ? [at(a, b, hidden[1]), b] : [b];
  }
  if (now.length > 1) out.push(now);
  return out;
}

/** Takes out points that lie on the way between their neighbours. */
function straightened(points: Point[]): Point[] {
  return points.filter((p, i) => {
    const a = points[i - 1];
    const b = points[i + 1];
    return (
      !a ||
      !b ||
      !(
        (Math.abs(a.x - p.x) < 0.5 && Math.abs(p.x - b.x) < 0.5) ||
        (Math.abs(a.y - p.y) < 0.5 && Math.abs(p.y - b.y) < 0.5)
      )
    );
  });
}

/** Where the tip stands and where the line under it ends. */
function tipped(points: Point[]): { line: Point[]; tip: { at: Point; angle: number } } {
  const end = points.at(-1)!;
  const before = points.at(-2) ?? end;
  const length = Math.hypot(end.x - before.x, end.y - before.y) || 1;
  const short = {
    x: end.x - ((end.x - before.x) / length) * Math.min(tipLength - 1, length),
    y: end.y - ((end.y - before.y) / length) * Math.min(tipLength - 1, length),
  };
  return {
    line: [...points.slice(0, -1), short],
    tip: { at: end, angle: (Math.atan2(end.y - before.y, end.x - before.x) * 180) / Math.PI },
  };
}

/** The drawing of a chart from ELK's answer to `toGraph(chart, ...)`. */
export function toDrawing(chart: ChartView, answer: ElkGraph, mini: boolean): Drawing {
  const boxes: Box[] = [];
  const { extras, edges, entries } = simple(chart, mini);
  const pseudo = new Map(extras.map((x) => [x.id, x]));
  const placed: (Extra & Rect)[] = [];
  let dot: Point | null = null;
  const visit = (node: ElkNode, depth: number): void => {
    const rect = { x: node.x ?? 0, y: node.y ?? 0, width: node.width ?? 0, height: node.height ?? 0 };
    const extra = pseudo.get(node.id);
    if (extra) placed.push({ ...extra, ...rect });
    else if (node.id === initialNode) dot = { x: rect.x + 5, y: rect.y + 5 };
    else
      boxes.push({
        ...rect,
        path: node.id,
        group: (node.children?.length ?? 0) > 0,
        depth,
        entries: entries.get(node.id) ?? [],
      });
    for (const child of node.children ?? []) visit(child, depth + 1);
  };
  for (const node of answer.children ?? []) visit(node, 0);
  const known = new Map(edges.map((e) => [e.id, e]));
  const lines: Line[] = [];
  let initial: Drawing['initial'] = null;
  for (const edge of answer.edges) {
    const section = edge.sections?.[0];
    if (!section) continue;
    const way = straightened([section.startPoint, ...(section.bendPoints ?? []), section.endPoint]);
    const points = isTurned(edge.id) ? way.reverse() : way;
    const { line, tip } = tipped(points);
    if (edge.id === initialNode) {
      if (dot) initial = { dot, line: rounded(line), tip };
      continue;
    }
    const drawn = known.get(drawnId(edge.id));
    if (!drawn) continue;
    const found = edge.labels?.[0];
    const label = found?.x === undefined ? null : { x: found.x, y: found.y!, width: found.width, height: found.height };
    lines.push({
      ...drawn,
      points,
      whole: rounded(line),
      paths: (label ? outside(line, label) : [line]).map((p) => rounded(p)),
      tip,
      label,
    });
  }
  return { width: answer.width ?? 0, height: answer.height ?? 0, boxes, lines, initial, extras: placed };
}

export interface Jump {
  d: string;
  tip: Line['tip'];
}
/** A jump that has no line of its own (it is written in its target): a curve at the side of both boxes. */
export function jump(drawing: Drawing, from: string, to: string): Jump | null {
  const boxOf = (path: string): Box | undefined =>
    drawing.boxes.find((b) => b.path === path) ??
    (path.includes('.') ? boxOf(path.slice(0, path.lastIndexOf('.'))) : undefined);
  const a = boxOf(from);
  const b = boxOf(to);
  if (!a || !b || a === b) return null;
  const right = a.x + a.width / 2 + b.x + b.width / 2 < drawing.width;
  const side = (box: Box): Point => ({ x: right ? box.x + box.width : box.x, y: box.y + Math.min(box.height / 2, 30) });
  const start = side(a);
  const end = side(b);
  const bow = (right ? 1 : -1) * Math.min(110, 30 + Math.abs(end.y - start.y) * 0.22);
  const far = right ? Math.max(start.x, end.x) + bow : Math.min(start.x, end.x) + bow;
  const r = (v: number): number => Math.round(v * 10) / 10;
  return {
    d: `M${r(start.x)} ${r(start.y)}C${r(far)} ${r(start.y)} ${r(far)} ${r(end.y)} ${r(end.x + (right ? 6 : -6))} ${r(end.y)}`,
    tip: { at: end, angle: right ? 180 : 0 },
  };
}
