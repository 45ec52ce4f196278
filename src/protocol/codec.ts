// One frame as bytes: JSON text; above 16 KiB deflated (zlib, RFC 1950) and sent as a binary message.
import { deflateSync, inflateSync } from 'node:zlib';
import { deflateAbove } from './link.ts';

/** Most bytes a body may have once inflated: a bomb ends here, a hello of 10,000 instances fits. */
const maxInflated = 32 * 1024 * 1024;

/** @returns text for a text message, bytes for a binary (deflated) one. Level 1: frames are repetitive, and the sender's loop matters. */
export function encodeBody(value: unknown): string | Uint8Array<ArrayBuffer> {
  const text = JSON.stringify(value);
  return text.length > deflateAbove ? (deflateSync(text, { level: 1 }) as Uint8Array<ArrayBuffer>) : text;
}

/**
 * The JSON value of a text or deflated body; its schema is the caller's to check.
 * @throws Error when it is no JSON, no zlib stream, or inflates beyond `maxInflated`
 */
export function decodeBody(body: string | Uint8Array | ArrayBuffer): unknown {
  if (typeof body === 'string') return JSON.parse(body);
  const bytes = inflateSync(body instanceof ArrayBuffer ? new Uint8Array(body) : body, {
    maxOutputLength: maxInflated,
  });
  return JSON.parse(bytes.toString('utf8'));
}
