// Turns what the client throws and what a server refuses into a StoreError with a stable code and a hint, and says of each
// failed request whether it may have been done all the same: that decides what may be sent again.
import { StoreError } from '../store.ts';

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

const unsentReason = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|Connect Timeout|CONNECT_TIMEOUT/;
const certificateReason = /certificate|self.signed|unable to (verify|get)|altnames|SELF_SIGNED|CERT_/i;
const notTlsReason = /wrong version number|EPROTO|packet length too long/i;

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

const unavailable = (message: string, hint: string, cause?: unknown): StoreError =>
  new StoreError('store-unavailable', message, hint, { cause });

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
  const reason: ServerReason = typeof given === 'string' ? { reason: given } : (given ?? {});
  const text = [reason.type, reason.reason, ...(reason.root_cause ?? []).map((root) => root.reason)]
    .filter(Boolean)
    .join(': ');
  const said = `Elasticsearch at ${where}: ${text || `HTTP ${status}`}`;
  if (status === 401) {
    return {
      fate: 'refused',
      error: unavailable(
        `Elasticsearch at ${where} does not know this master (401)`,
        'Check --elastic-user and --elastic-password-file, or --elastic-api-key-file.',
        cause,
      ),
    };
  }
  if (/flood.stage|read-only.allow.delete/i.test(text)) {
    return {
      fate: 'refused',
      error: new StoreError(
        'store-full',
        `The disk of Elasticsearch is almost full: it takes no writes (${said})`,
        'Free space on its nodes; it lifts the block by itself, and writing goes on.',
        { cause },
      ),
    };
  }
  // Nothing was written: what is asked again finds it when the leader has made it again.
  if (status === 404 && /index_not_found/.test(text))
    return { fate: 'unsent', error: new IndexGoneError(where, text, cause) };
  // An 8 and a 9 say 400 or 500 for what is a wrong index.
  if (/mapper_exception|cannot be changed from type|\[enabled\] parameter/.test(text)) {
    return {
      fate: 'refused',
      error: new StoreError('store-refused', `Elasticsearch refuses it: ${said}`, notOursHint, { cause }),
    };
  }
  if (/index_closed/.test(text)) {
    return {
      fate: 'refused',
      error: unavailable(`An index of the hub is closed (${said})`, 'Open it: POST /INDEX/_open.', cause),
    };
  }
  // Between the death of the elected node and the election of the next one: it passes, and nothing was done.
  if (/blocked by: \[SERVICE_UNAVAILABLE|master_not_discovered/i.test(text)) {
    return {
      fate: 'unsent',
      error: unavailable(
        `Elasticsearch at ${where} has no elected node at this moment (${text})`,
        'It elects one within seconds, if more than half of its master-eligible nodes run: see _cat/nodes.',
        cause,
      ),
    };
  }
  if (/cluster_block_exception|blocked by/i.test(text)) {
    return {
      fate: 'refused',
      error: unavailable(
        `An index of the hub takes no writes (${said})`,
        'Somebody or a policy made it read-only: set index.blocks.read_only and index.blocks.write of that index to null.',
        cause,
      ),
    };
  }
  if (/no space left|disk.*full/i.test(text)) {
    return {
      fate: 'unknown',
      error: new StoreError('store-full', `A disk of Elasticsearch is full (${said})`, 'Free space on its nodes.', {
        cause,
      }),
    };
  }
  if (/maximum (normal )?shards open/i.test(text)) {
    return {
      fate: 'refused',
      error: new StoreError(
        'store-full',
        `Elasticsearch has as many shards as it may (${said})`,
        'Delete indices that are not needed, or raise cluster.max_shards_per_node.',
        { cause },
      ),
    };
  }
  if (status === 403) {
    return {
      fate: 'refused',
      error: unavailable(
        `Elasticsearch at ${where} does not allow it (${text})`,
        'It takes monitor and manage_index_templates of the cluster, and read, write and manage on the indices of this prefix.',
        cause,
      ),
    };
  }
  if (status === 429)
    return {
      fate: 'unsent',
      error: unavailable(`Elasticsearch is overloaded (${said})`, 'It goes on by itself; see its nodes.', cause),
    };
  if (status === 503 || status === 408) {
    return {
      fate: 'unknown',
      error: unavailable(
        `Elasticsearch cannot do it now (${said})`,
        'Look at _cluster/health: is a master elected, are the shards there?',
        cause,
      ),
    };
  }
  if (status >= 500)
    return {
      fate: 'unknown',
      error: unavailable(said, 'See the log of Elasticsearch or of the proxy before it.', cause),
    };
  return {
    fate: 'refused',
    error: new StoreError('store-refused', `Elasticsearch refuses it: ${said}`, `See the reason. ${notOursHint}`, {
      cause,
    }),
  };
}

interface ClientError {
  name?: string;
  message?: string;
  statusCode?: number;
  meta?: { statusCode?: number; body?: unknown };
}

/** The failure behind whatever the client throws. */
export function ofThrown(thrown: unknown, where: string): Failure {
  if (thrown instanceof StoreError) return { fate: 'refused', error: thrown };
  const { name = '', message = String(thrown), meta } = (thrown ?? {}) as ClientError;
  if (name === 'ResponseError') {
    const body = meta?.body as { error?: ServerReason | string } | string | undefined;
    return ofAnswer(meta?.statusCode ?? 500, typeof body === 'object' ? body?.error : body, where, thrown);
  }
  if (name === 'ProductNotSupportedError') {
    return {
      fate: 'refused',
      error: new StoreError(
        'store-refused',
        `What answers at ${where} is no Elasticsearch`,
        'Give the address of an Elasticsearch 8 or 9. OpenSearch and Elasticsearch before 7.14 do not work.',
        { cause: thrown },
      ),
    };
  }
  if (name === 'TimeoutError') {
    return {
      fate: 'unknown',
      error: unavailable(
        `Elasticsearch at ${where} does not answer in time`,
        'Look at its nodes; what was acknowledged is safe, and work goes on when it is back.',
        thrown,
      ),
    };
  }
  if (certificateReason.test(message)) {
    return {
      fate: 'refused',
      error: unavailable(
        `The certificate of Elasticsearch at ${where} is not trusted (${message})`,
        'Give the CA that signed it with --elastic-ca FILE.',
        thrown,
      ),
    };
  }
  if (notTlsReason.test(message)) {
    return {
      fate: 'refused',
      error: unavailable(
        `${where} does not speak TLS (${message})`,
        'Write http:// instead of https://, or the other way round.',
        thrown,
      ),
    };
  }
  const fate = unsentReason.test(message) || name === 'NoLivingConnectionsError' ? 'unsent' : 'unknown';
  return {
    fate,
    error: unavailable(
      `Elasticsearch at ${where} is not reachable (${message})`,
      'Check that it runs and that the address is right; what was acknowledged is safe, and work goes on when it is back.',
      thrown,
    ),
  };
}
