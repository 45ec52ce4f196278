// How far the fetch of an instance is, for whoever looks: told as a sentence, seldom enough to cost nothing.
import { showSize } from '../../../model/sizes.ts';
import type { Progress } from '../../effects/content/download.ts';
import { monoMs } from '../../moment.ts';

/** Told at most so often, ms; a fetch that is over before is not told of. */
const toldEveryMs = 2000;

export class FetchProgress {
  readonly #tell: (text: string) => void;
  readonly #parts = new Map<string, Progress>();
  #toldAt = monoMs();

  constructor(tell: (text: string) => void) {
    this.#tell = tell;
  }

  /** More of it has arrived: called for each piece. */
  readonly saw = (progress: Progress): void => {
    this.#parts.set(progress.uri, progress);
    const now = monoMs();
    if (now - this.#toldAt < toldEveryMs) return;
    this.#toldAt = now;
    this.#tell(progressText([...this.#parts.values()]));
  };
}

/** "http://h/a.zip, 12.3 MiB of 40 MiB": those that are not complete. */
export function progressText(parts: readonly Progress[]): string {
  return parts
    .filter(({ received, total }) => received !== total)
    .map(({ uri, received, total }) => `${uri}, ${showSize(received)}${total === null ? '' : ` of ${showSize(total)}`}`)
    .join('; ');
}
