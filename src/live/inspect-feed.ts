// Steps of one actor to one watcher. The source gives at most ten batches a second; a slow reader keeps only the newest step,
// whose number tells that others were left out.
import type { Cluster } from '../api/cluster.ts';
import type { InspectFrame } from '../protocol/live.ts';
import type { Feed, Watch } from './client.ts';

const againMs = 250;

export class InspectFeed implements Feed {
  readonly #cluster: Cluster;
  readonly #failed: (watch: Watch | null, error: unknown) => void;
  #open = 0;

  constructor(cluster: Cluster, failed: (watch: Watch | null, error: unknown) => void) {
    this.#cluster = cluster;
    this.#failed = failed;
  }

  get idle(): boolean {
    return this.#open === 0;
  }

  add(watch: Watch): void {
    this.#open++;
    let kept: InspectFrame | null = null;
    let timer: NodeJS.Timeout | null = null;
    const send = (frame: InspectFrame) => watch.client.answer({ type: 'inspect', topic: watch.name, frame });
    const later = () => {
      timer = null;
      if (kept === null || watch.over.signal.aborted) return;
      if (watch.client.lagging) {
        timer = setTimeout(later, againMs);
        return;
      }
      send(kept);
      kept = null;
    };
    const listener = (frame: InspectFrame) => {
      if (watch.over.signal.aborted) return;
      if (kept === null && !watch.client.lagging) {
        send(frame);
        return;
      }
      // The chart comes once: it must not get lost with the step it came with.
      const chart = frame.chart ?? kept?.chart;
      kept = chart ? { ...frame, chart } : frame;
      timer ??= setTimeout(later, againMs);
    };
    const ended = () => {
      this.#open--;
      if (timer) clearTimeout(timer);
    };
    watch.over.signal.addEventListener('abort', ended, { once: true });
    const id = 'of' in watch.topic ? watch.topic.of : '';
    this.#cluster.inspect(id, listener, watch.over.signal).catch((error: unknown) => {
      if (!watch.over.signal.aborted) this.#failed(watch, error);
    });
  }

  remove(_watch: Watch): void {
    /* its signal ends it */
  }
}
