// Because what, and what comes next and when: the hub's reason as a sentence that counts down.
import type { VNode } from 'preact';
import type { Reason } from '../../src/model/app.ts';
import { rich, t } from '../i18n.tsx';
import { hubNow, tenth } from '../ticks.ts';
import { Left } from './time.tsx';

export type Next = NonNullable<Reason['next']>;

function When({ at }: { at: number }): VNode {
  void tenth.value;
  return at > hubNow() ? rich('next.in', { left: <b><Left at={at} /></b> }) : <>{t('next.any')}</>;
}

/** "It starts again in 1.6 s." */
export const WhatNext = ({ next }: { next: Next | null }): VNode | null => (next ? <> {next.what}{next.at !== null && <> <When at={next.at} /></>}</> : null);

export const Because = ({ reason }: { reason: Reason }): VNode => <>{reason.text}<WhatNext next={reason.next} /></>;
