// English, whole: one file a room of the dashboard.
import { enApps } from './en/apps.ts';
import { enEverywhere } from './en/everywhere.ts';
import { enHub } from './en/hub.ts';
import { enInspector } from './en/inspector.ts';
import { enInstances } from './en/instances.ts';
import { enNodes } from './en/nodes.ts';
import { enOutput } from './en/output.ts';
import { enOverview } from './en/overview.ts';

export const en = {
  ...enEverywhere,
  ...enOverview,
  ...enApps,
  ...enNodes,
  ...enInstances,
  ...enOutput,
  ...enInspector,
  ...enHub,
};
export type Words = Record<keyof typeof en, string>;
