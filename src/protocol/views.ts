// Answers of the API that are more than a record: a plan, a why, the status of a hub.
import type { AppNote } from '../model/app/app-notes.ts';
import type { Reason } from '../model/app/app.ts';
import type { ClusterEvent } from '../model/event.ts';

/** What a change to an app would do, without doing it. */
export interface PlanView {
  app: string;
  changes: { path: string; before: unknown; after: unknown; restarts: boolean }[];
  steps: {
    slot: number;
    what: 'place' | 'stop' | 'replace' | 'keep' | 'wait' | 'move';
    node: string | null;
    reason: string;
  }[];
  summary: string;
  waiting: WhyView['waiting'];
  /** What is worth knowing of the app itself. */
  notes?: AppNote[];
}

/** Why an app or instance is as it is: `stathub why`. */
export interface WhyView {
  subject: string;
  status: string;
  reason: Reason | null;
  /** Funnel: nodes left after each clause or resource, in order. */
  funnel: { step: string; left: number; lost: string[] }[];
  /** "db-3 lacks 200 MB" */
  nearest: string[];
  waiting: { slot: number; reason: string }[];
  decisions: {
    at: number;
    slot: number;
    node: string | null;
    text: string;
    scores: { node: string; score: number; parts: Record<string, number> }[];
  }[];
  events: ClusterEvent[];
}

/** Why the store takes no writes. `since`: the first failure in a row, epoch ms. */
export interface TroubleView {
  code: string;
  message: string;
  hint: string;
  since: number;
}

export interface StatusView {
  name: 'stathub';
  role: 'master' | 'agent';
  version: string;
  hub: string | null;
  term: number | null;
  startedAt: number;
  phase: string;
  store: { kind: string; detail: string; trouble: TroubleView | null } | null;
  /** Those that share the store, the leader first; empty: there is but one. */
  masters: { address: string; host: string }[];
  nodes: Record<string, number>;
  apps: number;
  instances: Record<string, number>;
  notices: { code: string; text: string; at: number }[];
}
