// The classes that a node loads, archived once by a run of its own: a start with the archive takes 2.4 instead of 5.1 s of processor.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../support/until.ts';
import { once, type Assembled, type Major } from './assemble.ts';
import { ElasticNode, freePorts, makeHome } from './node.ts';

/** Flags of Java that make use of the archive of that version; none where it could not be made. */
export async function loadedAtOnce(major: Major, server: Assembled): Promise<string[]> {
  const folder = `${server.home}-classes`;
  await once(folder, async (draft) => {
    const home = join(draft, 'node');
    const [port, transport] = await freePorts(2);
    makeHome(home, server.home, [
      'network.host: 127.0.0.1',
      `http.port: ${port}`,
      `transport.port: ${transport}`,
      'discovery.type: single-node',
    ]);
    const node = new ElasticNode(home, port!, server, [`-XX:ArchiveClassesAtExit=${join(draft, 'classes.jsa')}`]);
    node.start();
    try {
      await until(`Elasticsearch ${major} answers`, async () => {
        if (node.ended) throw new Error(`Elasticsearch ended: ${node.log.slice(-2000)}`);
        return (await fetch(`${node.url}/_cluster/health`)).ok;
      });
    } finally {
      await node.kill('SIGTERM'); // an end in order writes the archive
    }
    rmSync(home, { recursive: true });
  });
  const archive = join(folder, 'classes.jsa');
  return existsSync(archive) ? [`-XX:SharedArchiveFile=${archive}`, '-Xlog:cds=off', '-Xlog:aot=off'] : [];
}
