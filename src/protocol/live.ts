// Frames of the dashboard's one WebSocket, `/v1/live`: JSON text both ways. Topics: cluster, app:NAME, node:ID,
// instance:ID, events, logs:INSTANCE, inspect:ACTOR, actors.
import { z } from 'zod';
import type { AppView } from '../model/app/app.ts';
import type { ClusterEvent } from '../model/event.ts';
import type { InstanceView } from '../model/instance/instance.ts';
import type { NodeView } from '../model/node.ts';
import type { UsageRow } from '../model/instance/usage.ts';
import type { StatusView } from './views.ts';

/** A machine as the inspector draws it: states in document order, edges with their labels. Same for all actors of one machine. */
export interface ChartView {
  id: string;
  states: {
    path: string;
    parent: string | null;
    type: 'atomic' | 'compound' | 'parallel' | 'final' | 'history';
    initial: boolean;
    description: string | null;
  }[];
  edges: {
    id: string;
    from: string;
    to: string | null;
    event: string;
    guard: string | null;
    kind: 'event' | 'after' | 'always' | 'done' | 'error';
  }[];
}

/** One actor in the tree. `parent` is the declared parent (the supervisor, agent or master), not XState's. */
export interface ActorView {
  id: string;
  parent: string | null;
  machine: string;
  label: string;
  where: string;
  state: string;
  status: 'active' | 'done' | 'error' | 'stopped';
  at: number;
}

/** One step of a watched actor. The first frame of a watch has `chart` and no edge. */
export interface InspectFrame {
  actor: string;
  machine: string;
  chart?: ChartView;
  /** Numbered within this actor, from 1. */
  seq: number;
  at: number;
  event: string;
  /** Edge ids taken, in order. */
  edges: string[];
  /** Active state paths. */
  state: string[];
  context: unknown;
  /** From whom the event came, where known. */
  source: string | null;
  /** Times each state was entered, and when last, since the watch's actor started being watched. */
  status: 'active' | 'done' | 'error' | 'stopped';
}

export const clientFrame = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('watch'),
    topic: z.string().max(300),
    /** events: replay after this number; logs: tail lines. */
    after: z.number().int().optional(),
    tail: z.number().int().min(0).max(5000).optional(),
    stream: z.enum(['stdout', 'stderr', 'both']).optional(),
  }),
  z.object({ type: z.literal('unwatch'), topic: z.string().max(300) }),
  z.object({ type: z.literal('ping') }),
]);
export type ClientFrame = z.infer<typeof clientFrame>;

/**
 * To the browser. `snapshot` is the whole state of a topic, `change` only what differs: items by id, null = gone.
 * Topic `cluster` carries status, apps, nodes and instances (instances in a reduced form only above 2,000).
 */
export type ServerFrame =
  | { type: 'hello'; version: string; role: 'master' | 'agent'; at: number }
  | {
      type: 'snapshot';
      topic: string;
      at: number;
      status?: StatusView;
      apps?: AppView[];
      nodes?: NodeView[];
      instances?: InstanceView[];
      events?: ClusterEvent[];
      actors?: ActorView[];
    }
  | {
      type: 'change';
      topic: string;
      at: number;
      status?: StatusView;
      apps?: Record<string, AppView | null>;
      nodes?: Record<string, NodeView | null>;
      instances?: Record<string, InstanceView | null>;
      /** Of instances that are as they were (model/instance/usage.ts). */
      usage?: Record<string, UsageRow>;
      events?: ClusterEvent[];
      actors?: Record<string, ActorView | null>;
    }
  | {
      type: 'log';
      topic: string;
      stream: 'stdout' | 'stderr';
      cursor: number;
      /** UTF-8 text, broken bytes as U+FFFD. */
      text: string;
    }
  | { type: 'inspect'; topic: string; frame: InspectFrame }
  | { type: 'problem'; topic: string | null; code: string; detail: string }
  | { type: 'pong' };
