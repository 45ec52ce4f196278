// Work that several want at once is done once: who leaves does not end it for the others, and when the last one has left it ends.

interface Joint {
  readonly done: Promise<unknown>;
  readonly over: AbortController;
  readonly askers: Set<Asker<never>>;
}

interface Asker<P> {
  onProgress?: ((progress: P) => void) | undefined;
  /** Aborted: it does not wait for it any more. */
  signal?: AbortSignal | undefined;
}

/** `P`: what is told of its progress, to everyone who waits. */
export class JointWork<P> {
  readonly #underway = new Map<string, Joint>();

  /**
   * @param name what is the same for two who want the same
   * @param work begun by the first one; its signal is aborted when nobody waits any more
   * @throws the asker's own reason when its signal is aborted
   */
  run<T>(
    name: string,
    work: (tell: (progress: P) => void, signal: AbortSignal) => Promise<T>,
    asker: Asker<P> = {},
  ): Promise<T> {
    const { signal } = asker;
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    const joint = this.#underway.get(name) ?? this.#begin(name, work);
    const mine: Asker<P> = { ...asker }; // the same one may ask twice
    joint.askers.add(mine);
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        joint.askers.delete(mine);
        reject(signal!.reason as Error);
        if (joint.askers.size > 0) return;
        this.#forget(name, joint); // whoever asks now begins anew
        joint.over.abort(signal!.reason);
      };
      signal?.addEventListener('abort', leave, { once: true });
      joint.done
        .then(resolve as (value: unknown) => void, reject)
        .finally(() => signal?.removeEventListener('abort', leave));
    });
  }

  #begin<T>(name: string, work: (tell: (progress: P) => void, signal: AbortSignal) => Promise<T>): Joint {
    const over = new AbortController();
    const askers = new Set<Asker<P>>();
    const tell = (progress: P): void => {
      for (const { onProgress } of askers) onProgress?.(progress);
    };
    const joint: Joint = { done: work(tell, over.signal).finally(() => this.#forget(name, joint)), over, askers };
    this.#underway.set(name, joint);
    return joint;
  }

  #forget(name: string, joint: Joint): void {
    if (this.#underway.get(name) === joint) this.#underway.delete(name);
  }
}
