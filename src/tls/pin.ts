// Trust in a hub with a CA of its own: a token may end in `.` and the SHA-256 of the CA's certificate. Whoever holds it fetches the
// CA from the hub once, believes it only if it has that hash, and from then on checks certificates as ever, with this CA in addition
// and for that host alone.
import { createHash, X509Certificate } from 'node:crypto';
import tls from 'node:tls';

export const pinOf = (der: Uint8Array): string => createHash('sha256').update(der).digest('base64url');

/** The pin of a token; null: it has none, the usual CAs are asked. */
export const pinIn = (token: string | null): string | null => /^\S+?\.([\w-]{43})$/.exec(token ?? '')?.[1] ?? null;

const handshakeMs = 5_000;
/** CA by host. */
const trusted = new Map<string, string>();
let inserted = false;

/**
 * Believes a CA for connections to one host. (Node 20 knows no way to add a CA to `fetch`, so the making of every security context
 * passes here; what is connected elsewhere is left as it is.)
 */
function trust(host: string, ca: string): void {
  trusted.set(host, ca);
  if (inserted) return;
  inserted = true;
  const make = tls.createSecureContext;
  tls.createSecureContext = (options) => {
    const context = make(options);
    const own = trusted.get((options as { host?: string } | undefined)?.host ?? '');
    if (own !== undefined) (context.context as { addCACert(pem: string): void }).addCACert(own);
    return context;
  };
}

const bare = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, '$1');

/**
 * Fetches the CA of a hub and believes it where it has the right hash; nothing is sent to the hub before.
 * @param address `https://host:port`; of http nothing is done
 * @throws Error when the hub has another CA, or does not answer
 */
export function trustPinned(address: string, pin: string): Promise<void> {
  const url = new URL(address);
  const host = bare(url);
  if (url.protocol !== 'https:' || trusted.has(host)) return Promise.resolve();
  return new Promise((resolve, reject) => {
    // Whatever it shows is looked at and hung up on: no word goes over this connection.
    const socket = tls.connect({
      host,
      port: Number(url.port || 443),
      rejectUnauthorized: false,
      ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
    });
    const end = (error: Error | null): void => {
      socket.destroy();
      if (error) reject(error);
      else resolve();
    };
    socket.setTimeout(handshakeMs, () => end(new Error(`${address} does not answer`)));
    socket.on('error', end);
    socket.on('secureConnect', () => {
      let shown = socket.getPeerCertificate(true);
      for (let depth = 0; depth < 5 && shown.issuerCertificate && shown.issuerCertificate !== shown; depth++)
        shown = shown.issuerCertificate;
      if (!shown.raw || pinOf(shown.raw) !== pin)
        return end(new Error(`${address} is not the hub of this token: its CA has another hash`));
      trust(host, new X509Certificate(shown.raw).toString());
      end(null);
    });
  });
}
