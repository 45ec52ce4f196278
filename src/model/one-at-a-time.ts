// Work that must not overlap: one piece after the other. What fails, fails for who asked for it; the next begins all the same.

const settled = (): void => {
  /* its own caller hears how it ended */
};

/** One queue. Work begins in the order of the calls. */
export class OneAtATime {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(work: () => T | Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    this.#last = mine.then(settled, settled);
    return mine;
  }
}

/** One queue a name; a name is forgotten with its last piece of work. */
export class OneAtATimeByName {
  readonly #last = new Map<string, Promise<void>>();

  run<T>(name: string, work: () => T | Promise<T>): Promise<T> {
    const mine = (this.#last.get(name) ?? Promise.resolve()).then(work);
    const over = mine.then(settled, settled);
    this.#last.set(name, over);
    void over.then(() => {
      if (this.#last.get(name) === over) this.#last.delete(name);
    });
    return mine;
  }

  /** Resolves when all that was asked for so far is over, however it ended. */
  async over(): Promise<void> {
    await Promise.all(this.#last.values());
  }
}
