// Why an app is where it is, or waits: the funnel of its nodes, on the cluster as it stands.
import { Planning } from './planning.ts';
import type { Snapshot } from './snapshot.ts';
import type { WhyView } from '../protocol/views.ts';

/**
 * What placement adds to a `WhyView`. `sentence`: "3 of 5 nodes match `tags:ssd`, none has 2 GiB of memory left; nearest:
 * ..."; null where a node fits.
 */
export interface WhyPlacement {
  funnel: WhyView['funnel'];
  nearest: string[];
  sentence: string | null;
}

/** Where one more instance of the app could go now; empty when there is no such app. */
export function whyPlacement(snapshot: Snapshot, name: string): WhyPlacement {
  const app = snapshot.apps.find(({ record }) => record.name === name);
  if (!app) return { funnel: [], nearest: [], sentence: null };
  const planning = new Planning(snapshot);
  const { steps, nearest, sentence } = planning.funnel(planning.draft(app));
  return { funnel: steps, nearest, sentence: (steps.at(-1)?.left ?? 0) > 0 ? null : sentence };
}
