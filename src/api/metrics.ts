// Prometheus figures, counted anew at each scrape from what the cluster shows anyway: nothing is kept between two scrapes.
import { Gauge, Registry, collectDefaultMetrics } from 'prom-client';
import { allPages } from './all-pages.ts';
import type { Cluster } from './cluster.ts';

const registry = new Registry();
let started = false;

function gauge(name: string, help: string, labelNames: string[] = []): Gauge {
  return (registry.getSingleMetric(name) as Gauge | undefined) ?? new Gauge({ name, help, labelNames, registers: [registry] });
}

function byLabel(name: string, help: string, label: string, values: Record<string, number>): void {
  const metric = gauge(name, help, [label]);
  metric.reset();
  for (const [key, value] of Object.entries(values)) metric.set({ [label]: key }, value);
}

/** The exposition text and its content type. */
export async function renderMetrics(cluster: Cluster, version: string): Promise<{ text: string; type: string }> {
  if (!started) { started = true; collectDefaultMetrics({ register: registry }); }
  const status = await cluster.status();
  const info = gauge('stathub_info', 'Always 1; role, version and hub as labels', ['role', 'version', 'hub']);
  info.reset();
  info.set({ role: status.role, version, hub: status.hub ?? '' }, 1);
  gauge('stathub_ready', '1 when it can take requests').set(cluster.notReady() === null ? 1 : 0);
  gauge('stathub_started_seconds', 'When the process started, epoch seconds').set(status.startedAt / 1000);
  if (status.term !== null) gauge('stathub_term', 'Term of the leadership').set(status.term);
  gauge('stathub_apps', 'Apps').set(status.apps);
  byLabel('stathub_nodes', 'Nodes by status', 'status', status.nodes);
  byLabel('stathub_instances', 'Instances by status', 'status', status.instances);
  const apps = await allPages((page) => cluster.apps('', page));
  const perApp = { wanted: gauge('stathub_app_wanted', 'Instances an app should have', ['app']), running: gauge('stathub_app_running', 'Instances running', ['app']), healthy: gauge('stathub_app_healthy', 'Instances running and healthy', ['app']) };
  for (const metric of Object.values(perApp)) metric.reset();
  for (const app of apps) for (const key of ['wanted', 'running', 'healthy'] as const) perApp[key].set({ app: app.name }, app.instances[key]);
  return { text: await registry.metrics(), type: registry.contentType };
}
