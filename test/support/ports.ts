// Ports that stay a test's own while nobody listens on them.
import { createServer } from 'node:net';

/**
 * A free port beneath those that the system gives to every connection (from 32,768 on) and those that agents of tests give to
 * programs (from 20,000 on): who listens on it, ends and comes back finds it free.
 */
export async function ownPort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 10_000);
    if (await isFree(port)) return port;
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen(port, '0.0.0.0', () => server.close(() => resolve(true)));
  });
