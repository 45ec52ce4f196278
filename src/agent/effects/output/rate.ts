// `logs.rateBytesPerSecond`: how fast output may be kept. The agent is not in its path and cannot slow a program down; what comes
// faster is dropped when the stream is rotated, so that a flood does not push out all that was printed before it.

/** A token bucket that holds one whole piece. Starts full. */
export class OutputRate {
  #bytesPerSecond: number;
  #most: number;
  #left: number;
  #at: number;
  /** Bytes dropped since the last word of it. */
  dropped = 0;
  #toldAt = -Infinity;

  /** @param most bytes of one piece; @param now ms, monotonic */
  constructor(bytesPerSecond: number, most: number, now: number) {
    this.#bytesPerSecond = bytesPerSecond;
    this.#most = this.#left = most;
    this.#at = now;
  }

  adjust(bytesPerSecond: number, most: number): void {
    this.#bytesPerSecond = bytesPerSecond;
    this.#most = most;
  }

  /** Whether so many bytes may be kept now. */
  keep(bytes: number, now: number): boolean {
    this.#left = Math.min(this.#most, this.#left + ((now - this.#at) / 1000) * this.#bytesPerSecond);
    this.#at = now;
    if (this.#left < Math.min(bytes, this.#most)) return false;
    this.#left -= bytes;
    return true;
  }

  /** What to tell the user now, or null: at the first loss, and then at most every 10 s. */
  notice(now: number): string | null {
    if (this.dropped === 0 || now - this.#toldAt < 10_000) return null;
    const text = `${this.dropped} bytes of output were dropped: it is printed faster than logs.rateBytesPerSecond ${this.#bytesPerSecond}`;
    this.#toldAt = now;
    this.dropped = 0;
    return text;
  }
}
