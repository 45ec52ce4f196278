// One server of each version for the whole suite: the test runner lends it (a start takes 5 to 8 s and 320 MB). A file that is run
// alone starts its own. Files share it by prefixes of their own.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missing, versions, type Major } from './assemble.ts';
import { ElasticCluster } from './cluster.ts';

interface Lent {
  url: string;
}
/** Why there is none on this machine. */
interface Skipped {
  skip: string;
}

const lenderVariable = 'STATHUB_TEST_ELASTICSEARCH';

/**
 * The address of the suite's server of that version, or why there is none: then the file prints `# skipped: …` and ends.
 * @throws Error when it could not be started although the machine has all that it takes
 */
export async function lend(major: Major): Promise<Lent | Skipped> {
  const lender = process.env[lenderVariable];
  if (lender) {
    const response = await fetch(`${lender}/${major}`);
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as Lent | Skipped;
  }
  const own = new Lender(mkdtempSync(join(tmpdir(), 'stathub-elasticsearch-')));
  process.on('exit', () => own.endNow());
  return own.ask(major);
}

/** `lend`, with the line that the runner shows where the machine cannot run it. */
export async function lendOrSkip(major: Major): Promise<string | null> {
  const lent = await lend(major);
  if ('url' in lent) return lent.url;
  console.log(`# skipped: Elasticsearch ${versions[major]}: ${lent.skip}`);
  return null;
}

/** A prefix that no other test file has. */
export const freshPrefix = (name: string): string =>
  `t${process.pid}-${Math.random().toString(36).slice(2, 8)}-${name}`;

/** Starts servers when they are first asked for, and ends them. */
export class Lender {
  readonly #directory: string;
  readonly #clusters = new Map<Major, Promise<ElasticCluster | Skipped>>();
  readonly #started: ElasticCluster[] = [];
  constructor(directory: string) {
    this.#directory = directory;
  }

  async ask(major: Major): Promise<Lent | Skipped> {
    if (!this.#clusters.has(major)) this.#clusters.set(major, this.#start(major));
    const cluster = await this.#clusters.get(major)!;
    return 'skip' in cluster ? cluster : { url: cluster.url };
  }

  async #start(major: Major): Promise<ElasticCluster | Skipped> {
    const skip = await missing();
    if (skip) return { skip };
    const directory = join(this.#directory, String(major));
    mkdirSync(directory, { recursive: true });
    const cluster = await ElasticCluster.start(major, directory);
    this.#started.push(cluster);
    return cluster;
  }

  /** Serves test files. @returns the environment that tells them */
  async serve(): Promise<Record<string, string>> {
    const server = createServer((request, response) => {
      const major = Number(request.url?.slice(1));
      if (major !== 8 && major !== 9) {
        response.writeHead(404).end();
        return;
      }
      this.ask(major).then(
        (answer) => response.end(JSON.stringify(answer)),
        (error: unknown) => response.writeHead(500).end(String((error as Error).stack ?? error)),
      );
    });
    server.requestTimeout = 0;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    server.unref();
    return { [lenderVariable]: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  }

  async end(): Promise<void> {
    await Promise.all(this.#started.map((cluster) => cluster.end()));
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 3 });
  }

  endNow(): void {
    for (const { nodes } of this.#started)
      for (const { pid } of nodes)
        if (pid)
          try {
            process.kill(pid, 'SIGKILL');
          } catch {
            /* it has ended */
          }
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
