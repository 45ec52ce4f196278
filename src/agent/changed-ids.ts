// Ids of what changed, gathered within one turn of the loop and told once to all who listen.

export class ChangedIds {
  readonly #listeners = new Set<(ids: Set<string>) => void>();
  #ids = new Set<string>();
  #planned = false;

  /** @returns ends it */
  listen(listener: (ids: Set<string>) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  add(id: string): void {
    this.#ids.add(id);
    if (this.#planned) return;
    this.#planned = true;
    setImmediate(() => this.#tell());
  }

  #tell(): void {
    const ids = this.#ids;
    this.#ids = new Set();
    this.#planned = false;
    for (const listener of this.#listeners) listener(ids);
  }
}
