// 中文全部词表，每个页面一个文件。
import type { Words } from './en.ts';
import { zhApps } from './zh/apps.ts';
import { zhEverywhere } from './zh/everywhere.ts';
import { zhHub } from './zh/hub.ts';
import { zhInspector } from './zh/inspector.ts';
import { zhInstances } from './zh/instances.ts';
import { zhNodes } from './zh/nodes.ts';
import { zhOutput } from './zh/output.ts';
import { zhOverview } from './zh/overview.ts';

export const zh: Words = {
  ...zhEverywhere,
  ...zhOverview,
  ...zhApps,
  ...zhNodes,
  ...zhInstances,
  ...zhOutput,
  ...zhInspector,
  ...zhHub,
};
