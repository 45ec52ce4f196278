// Who is let in: the rules of a hello that need no look at the store, and what it makes of a record.
import type { NodeFacts, NodeRecord } from '../../model/node.ts';
import type { Hello } from '../../protocol/link.ts';
import type { NodeEntry } from '../entries.ts';
import type { Admission } from '../link/connection.ts';

type Refused = Extract<Admission, { admitted: false }>;

/** It is part of keys and paths. */
const nodeId = /^[A-Za-z0-9][\w.-]{0,99}$/;

/** Why a node is not let in; null: it may be. @param linked the line that this node has already */
export function refusalOf(hello: Hello, known: NodeEntry | undefined, linked: { run: number } | null): Refused | null {
  if (!nodeId.test(hello.node)) {
    return {
      admitted: false,
      code: 'invalid-request',
      final: true,
      detail: 'This is no node id',
      hint: 'A node id has 1-100 of letters, digits, _ . and -',
    };
  }
  if (known && known.record.doc.machineId !== hello.machine) {
    return {
      admitted: false,
      code: 'node-id-in-use',
      final: true,
      detail: `Node id ${hello.node} is ${known.record.doc.facts.hostname}'s (machine ${known.record.doc.machineId})`,
      hint: 'Its store directory is a copy. An empty one mints a new id: stathub agent --store-directory DIR',
    };
  }
  if (linked && linked.run > hello.run) {
    return {
      admitted: false,
      code: 'superseded',
      final: true,
      detail: `A newer agent of node ${hello.node} is connected (run ${linked.run}, this is ${hello.run})`,
      hint: 'End the older one.',
    };
  }
  return null;
}

/** The agent had seen more of this hub than its store has. */
export const startingAgain: Refused = {
  admitted: false,
  code: 'starting',
  final: false,
  detail: 'This hub began a new term',
  hint: 'Say hello again.',
};

/** @param known what is stored of the node; absent: it comes for the first time  @param now epoch ms */
export function recordOf(
  hello: Hello,
  facts: NodeFacts,
  known: NodeRecord | undefined,
  now: number,
  term: number,
): NodeRecord {
  return {
    tags: null,
    envs: {},
    cordoned: false,
    drain: null,
    ...known,
    id: hello.node,
    machineId: hello.machine,
    facts,
    run: hello.run,
    beatAt: now,
    term,
  };
}
