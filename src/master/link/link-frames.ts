// Which part of the master each frame of an agent goes to.
import type { AgentFrame } from '../../protocol/link.ts';
import type { Commands } from './commands.ts';
import type { Contents } from '../remote/contents.ts';
import type { MasterContext } from '../context.ts';
import type { Desired } from '../instances/desired.ts';
import type { Drains } from '../nodes/drains.ts';
import { takeMetrics, takeUsage } from '../instances/metrics.ts';
import type { NodeLink } from './node-link.ts';
import { SpooledEvents } from './spooled-events.ts';
import type { Nodes } from '../nodes/nodes.ts';
import type { ObservedInstances } from '../instances/observed.ts';

interface FrameParts {
  context: MasterContext;
  nodes: Nodes;
  observed: ObservedInstances;
  desired: Desired;
  commands: Commands;
  contents: Contents;
  drains: Drains;
  disconnect(node: string, code: number, reason: string): void;
}

export function dispatch({
  context,
  nodes,
  observed,
  desired,
  commands,
  contents,
  drains,
  disconnect,
}: FrameParts): (link: NodeLink, frame: Exclude<AgentFrame, { type: 'hello' | 'ack' }>) => void {
  const events = new SpooledEvents(context.events, context.warn, disconnect);
  return (link, frame) => {
    switch (frame.type) {
      case 'beat':
        nodes.beat(link, frame.sentMono, frame.load);
        observed.beat(link);
        break;
      case 'observed':
        if (!observed.apply(link, frame)) disconnect(link.node, 4002, 'a report is missing: say hello again');
        else if (frame.contents && link.obeys) contents.report(link.node, frame.contents);
        break;
      case 'facts':
        nodes.facts(link, frame.facts);
        break;
      case 'resync':
        desired.tellAll(link);
        break;
      case 'evacuate':
        if (link.obeys) drains.asked(link, frame);
        break;
      case 'result':
        commands.result(link, frame);
        break;
      case 'chunk':
        commands.chunk(link, frame);
        break;
      // History and figures of a node of another hub are that hub's: not taken, not acknowledged.
      case 'usage':
        takeUsage(context, link, frame.rows);
        break;
      case 'metrics':
        if (link.obeys) takeMetrics(context, link, frame.points);
        break;
      case 'events':
        if (link.obeys) events.take(link, frame);
        break;
    }
  };
}
