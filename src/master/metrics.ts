// Per-minute figures that agents report, kept by subject: `node/<id>`, `instance/<id>`.
import type { AgentFrame } from '../protocol/link.ts';
import type { MasterContext } from './context.ts';
import type { NodeLink } from './node-link.ts';

type Points = Extract<AgentFrame, { type: 'metrics' }>['points'];
/** Subjects of one frame; an agent has far fewer instances. */
const MOST = 20_000;

/** Writes what a node may report: its own figures and those of its instances. Points of the same minute replace each other. */
export function takeMetrics(context: MasterContext, link: NodeLink, points: Points): void {
  const bySubject = new Map<string, Points>();
  for (const point of points.slice(0, MOST)) {
    const [kind, id] = [point.subject.slice(0, point.subject.indexOf('/')), point.subject.slice(point.subject.indexOf('/') + 1)];
    const own = (kind === 'node' && id === link.node) || (kind === 'instance' && context.view.instances.get(id)?.node === link.node);
    if (!own) continue; // an instance that is gone meanwhile, or not its own
    const known = bySubject.get(point.subject);
    if (known) known.push(point);
    else bySubject.set(point.subject, [point]);
  }
  for (const [subject, own] of bySubject) {
    context.store.addPoints(subject, own.map(({ minute, values }) => ({ minute, values })))
      .catch((error: unknown) => context.warn(`the figures of ${subject} are not written`, error));
  }
}
