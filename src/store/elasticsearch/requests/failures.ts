// Turns whatever the client throws into a StoreError with a stable code and a hint, and says whether the request may have been done all
// the same.
import { StoreError } from '../../store.ts';
import { ofAnswer, unavailable, type Failure, type ServerReason } from './answers.ts';

const unsentReason = /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|Connect Timeout|CONNECT_TIMEOUT/;
const certificateReason = /certificate|self.signed|unable to (verify|get)|altnames|SELF_SIGNED|CERT_/i;
const notTlsReason = /wrong version number|EPROTO|packet length too long/i;

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
