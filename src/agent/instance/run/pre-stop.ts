// What an app has done before its program is asked to end (`preStop`): a command, or a POST to a URL. It has its own time within
// the kill timeout, which runs meanwhile; whatever comes of it is an event, and the kill signal follows.
import type { PreStopSpec } from '../../../model/app/app.ts';
import { expandArguments } from '../../../model/app/environment.ts';
import { fetchFailure } from '../../../model/errors.ts';
import { showSpan } from '../../../model/sizes.ts';
import type { AgentContext } from '../../context.ts';
import type { ProbeAnswer } from '../../effects/probes.ts';
import { latePart } from '../../effects/late-parts.ts';
import { planOf } from './launch-plan.ts';
import type { InstanceRecord, LaunchRecord } from '../records.ts';

const beside = latePart(() => import('../../effects/launch/beside.ts'));
/** Its part of the kill timeout where the app does not say; at most this much of it in any case. */
const usual = 0.5;
const most = 0.9;

/** ms that a preStop may take. */
export const preStopMs = ({ timeoutSeconds }: PreStopSpec, killTimeoutMs: number): number =>
  Math.min(timeoutSeconds === null ? killTimeoutMs * usual : timeoutSeconds * 1000, killTimeoutMs * most);

/**
 * Never throws: what fails is told.
 * @param directory the instance's
 */
export async function beforeStop(
  context: AgentContext,
  record: InstanceRecord,
  launch: LaunchRecord,
  directory: string,
  spec: PreStopSpec,
  killTimeoutMs: number,
): Promise<void> {
  const { id, app, slot } = record.assignment;
  const at = Date.now();
  const limitMs = preStopMs(spec, killTimeoutMs);
  const limit = AbortSignal.timeout(limitMs);
  let answer: ProbeAnswer;
  try {
    const plan = planOf(context, record, launch, directory);
    if ('url' in spec) {
      const [url] = expandArguments([spec.url], plan.environment);
      answer = await post(url!, limit);
    } else {
      const { runBeside } = await beside();
      answer = await runBeside(plan, context.tools, expandArguments(spec.command, plan.environment), limit);
    }
  } catch (error) {
    answer = { ok: false, detail: limit.aborted ? `not done within ${showSpan(limitMs)}` : fetchFailure(error) };
  }
  context.tell({
    at: Date.now(),
    kind: 'instance.preStop',
    subject: { app, instance: id, slot, node: context.node },
    loudness: answer.ok ? 'quiet' : 'attention',
    message:
      `preStop of ${app}.${slot} ${answer.ok ? 'is done' : 'failed'} after ${showSpan(Date.now() - at)} (` +
      `${answer.detail}); its kill signal follows`,
    detail: { ok: answer.ok },
  });
}

async function post(url: string, signal: AbortSignal): Promise<ProbeAnswer> {
  const response = await fetch(url, { method: 'POST', signal, redirect: 'manual' });
  await response.body?.cancel();
  return { ok: response.ok, detail: `HTTP ${response.status}` };
}
