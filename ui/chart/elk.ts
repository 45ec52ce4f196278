// Layouts come from ELK in a worker, once for each machine and kind of chart; the worker (1.4 MB) is loaded by the first chart.
import type { ChartView } from '../../src/protocol/live.ts';
// The file as it is: it is a whole worker, and bundling its 1.4 MB again would take most of the build.
import workerFile from 'elkjs/lib/elk-worker.min.js?url';
import { toDrawing, type Drawing } from './drawing.ts';
import { toGraph, type Direction, type ElkGraph } from './graph.ts';

let worker: Worker | null = null;
let last = 0;
const waiting = new Map<number, { resolve: (graph: ElkGraph) => void; reject: (error: Error) => void }>();

function start(): Worker {
  const made = new Worker(workerFile);
  made.onmessage = (event: MessageEvent<{ id: number; data?: ElkGraph; error?: { message?: string } }>) => {
    const { id, data, error } = event.data;
    const asked = waiting.get(id);
    if (!asked) return;
    waiting.delete(id);
    if (error || !data) asked.reject(new Error(error?.message ?? 'no layout'));
    else asked.resolve(data);
  };
  made.onerror = (event) => {
    for (const asked of waiting.values()) asked.reject(new Error(event.message || 'the layout worker did not load'));
    waiting.clear();
    worker = null;
  };
  made.postMessage({ id: 0, cmd: 'register', algorithms: ['layered'] });
  return made;
}

function layout(graph: ElkGraph): Promise<ElkGraph> {
  worker ??= start();
  const id = ++last;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    worker!.postMessage({ id, cmd: 'layout', graph, layoutOptions: {}, options: {} });
  });
}

const cache = new Map<string, Promise<Drawing[]>>();

/** The drawings of a chart, one a direction; the same machine is laid out once. */
export function drawings(chart: ChartView, mini: boolean): Promise<Drawing[]> {
  const key = `${mini} ${JSON.stringify(chart)}`;
  let found = cache.get(key);
  if (!found) {
    const directions: Direction[] = ['RIGHT', 'DOWN'];
    found = Promise.all(directions.map(async (d) => toDrawing(chart, await layout(toGraph(chart, d, mini)), mini)));
    found.catch(() => cache.delete(key)); // the next chart tries again
    cache.set(key, found);
  }
  return found;
}
