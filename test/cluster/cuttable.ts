// A TCP passage before a master that can be cut: what a failing network is to an agent.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export class Cuttable {
  readonly #sockets = new Set<Socket>();
  readonly target: () => string;
  #cut = false;
  readonly #server = createServer((near) => {
    if (this.#cut) {
      near.destroy();
      return;
    }
    const { hostname, port } = new URL(this.target());
    const far = connect(Number(port), hostname);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(one);
      one
        .on('error', () => other.destroy())
        .on('close', () => {
          this.#sockets.delete(one);
          other.destroy();
        });
    }
    near.pipe(far).pipe(near);
  });

  /** @param target gives the address of what lies behind it */
  constructor(target: () => string) {
    this.target = target;
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  cut(): void {
    this.#cut = true;
    for (const socket of this.#sockets) socket.destroy();
  }
  mend(): void {
    this.#cut = false;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
