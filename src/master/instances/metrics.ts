// What agents measure: figures by the minute, kept by subject (`node/<id>`, `instance/<id>`), and samples, which are only shown.
import type { AgentFrame } from '../../protocol/link.ts';
import type { MasterContext } from '../context.ts';
import type { UsageRow } from '../../model/instance/usage.ts';
import { ofRow } from '../../model/instance/usage.ts';
import type { NodeLink } from '../link/node-link.ts';

type Points = Extract<AgentFrame, { type: 'metrics' }>['points'];
/** Subjects of one frame; an agent has far fewer instances. */
const mostSubjects = 20_000;

/** Writes what a node may report: its own figures and those of its instances. Points of the same minute replace each other. */
export function takeMetrics(context: MasterContext, link: NodeLink, points: Points): void {
  const bySubject = new Map<string, Points>();
  for (const point of points.slice(0, mostSubjects)) {
    const [kind, id] = [
      point.subject.slice(0, point.subject.indexOf('/')),
      point.subject.slice(point.subject.indexOf('/') + 1),
    ];
    const own =
      (kind === 'node' && id === link.node) ||
      (kind === 'instance' && context.view.instances.get(id)?.node === link.node);
    if (!own) continue; // an instance that is gone meanwhile, or not its own
    const known = bySubject.get(point.subject);
    if (known) known.push(point);
    else bySubject.set(point.subject, [point]);
  }
  for (const [subject, own] of bySubject) {
    context.store
      .addPoints(
        subject,
        own.map(({ minute, values }) => ({ minute, values })),
      )
      .catch((error: unknown) => context.warn(`the figures of ${subject} are not written`, error));
  }
}

/** Shows what the instances of a node use now. */
export function takeUsage({ view }: MasterContext, link: NodeLink, rows: Record<string, UsageRow>): void {
  for (const [id, row] of Object.entries(rows)) {
    const entry = view.instances.get(id);
    const usage = entry?.node === link.node ? ofRow(row) : null;
    if (!entry || !usage || entry.view.pid === null) continue; // it has ended meanwhile
    entry.view = { ...entry.view, usage };
    view.changes.mark('usage', id);
  }
}
