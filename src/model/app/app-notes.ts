// What is worth knowing of an app that is valid: settings that meet each other in a way one might not expect.
import { showSize } from '../sizes.ts';
import type { AppSpec } from './app.ts';

/** `path` of the field in the app. */
export interface AppNote {
  path: string;
  message: string;
}

/** Sentences for who deploys it; none where nothing is special. */
export function appNotes({ limits, logs }: Pick<AppSpec, 'limits' | 'logs'>): AppNote[] {
  const { fileSize } = limits;
  // Its output is rotated at half of that limit (outputPolicyOf of the agent), but only as often as somebody looks.
  if (fileSize === null || fileSize >= 2 * logs.maxBytes) return [];
  const half = showSize(Math.ceil(fileSize / 2));
  return [
    {
      path: 'limits.fileSize',
      message:
        `holds for stdout.log and stderr.log, too: they are rotated at ${half} instead of ${showSize(logs.maxBytes)}, and a program ` +
        `that prints more than another ${half} before the next look (1 s, 8 s after a rest) meets the limit (SIGXFSZ)`,
    },
  ];
}
