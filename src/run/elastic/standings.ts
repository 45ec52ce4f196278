// What is answered by a master that does not lead: why, and where to ask instead.
import type { LeaseDoc } from '../../store/elasticsearch/leading/lease-doc.ts';
import { StoreError } from '../../store/store.ts';
import type { Standing } from './standby.ts';

export const connecting: Standing = {
  because: 'The master is connecting to Elasticsearch',
  hint: 'Ask again in a moment.',
  leader: null,
  code: 'starting',
};

export const reading: Standing = {
  because: 'The master is reading its store',
  hint: 'Ask again in a moment.',
  leader: null,
  code: 'starting',
};

export const ceased: Standing = {
  because: 'The master has just ceased to lead',
  hint: 'Ask again in a moment.',
  leader: null,
};

/** Nobody is known to lead: to name another master here would send people the wrong way. */
export const unavailable = ({ message, hint }: StoreError): Standing => ({
  because: message,
  hint,
  leader: null,
  code: 'store-unavailable',
});

/** Of a master that won the lease and could not lead all the same. */
export const unable = (error: Error): Standing =>
  error instanceof StoreError
    ? unavailable(error)
    : { because: error.message, hint: 'It tries again by itself.', leader: null, code: 'starting' };

/** Of one that stands by. @param trouble why the lease could not be looked at */
export function standingBy(leader: LeaseDoc | null, trouble: StoreError | null): Standing {
  if (trouble) return unavailable(trouble);
  if (!leader?.holder) return { because: 'Nobody leads yet', hint: 'Ask again in a moment.', leader: null };
  if (!URL.canParse(leader.address))
    return { because: `The store is held by ${leader.address}`, hint: 'It leads when that has ended.', leader: null };
  return {
    because: `This master stands by: the one at ${leader.address} leads`,
    hint: `Ask there: ${leader.address}`,
    leader: leader.address,
  };
}
