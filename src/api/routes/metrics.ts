// Prometheus figures, counted anew at each scrape from what the cluster shows anyway: nothing is kept between two scrapes.
import { Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import { allPages } from '../answers/all-pages.ts';
import type { Cluster } from '../cluster.ts';

const registry = new Registry();
let started = false;

function gauge(name: string, help: string, labelNames: string[] = []): Gauge {
  return (
    (registry.getSingleMetric(name) as Gauge | undefined) ??
    new Gauge({ name, help, labelNames, registers: [registry] })
  );
}

function byLabel(name: string, help: string, label: string, values: Record<string, number>): void {
  const metric = gauge(name, help, [label]);
  metric.reset();
  for (const [key, value] of Object.entries(values)) metric.set({ [label]: key }, value);
}

/** The exposition text and its content type. */
export async function renderMetrics(cluster: Cluster, version: string): Promise<{ text: string; type: string }> {
  if (!started) {
    started = true;
    collectDefaultMetrics({ register: registry });
  }
  const status = await cluster.status();
  const info = gauge('stathub_info', 'Always 1; role, version and hub as labels', ['role', 'version', 'hub']);
  info.reset();
  info.set({ role: status.role, version, hub: status.hub ?? '' }, 1);
  gauge('stathub_ready', '1 when it can take requests').set(cluster.notReady() === null ? 1 : 0);
  gauge('stathub_started_seconds', 'When the process started, epoch seconds').set(status.startedAt / 1000);
  if (status.store) {
    gauge('stathub_store_trouble', '1 while the store does not take writes').set(status.store.trouble ? 1 : 0);
  }
  if (status.term !== null) gauge('stathub_term', 'Term of the leadership').set(status.term);
  gauge('stathub_apps', 'Apps').set(status.apps);
  byLabel('stathub_nodes', 'Nodes by status', 'status', status.nodes);
  byLabel('stathub_instances', 'Instances by status', 'status', status.instances);
  const apps = await allPages((page) => cluster.apps('', page));
  const perApp = {
    wanted: gauge('stathub_app_wanted', 'Instances an app should have', ['app']),
    running: gauge('stathub_app_running', 'Instances running', ['app']),
    healthy: gauge('stathub_app_healthy', 'Instances running and healthy', ['app']),
  };
  for (const metric of Object.values(perApp)) metric.reset();
  for (const app of apps)
    for (const key of ['wanted', 'running', 'healthy'] as const) perApp[key].set({ app: app.name }, app.instances[key]);
  await instanceFigures(cluster);
  return { text: await registry.metrics(), type: registry.contentType };
}

/** Above this many instances only their apps' sums are told: a series each would be too many for whoever scrapes. */
const mostInstances = 2000;

const ofInstance = {
  cpu: gauge('stathub_instance_cpu_cores', 'Cores an instance uses', ['app', 'slot', 'instance', 'node']),
  mem: gauge('stathub_instance_memory_bytes', 'Memory an instance uses', ['app', 'slot', 'instance', 'node']),
  memShare: gauge('stathub_instance_memory_ratio', 'Memory an instance uses, of its resAlloc.mem', [
    'app',
    'slot',
    'instance',
    'node',
  ]),
  fds: gauge('stathub_instance_open_fds', 'Descriptors an instance has open', ['app', 'slot', 'instance', 'node']),
  processes: gauge('stathub_instance_processes', 'Processes of an instance', ['app', 'slot', 'instance', 'node']),
  ioRead: gauge('stathub_instance_read_bytes', 'Bytes read from disks since the launch began', [
    'app',
    'slot',
    'instance',
    'node',
  ]),
  ioWrite: gauge('stathub_instance_written_bytes', 'Bytes written to disks since the launch began', [
    'app',
    'slot',
    'instance',
    'node',
  ]),
};
const restarts = gauge('stathub_instance_restarts', 'Restarts of an instance in place', [
  'app',
  'slot',
  'instance',
  'node',
]);
const sums = {
  cpu: gauge('stathub_app_cpu_cores', 'Cores the instances of an app use', ['app']),
  mem: gauge('stathub_app_memory_bytes', 'Memory the instances of an app use', ['app']),
};
const ofNode = {
  cpu: gauge('stathub_node_cpu_ratio', 'Part of its cores that a node uses', ['node']),
  memUsed: gauge('stathub_node_memory_used_bytes', 'Memory that a node uses', ['node']),
  diskUsed: gauge('stathub_node_disk_used_bytes', 'Disk that a node uses', ['node']),
};

/** What instances, apps and nodes use, as last reported. */
async function instanceFigures(cluster: Cluster): Promise<void> {
  for (const metric of [...Object.values(ofInstance), restarts, ...Object.values(sums), ...Object.values(ofNode)])
    metric.reset();
  const instances = await allPages((page) => cluster.instances('', page));
  const nodes = await allPages((page) => cluster.nodes('', page));
  for (const { app, slot, id, node, usage, restarts: n, pid } of instances) {
    for (const key of ['cpu', 'mem'] as const) if (usage?.[key] != null) sums[key].inc({ app }, usage[key]);
    if (instances.length > mostInstances || pid === null) continue;
    const labels = { app, slot: String(slot), instance: id, node };
    for (const [key, metric] of Object.entries(ofInstance)) {
      const value = usage?.[key as keyof typeof ofInstance];
      if (value != null) metric.set(labels, value);
    }
    restarts.set(labels, n);
  }
  for (const { id, load } of nodes)
    if (load) for (const key of ['cpu', 'memUsed', 'diskUsed'] as const) ofNode[key].set({ node: id }, load[key]);
}
