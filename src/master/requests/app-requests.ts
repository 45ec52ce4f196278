// What the API can ask of apps.
import type { Caller, Cluster, List, Page } from '../../api/cluster.ts';
import type { AppSpec, AppView, Revision } from '../../model/app/app.ts';
import type { SlotRecord } from '../../model/assignment.ts';
import type { PlanView, WhyView } from '../../protocol/views.ts';
import type { Given, PutOptions } from '../apps/apps.ts';
import { revisionKey } from '../records.ts';
import { appView } from '../shown/app-status.ts';
import { byText, page } from '../shown/lists.ts';
import { planApp, whyApp } from '../shown/why.ts';
import { requireServing, type ClusterParts } from './parts.ts';

type AppRequests = Pick<
  Cluster,
  | 'apps'
  | 'app'
  | 'putApp'
  | 'planApp'
  | 'scaleApp'
  | 'appAction'
  | 'rollback'
  | 'recoverApp'
  | 'deleteApp'
  | 'revisions'
  | 'slots'
  | 'why'
>;

export function appRequests(parts: ClusterParts): AppRequests {
  return {
    apps(query: string, at: Page): Promise<List<AppView>> {
      const {
        view,
        clock,
        leadership: { hub },
      } = parts.context;
      return page(
        [...view.apps.values()].map((entry) => appView(view, entry, hub)),
        query,
        at,
        clock.now(),
        (a, b) => byText(a.name, b.name),
      );
    },
    async app(name: string): Promise<AppView> {
      return parts.apps.view(name);
    },
    async putApp(
      spec: AppSpec,
      given: Given,
      options: PutOptions,
      by: Caller,
    ): Promise<{ app: AppView; created: boolean; changed: boolean }> {
      requireServing(parts);
      return parts.apps.put(spec, given, options, by);
    },
    async planApp(spec: AppSpec, given: Given): Promise<PlanView> {
      requireServing(parts);
      return planApp(parts, spec, given);
    },
    async scaleApp(name: string, scale: number, ifMatch: string | null, by: Caller): Promise<AppView> {
      requireServing(parts);
      return parts.apps.scale(name, scale, ifMatch, by);
    },
    async appAction(name: string, action: 'start' | 'stop' | 'restart', by: Caller): Promise<AppView> {
      requireServing(parts);
      const started = parts.apps.entry(name).record.doc.start;
      const view = await parts.apps.action(name, action, by);
      if (action === 'start' && started) parts.instanceActions.revive(name, by);
      return view;
    },
    async rollback(name: string, revision: number, by: Caller): Promise<AppView> {
      requireServing(parts);
      return parts.apps.rollback(name, revision, by);
    },
    async recoverApp(name: string, by: Caller): Promise<AppView> {
      requireServing(parts);
      return parts.apps.recover(name, by);
    },
    async deleteApp(name: string, by: Caller): Promise<AppView> {
      requireServing(parts);
      return parts.apps.delete(name, by);
    },
    /** Newest first. */
    async revisions(name: string, { from, size }: Page): Promise<List<Revision>> {
      const newest = parts.apps.entry(name).record.doc.revision;
      const { items } = await parts.context.store.scan<Revision>('revisions', {
        prefix: revisionKey(name, 0).replace(/\d+$/, ''),
      });
      const known = items
        .map(({ doc }) => doc)
        .filter(({ revision }) => revision <= newest)
        .reverse();
      return { items: known.slice(from, from + size), total: known.length, from, size };
    },
    async slots(name: string): Promise<SlotRecord[]> {
      return [...parts.apps.entry(name).slots.values()].map(({ doc }) => doc).sort((a, b) => a.slot - b.slot);
    },
    async why(name: string): Promise<WhyView> {
      return whyApp(parts, parts.apps.entry(name));
    },
  };
}
