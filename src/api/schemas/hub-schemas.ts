// JSON Schemas of the hub itself: problems, reasons, events, status, what is stored, tokens, the inspector.
import { int, list, map, object, one, or, page, ref, text, time, yes } from './notation.ts';

const subject = object({ app: text, instance: text, slot: int, node: text }, ['app', 'instance', 'slot', 'node']);

const token = { id: text, name: text, role: one('read', 'deploy', 'admin', 'node'), createdAt: time };

export const hubSchemas = {
  Problem: object({
    type: text,
    title: text,
    status: int,
    code: text,
    detail: text,
    hint: text,
    errors: list(ref('FieldProblem')),
  }),
  FieldProblem: object({ path: text, message: text, hint: text }, ['hint']),
  Reason: object({ code: text, text, next: or(object({ what: text, at: or(time) })) }),
  Event: object({
    seq: int,
    at: time,
    kind: text,
    subject,
    message: text,
    loudness: one('quiet', 'moving', 'attention'),
    detail: { type: 'object' },
  }),
  EventList: object({ items: list(ref('Event')), total: or(int), from: int, size: int, oldest: int, newest: int }),
  Status: object({
    name: text,
    role: one('master', 'agent'),
    version: text,
    hub: or(text),
    term: or(int),
    startedAt: time,
    phase: text,
    store: or(
      object({
        kind: text,
        detail: text,
        trouble: or(object({ code: text, message: text, hint: text, since: time })),
      }),
    ),
    masters: list(object({ address: text, host: text })),
    nodes: map(int),
    apps: int,
    instances: map(int),
    notices: list(object({ code: text, text, at: time })),
  }),
  CollectionList: page(object({ name: text, count: int, bytes: or(int), about: yes }, ['about'])),
  DocumentList: object(
    {
      items: list(object({ key: text, version: text, doc: { type: 'object' } })),
      total: int,
      from: int,
      size: int,
      about: yes,
    },
    ['about'],
  ),
  ActorList: page(
    object({
      id: text,
      parent: or(text),
      machine: text,
      label: text,
      where: text,
      state: text,
      status: one('active', 'done', 'error', 'stopped'),
      at: time,
    }),
  ),
  HttpSd: list(object({ targets: list(text), labels: map(text) })),
  TokenList: page(object(token)),
  NewToken: object({ name: text, role: token.role }, ['name']),
  MadeToken: object({ ...token, token: text }),
  Anything: { type: 'object' },
};
