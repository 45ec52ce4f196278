// Real Elasticsearch nodes that form a cluster.
import { join } from 'node:path';
import { until } from '../support/until.ts';
import { assemble, type Major } from './assemble.ts';
import { loadedAtOnce } from './class-archive.ts';
import { ElasticNode, freePorts, makeHome } from './node.ts';

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
    const loads = await loadedAtOnce(major, assembled);
    const ports = await freePorts(2 * count);
    const nodes = Array.from({ length: count }, (_, k) => {
      const home = join(directory, `n${k + 1}`);
      const transport = ports.slice(count).map((port) => `127.0.0.1:${port}`);
      const others = transport.join(', ');
      const names = transport.map((_, n) => `n${n + 1}`).join(', ');
      makeHome(home, assembled.home, [
        `node.name: n${k + 1}`,
        'network.host: 127.0.0.1',
        `http.port: ${ports[k]}`,
        `transport.port: ${ports[count + k]}`,
        'cluster.routing.allocation.disk.threshold_enabled: false',
        'cluster.max_shards_per_node: 5000',
        ...(count === 1 ? ['discovery.type: single-node'] : [`discovery.seed_hosts: [${others}]`]),
        // Only a cluster that is new elects by name.
        ...(count === 1 ? [] : [`cluster.initial_master_nodes: [${names}]`]),
        ...settings,
      ]);
      return new ElasticNode(home, ports[k]!, assembled, loads);
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
