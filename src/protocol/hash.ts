// The hash of what a running process was made of: the same at the master, at a standalone agent, and in an adopted record.
import { createHash } from 'node:crypto';
import type { AppSpec } from '../model/app/app.ts';
import { restartKey } from '../model/app/restart-fields.ts';

/** 16 hex digits of the SHA-256 of the fields that need a restart: `Revision.hash`, `Assignment.hash`. */
export const restartHash = (spec: AppSpec): string =>
  createHash('sha256').update(restartKey(spec)).digest('hex').slice(0, 16);
