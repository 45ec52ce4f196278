// What an answer by which Elasticsearch refuses means: a StoreError with a stable code and a hint, and whether it may have been done all
// the same, which decides what may be sent again.
import { StoreError } from '../../store.ts';

/** `unsent`: the server has not done it. `unknown`: it may have, or still may. `refused`: it has not, and asking again is no use. */
type Fate = 'unsent' | 'unknown' | 'refused';

export interface Failure {
  error: StoreError;
  fate: Fate;
}

/** The reason that Elasticsearch gives, at the top of an answer or in one item of a bulk. */
export interface ServerReason {
  type?: string;
  reason?: string;
  root_cause?: ServerReason[];
}

/** An index of the hub is not there, or not under the name by which only this program writes. */
export class IndexGoneError extends StoreError {
  constructor(where: string, text: string, cause: unknown) {
    super(
      'store-unavailable',
      `An index of the hub is gone (Elasticsearch at ${where}: ${text})`,
      'The leading master makes it again from what it knows, within seconds. If it does not, its status says why.',
      { cause },
    );
  }
}

const notOursHint =
  "If it is about a mapping, an index of this prefix is not the hub's: delete or rename that, or give another --elastic-prefix.";

export const unavailable = (message: string, hint: string, cause?: unknown): StoreError =>
  new StoreError('store-unavailable', message, hint, { cause });

const full = (message: string, hint: string, cause?: unknown): StoreError =>
  new StoreError('store-full', message, hint, { cause });

const refusal = (said: string, hint: string, cause?: unknown): StoreError =>
  new StoreError('store-refused', `Elasticsearch refuses it: ${said}`, hint, { cause });

interface Answer {
  status: number;
  where: string;
  /** the reason of the server; may be empty */ text: string;
  /** who said what, as a part of a message */ said: string;
}

interface Meaning {
  fits: (answer: Answer) => boolean;
  fate: Fate;
  error: (answer: Answer, cause: unknown) => StoreError;
}

/** What an answer means: the first that fits. A reason says more than a status, so most of the reasons stand before. */
const meanings: Meaning[] = [
  {
    fits: ({ status }) => status === 401,
    fate: 'refused',
    error: ({ where }, cause) =>
      unavailable(
        `Elasticsearch at ${where} does not know this master (401)`,
        'Check --elastic-user and --elastic-password-file, or --elastic-api-key-file.',
        cause,
      ),
  },
  {
    fits: ({ text }) => /flood.stage|read-only.allow.delete/i.test(text),
    fate: 'refused',
    error: ({ said }, cause) =>
      full(
        `The disk of Elasticsearch is almost full: it takes no writes (${said})`,
        'Free space on its nodes; it lifts the block by itself, and writing goes on.',
        cause,
      ),
  },
  {
    // Nothing was written: what is asked again finds it when the leader has made it again.
    fits: ({ status, text }) => status === 404 && /index_not_found/.test(text),
    fate: 'unsent',
    error: ({ where, text }, cause) => new IndexGoneError(where, text, cause),
  },
  {
    // An 8 and a 9 say 400 or 500 for what is a wrong index.
    fits: ({ text }) => /mapper_exception|cannot be changed from type|\[enabled\] parameter/.test(text),
    fate: 'refused',
    error: ({ said }, cause) => refusal(said, notOursHint, cause),
  },
  {
    fits: ({ text }) => /index_closed/.test(text),
    fate: 'refused',
    error: ({ said }, cause) =>
      unavailable(`An index of the hub is closed (${said})`, 'Open it: POST /INDEX/_open.', cause),
  },
  {
    // Between the death of the elected node and the election of the next one: it passes, and nothing was done.
    fits: ({ text }) => /blocked by: \[SERVICE_UNAVAILABLE|master_not_discovered/i.test(text),
    fate: 'unsent',
    error: ({ where, text }, cause) =>
      unavailable(
        `Elasticsearch at ${where} has no elected node at this moment (${text})`,
        'It elects one within seconds, if more than half of its master-eligible nodes run: see _cat/nodes.',
        cause,
      ),
  },
  {
    fits: ({ text }) => /cluster_block_exception|blocked by/i.test(text),
    fate: 'refused',
    error: ({ said }, cause) =>
      unavailable(
        `An index of the hub takes no writes (${said})`,
        'Somebody or a policy made it read-only: set index.blocks.read_only and index.blocks.write of that index to null.',
        cause,
      ),
  },
  {
    fits: ({ text }) => /no space left|disk.*full/i.test(text),
    fate: 'unknown',
    error: ({ said }, cause) => full(`A disk of Elasticsearch is full (${said})`, 'Free space on its nodes.', cause),
  },
  {
    fits: ({ text }) => /maximum (normal )?shards open/i.test(text),
    fate: 'refused',
    error: ({ said }, cause) =>
      full(
        `Elasticsearch has as many shards as it may (${said})`,
        'Delete indices that are not needed, or raise cluster.max_shards_per_node.',
        cause,
      ),
  },
  {
    fits: ({ status }) => status === 403,
    fate: 'refused',
    error: ({ where, text }, cause) =>
      unavailable(
        `Elasticsearch at ${where} does not allow it (${text})`,
        'It takes monitor and manage_index_templates of the cluster, and read, write and manage on the indices of this prefix.',
        cause,
      ),
  },
  {
    fits: ({ status }) => status === 429,
    fate: 'unsent',
    error: ({ said }, cause) =>
      unavailable(`Elasticsearch is overloaded (${said})`, 'It goes on by itself; see its nodes.', cause),
  },
  {
    fits: ({ status }) => status === 503 || status === 408,
    fate: 'unknown',
    error: ({ said }, cause) =>
      unavailable(
        `Elasticsearch cannot do it now (${said})`,
        'Look at _cluster/health: is a master elected, are the shards there?',
        cause,
      ),
  },
  {
    fits: ({ status }) => status >= 500,
    fate: 'unknown',
    error: ({ said }, cause) => unavailable(said, 'See the log of Elasticsearch or of the proxy before it.', cause),
  },
  {
    fits: ({ text }) => /creates data streams only/.test(text),
    fate: 'refused',
    error: ({ said }, cause) =>
      refusal(said, 'Have that template spare the indices of this prefix, or lower its priority below 500.', cause),
  },
  {
    fits: ({ text }) => /no handler found for uri/.test(text),
    fate: 'refused',
    error: ({ said }, cause) =>
      refusal(said, 'Give --elastic without a path, but for that of a proxy which takes it away.', cause),
  },
];

/** What no meaning fits. */
const otherwise: Omit<Meaning, 'fits'> = {
  fate: 'refused',
  error: ({ said }, cause) => refusal(said, `See the reason. ${notOursHint}`, cause),
};

/** All reasons that the server gives, in one text. */
function textOf(given: ServerReason | string | undefined): string {
  if (typeof given === 'string') return given;
  const { type, reason, root_cause: roots } = given ?? {};
  return [type, reason, ...(roots ?? []).map((root) => root.reason)].filter(Boolean).join(': ');
}

/**
 * The failure behind an answer of the server.
 * @param where the addresses, without credentials
 */
export function ofAnswer(
  status: number,
  given: ServerReason | string | undefined,
  where: string,
  cause?: unknown,
): Failure {
  const text = textOf(given);
  const answer: Answer = { status, where, text, said: `Elasticsearch at ${where}: ${text || `HTTP ${status}`}` };
  const { fate, error } = meanings.find(({ fits }) => fits(answer)) ?? otherwise;
  return { fate, error: error(answer, cause) };
}
