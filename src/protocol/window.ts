// Flow control of bytes that are sent ahead: the receiver says how many he has taken, counted from the first, and the sender waits
// while too many are on their way. Whatever the way between is made of, it never holds more than that.

/** The sender's side. */
export class SendWindow {
  readonly #most: number;
  #sent = 0;
  #taken = 0;
  #ended = false;
  #waiting: (() => void)[] = [];

  /** @param most bytes that may be on their way when more are sent; Infinity where the receiver does not say what he takes */
  constructor(most: number) {
    this.#most = most;
  }

  sent(bytes: number): void {
    this.#sent += bytes;
  }

  /** @param total of all bytes from the first one on; what is old or was never sent counts for nothing */
  taken(total: number): void {
    if (!(total > this.#taken && total <= this.#sent)) return;
    this.#taken = total;
    this.#wake();
  }

  /** Resolves when more may be sent. */
  async room(): Promise<void> {
    while (!this.#ended && this.#sent - this.#taken >= this.#most)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Nobody takes anything any more: whoever waits goes on. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** The receiver's side: says what was taken, a quarter of the window at a time. */
export class Takings {
  readonly #step: number;
  readonly #say: (total: number) => void;
  #total = 0;
  #said = 0;

  constructor(window: number, say: (total: number) => void) {
    this.#step = window / 4;
    this.#say = say;
  }

  take(bytes: number): void {
    this.#total += bytes;
    if (this.#total - this.#said < this.#step) return;
    this.#said = this.#total;
    this.#say(this.#total);
  }
}
