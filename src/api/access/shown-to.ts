// Who is shown secrets: everybody but the role read. What is masked for all is masked where it is made: events (master/events.ts),
// kept documents (api/routes/data.ts), what the inspector shows (live/bounded.ts).
import { maskSecrets } from '../../model/secrets.ts';
import type { Caller } from '../cluster.ts';

export const isMasked = (caller: Caller): boolean => caller.role === 'read';

/** The value as the caller may see it. */
export const shownTo = <T>(caller: Caller, value: T): T => (isMasked(caller) ? maskSecrets(value) : value);
