// What is shown of an instance: a pure function of its record and its machine's snapshot.
import type { Reason } from '../../../model/app/app.ts';
import type { HealthView, InstanceStatus, InstanceView } from '../../../model/instance/instance.ts';
import { pendingView } from '../../../model/instance/pending-view.ts';
import { doesNotEnd, reasonFor, type ReasonFacts } from '../../../model/instance/reason.ts';
import { statePath, toStatus } from '../../../model/instance/instance-status.ts';
import type { InstanceContext } from '../../../../machines/instance/facts.ts';
import { withoutCredentials } from '../../effects/content/fetch-error.ts';
import type { Entry } from '../entry.ts';

const healthOf = (context: InstanceContext): HealthView[] =>
  context.checks.map(({ index, role, status, failures, at, detail }) => ({
    index,
    role,
    status,
    failures,
    at,
    detail,
  }));
const because = {
  stop: 'stop',
  update: 'update',
  restart: 'restart',
  unhealthy: 'unhealthy',
  'start-timeout': 'start-timeout',
  disk: 'quota',
  oom: 'quota',
  partition: 'partition',
} as const;

const urisOf = ({ record: { spec } }: Entry): string => spec.uris.map(({ uri }) => withoutCredentials(uri)).join(', ');

function reasonOf(entry: Entry, context: InstanceContext, status: InstanceStatus): Reason | null {
  const { killing, plan, launch, policy, fetch } = context;
  if (status === 'killing' && context.stuck)
    return {
      code: 'stuck',
      text: `A process of it ${doesNotEnd}.`,
      next: { what: 'is watched until it ends', at: null },
    };
  const facts: ReasonFacts = {
    status,
    exit: context.exit,
    health: healthOf(context),
    failed: context.failed,
    restart: plan,
    severed: context.partition === 'severed',
    asking: context.askingUntil === null ? null : { until: context.askingUntil },
    stop: killing && { because: because[killing.reason], by: killing.by, killAt: killing.at + policy.killTimeoutMs },
    fetch: fetch && {
      uri: urisOf(entry),
      detail: fetch.detail,
      code: fetch.code,
      retryAt: null,
      delayMs: fetch.delayMs,
    },
    fetching: entry.fetching ?? (fetch ? null : urisOf(entry)),
    astray: entry.astray && entry.astray.launch === launch?.launch ? entry.astray : null,
    clearing: statePath(entry.snapshot!.value) === 'restarting.clearing',
    deadlineAt: launch && context.pid !== null ? launch.at + policy.startTimeoutMs : null,
  };
  return reasonFor(facts);
}

/** @param node the node's id */
export function viewOf(entry: Entry, node: string): InstanceView {
  const {
    record: { assignment },
    snapshot,
  } = entry;
  const shared = {
    id: assignment.id,
    app: assignment.app,
    slot: assignment.slot,
    place: assignment.place,
    node,
    revision: assignment.revision,
    epoch: assignment.epoch,
    owner: assignment.owner,
    goal: assignment.goal,
    usage: entry.usage,
    at: entry.changedAt,
  };
  if (!snapshot) {
    const status = assignment.goal === 'stop' ? 'stopped' : 'pending';
    return {
      ...pendingView(assignment, node, reasonFor({ status } as ReasonFacts), entry.changedAt),
      status,
      usage: entry.usage,
    };
  }
  const { context } = snapshot;
  const machineStatus = toStatus(snapshot.value);
  const running = context.pid !== null;
  const status = entry.unnamed && running ? 'unknown' : machineStatus;
  return {
    ...shared,
    status,
    state: statePath(snapshot.value),
    pid: context.pid,
    user: running ? (entry.program.run?.user?.name ?? null) : null,
    ports: context.launch?.ports ?? [],
    debugPort: context.launch?.debugPort ?? null,
    consolePort: context.launch?.consolePort ?? null,
    startedAt: running ? context.launch!.at : null,
    readyAt: running ? (context.ready?.at ?? null) : null,
    restarts: context.launch?.restarts ?? 0,
    launch: context.launch?.launch ?? 0,
    exit: context.exit,
    health: healthOf(context),
    escalated: machineStatus === 'running' ? null : context.escalated,
    reason:
      status === 'unknown' ? reasonFor({ status: 'unknown' } as ReasonFacts) : reasonOf(entry, context, machineStatus),
  };
}
