// Because what, and what comes next and when: the hub's reason as a sentence that counts down.
import type { VNode } from 'preact';
import type { Reason } from '../../../src/model/app/app.ts';
import { rich, t } from '../../words/i18n.tsx';
import { hubNow, tenth } from '../../hub/ticks.ts';
import { Coded } from '../coded.tsx';
import { Left } from '../time.tsx';

type Next = NonNullable<Reason['next']>;

function When({ at }: { at: number }): VNode {
  void tenth.value;
  return at > hubNow() ? (
    rich('next.in', {
      left: (
        <b>
          <Left at={at} />
        </b>
      ),
    })
  ) : (
    <>{t('next.any')}</>
  );
}

/** "starts again after 37 s": the countdown says it better. */
const delay = / (?:after|in) [\d.]+ (?:ms|s|min|h|d)$/;

/** "Next: starts again in 1.6 s." */
export const WhatNext = ({ next }: { next: Next | null }): VNode | null =>
  next ? (
    <>
      {' '}
      {t('next')}{' '}
      {next.at === null ? (
        next.what
      ) : (
        <>
          {next.what.replace(delay, '')} <When at={next.at} />
        </>
      )}
      .
    </>
  ) : null;

/** The hub's sentence, with what comes next behind it. */
export const Because = ({ reason }: { reason: Reason }): VNode => (
  <>
    <Coded text={sentence(reason.text)} />
    <WhatNext next={reason.next} />
  </>
);

/** A sentence begins large and ends in a point. */
export const sentence = (text: string): string =>
  text === '' ? '' : text[0]!.toUpperCase() + text.slice(1) + (/[.!?…]$/.test(text) ? '' : '.');
