// The list of what needs a look, as a signal.
import { computed } from '@preact/signals';
import { apps, hostOf, instances, instancesByApp, nodes, status } from './cluster.ts';
import { countStatuses, findNeeds } from './needs.ts';

export const needs = computed(() =>
  findNeeds(apps.value, nodes.value, instances.value, hostOf, status.value?.store?.trouble ?? null),
);
export const statusCounts = computed(() => countStatuses(apps.value, instancesByApp.value));
