// JSON Schemas of apps: what is declared, its revisions, plans for it, and why it is as it is.
import { appJsonSchema } from '../../model/app/app-json-schema.ts';
import { int, list, map, object, one, or, page, real, ref, text, time, yes } from './notation.ts';
import type { Schema } from './notation.ts';

const placement = object({
  query: text,
  scale: int,
  spread: list(text),
  maxPerNode: or(int),
  prefer: list(text),
  with: list(text),
  notWith: list(text),
  onPartition: one('replace', 'wait', 'stop-self'),
});
const waiting = list(object({ slot: int, reason: text }));
/** Only where there are any. */
const notes = list(object({ path: text, message: text }));

/** An app as a person may write it. */
function appSpec(): Schema {
  const { $schema: _, ...schema } = appJsonSchema();
  return schema;
}

/** A function, as a schema is made from that of apps. */
export const appSchemas = () => ({
  AppSpec: appSpec(),
  App: object(
    {
      name: text,
      revision: int,
      scale: int,
      start: yes,
      deleting: yes,
      restartedAt: or(time),
      createdAt: time,
      updatedAt: time,
      status: one('running', 'deploying', 'degraded', 'waiting', 'failed', 'stopped', 'deleting'),
      reason: or(ref('Reason')),
      spec: ref('AppSpec'),
      owner: one('hub', 'local'),
      instances: object({ wanted: int, running: int, healthy: int, total: int }),
      version: text,
      notes,
    },
    ['notes'],
  ),
  AppList: page(ref('App')),
  Placement: placement,
  Scale: object({ scale: { type: 'integer', minimum: 0 } }),
  Rollback: object({ revision: { type: 'integer', minimum: 1 } }),
  Revision: object({
    app: text,
    revision: int,
    hash: text,
    spec: ref('AppSpec'),
    contents: map(object({ sha256: text, size: int })),
    createdAt: time,
    createdBy: text,
  }),
  RevisionList: page(ref('Revision')),
  Plan: object(
    {
      app: text,
      changes: list(object({ path: text, before: {}, after: {}, restarts: yes })),
      steps: list(
        object({
          slot: int,
          what: one('place', 'stop', 'replace', 'keep', 'wait', 'move'),
          node: or(text),
          reason: text,
        }),
      ),
      summary: text,
      waiting,
      notes,
    },
    ['notes'],
  ),
  Discovery: object({
    app: text,
    revision: int,
    routes: list(text),
    endpoints: list(
      object({
        instance: text,
        slot: int,
        node: text,
        host: text,
        revision: int,
        ports: list(object({ index: int, name: or(text), port: int, address: text })),
      }),
    ),
  }),
  Why: object({
    subject: text,
    status: text,
    reason: or(ref('Reason')),
    funnel: list(object({ step: text, left: int, lost: list(text) })),
    nearest: list(text),
    waiting,
    decisions: list(
      object({
        at: time,
        slot: int,
        node: or(text),
        text,
        scores: list(object({ node: text, score: real, parts: map(real) })),
      }),
    ),
    events: list(ref('Event')),
  }),
});
