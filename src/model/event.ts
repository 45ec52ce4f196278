/** One line of the cluster's history. `seq` orders events of one hub; `at` is epoch ms. */
export interface ClusterEvent {
  seq: number;
  at: number;
  /** `noun.pastTense`, e.g. `instance.restarted`; stable. */
  kind: string;
  subject: { app?: string; instance?: string; slot?: number; node?: string };
  /** A sentence: what, because what. */
  message: string;
  /** quiet: at rest or fine; moving: by itself; attention: needs a person. */
  loudness: 'quiet' | 'moving' | 'attention';
  detail: Record<string, unknown>;
}
export type NewEvent = Omit<ClusterEvent, 'seq'>;
