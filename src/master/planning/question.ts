// What is asked of placement, and who answers: the same in the main thread and in the planning thread.
import type { AppRecord, AppSpec } from '../../model/app/app.ts';
import { place } from '../../placement/place.ts';
import { preview } from '../../placement/preview.ts';
import type { Plan, Snapshot } from '../../placement/snapshot.ts';
import { whyPlacement } from '../../placement/why.ts';
import type { WhyPlacement } from '../../placement/why.ts';

/** `more`: slots beyond those in force, for the guess at how large the work is. */
export type Question =
  | { kind: 'plan'; more: 0 }
  /** As if this record and spec were in force. */
  | { kind: 'preview'; more: number; record: AppRecord; spec: AppSpec; hash: string }
  | { kind: 'why'; more: 0; app: string };

export interface Answers {
  plan: Plan;
  preview: ReturnType<typeof preview>;
  why: WhyPlacement;
}

function inForce(snapshot: Snapshot, { record, spec, hash }: Extract<Question, { kind: 'preview' }>): Snapshot {
  const others = snapshot.apps.filter((app) => app.record.name !== record.name);
  const app = snapshot.apps.find((each) => each.record.name === record.name);
  const older = new Map(app?.older);
  if (app && app.record.revision !== record.revision) older.set(app.record.revision, app.spec);
  return {
    ...snapshot,
    apps: [
      ...others,
      { slots: [], seen: new Map(), tombstones: [], held: new Map(), ...app, record, spec, hash, older },
    ],
  };
}

export function answer(snapshot: Snapshot, question: Question): Answers[Question['kind']] {
  switch (question.kind) {
    case 'plan':
      return place(snapshot);
    case 'preview':
      return preview(inForce(snapshot, question), question.record.name);
    case 'why':
      return whyPlacement(snapshot, question.app);
  }
}
