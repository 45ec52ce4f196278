// A binary heap of numbered things by score: highest first, of equal scores the lowest number. Entries carry a stamp, so that
// a later entry of the same thing makes earlier ones void without searching for them.

export class ScoreHeap {
  #scores: number[] = [];
  #items: number[] = [];
  #stamps: number[] = [];

  get size(): number {
    return this.#items.length;
  }
  get topItem(): number {
    return this.#items[0]!;
  }
  get topScore(): number {
    return this.#scores[0]!;
  }
  get topStamp(): number {
    return this.#stamps[0]!;
  }

  #before(i: number, j: number): boolean {
    const difference = this.#scores[i]! - this.#scores[j]!;
    return difference !== 0 ? difference > 0 : this.#items[i]! < this.#items[j]!;
  }

  #swap(i: number, j: number): void {
    const scores = this.#scores;
    const items = this.#items;
    const stamps = this.#stamps;
    [scores[i], scores[j]] = [scores[j]!, scores[i]!];
    [items[i], items[j]] = [items[j]!, items[i]!];
    [stamps[i], stamps[j]] = [stamps[j]!, stamps[i]!];
  }

  push(item: number, score: number, stamp: number): void {
    let at = this.#items.length;
    this.#items.push(item);
    this.#scores.push(score);
    this.#stamps.push(stamp);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(at, parent)) break;
      this.#swap(at, parent);
      at = parent;
    }
  }

  /** Takes the top away. */
  pop(): void {
    const last = this.#items.length - 1;
    if (last < 0) return;
    this.#swap(0, last);
    this.#items.pop();
    this.#scores.pop();
    this.#stamps.pop();
    this.#sink(0);
  }

  /** Gives the top another score. */
  lowerTop(score: number): void {
    this.#scores[0] = score;
    this.#sink(0);
  }

  #sink(from: number): void {
    const { length } = this.#items;
    for (let at = from; ;) {
      const left = 2 * at + 1;
      const right = left + 1;
      let best = at;
      if (left < length && this.#before(left, best)) best = left;
      if (right < length && this.#before(right, best)) best = right;
      if (best === at) return;
      this.#swap(at, best);
      at = best;
    }
  }
}
