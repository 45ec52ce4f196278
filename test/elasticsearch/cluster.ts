// Real Elasticsearch nodes on loopback: started, paused, killed, started again. They end with this process, even when it is killed.
import { spawn, type ChildProcess } from 'node:child_process';
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { until } from '../support/until.ts';
import { assemble, type Assembled, type Major } from './assemble.ts';

/** A few ports that were free just now. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
          const server = createServer();
          server.once('error', reject);
          server.listen(0, '127.0.0.1', () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** One node: a Java process of about 320 MB. */
class ElasticNode {
  readonly url: string;
  readonly #home: string;
  readonly #assembled: Assembled;
  #child: ChildProcess | null = null;

  constructor(home: string, port: number, assembled: Assembled) {
    this.#home = home;
    this.#assembled = assembled;
    this.url = `http://127.0.0.1:${port}`;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }
  get log(): string {
    return existsSync(join(this.#home, 'log')) ? readFileSync(join(this.#home, 'log'), 'utf8') : '';
  }
  get ended(): boolean {
    return !this.#child || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  start(): void {
    const log = openSync(join(this.#home, 'log'), 'a');
    const { java, home } = this.#assembled;
    // Its standard input is a pipe that nobody writes: it closes with this process.
    this.#child = spawn(
      java,
      [
        '-Xms384m',
        '-Xmx384m',
        '-XX:+UseSerialGC',
        '-XX:TieredStopAtLevel=1',
        '-cp',
        `${home}/classes:${home}/lib/*`,
        'StartNode',
        this.#home,
      ],
      {
        stdio: ['pipe', log, log],
        cwd: this.#home,
      },
    );
    this.#child.unref();
    closeSync(log);
  }

  /** SIGSTOP: connections stay open, nothing answers. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }
  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  /** kill -9, and its end. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || this.ended) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.ref();
    child.kill('SIGKILL');
    await ended;
  }
}

/** A cluster of one or more nodes in a directory of its own, which is the caller's to remove. */
export class ElasticCluster {
  readonly nodes: ElasticNode[];
  private constructor(nodes: ElasticNode[]) {
    this.nodes = nodes;
  }

  get url(): string {
    return this.nodes[0]!.url;
  }

  /** @param settings lines for elasticsearch.yml of every node */
  static async start(major: Major, directory: string, count = 1, settings: string[] = []): Promise<ElasticCluster> {
    const assembled = await assemble(major);
    const ports = await freePorts(2 * count);
    const nodes = Array.from({ length: count }, (_, k) => {
      const home = join(directory, `n${k + 1}`);
      mkdirSync(join(home, 'config'), { recursive: true });
      mkdirSync(join(home, 'plugins'));
      for (const part of ['modules', 'lib']) symlinkSync(join(assembled.home, part), join(home, part));
      const transport = ports.slice(count).map((port) => `127.0.0.1:${port}`);
      const others = transport.join(', ');
      const names = transport.map((_, n) => `n${n + 1}`).join(', ');
      writeFileSync(
        join(home, 'config/elasticsearch.yml'),
        [
          'cluster.name: stathub-tests',
          `node.name: n${k + 1}`,
          'network.host: 127.0.0.1',
          `http.port: ${ports[k]}`,
          `transport.port: ${ports[count + k]}`,
          'cluster.routing.allocation.disk.threshold_enabled: false',
          'cluster.max_shards_per_node: 5000',
          ...(count === 1 ? ['discovery.type: single-node'] : [`discovery.seed_hosts: [${others}]`]),
          ...settings,
          '',
        ].join('\n'),
      );
      // Only a cluster that is new elects by name.
      if (count > 1)
        appendFileSync(join(home, 'config/elasticsearch.yml'), `cluster.initial_master_nodes: [${names}]\n`);
      return new ElasticNode(home, ports[k]!, assembled);
    });
    const cluster = new ElasticCluster(nodes);
    for (const node of nodes) node.start();
    try {
      await cluster.ready(90_000 * count);
    } catch (error) {
      await cluster.end();
      throw error;
    }
    return cluster;
  }

  /** Resolves when all nodes that run form one cluster with every primary there. */
  async ready(timeoutMs = 90_000): Promise<void> {
    const running = this.nodes.filter((node) => !node.ended);
    await until(
      'Elasticsearch answers',
      async () => {
        for (const node of running) if (node.ended) throw new Error(`Elasticsearch ended: ${node.log.slice(-2000)}`);
        const health = (await (await fetch(`${running[0]!.url}/_cluster/health`)).json()) as {
          number_of_nodes: number;
          status: string;
        };
        return health.number_of_nodes === running.length && health.status !== 'red';
      },
      timeoutMs,
    );
  }

  async end(): Promise<void> {
    for (const node of this.nodes) node.resume();
    await Promise.all(this.nodes.map((node) => node.kill()));
  }
}
