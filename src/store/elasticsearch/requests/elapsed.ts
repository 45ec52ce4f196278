// How much time has passed, for whoever must not believe that none has.

/** Milliseconds by whichever clock went further: a process that was stopped and a machine that slept both find that time has passed. */
export class Elapsed {
  readonly #mono = performance.now();
  readonly #wall = Date.now();
  get ms(): number {
    return Math.max(performance.now() - this.#mono, Date.now() - this.#wall);
  }
}
