// The list of what needs a look, as a signal.
import { computed } from '@preact/signals';
import { apps, instances, instancesByApp, nodes } from './cluster.ts';
import { countStatuses, findNeeds } from './needs.ts';

export const needs = computed(() => findNeeds(apps.value, nodes.value, instances.value));
export const statusCounts = computed(() => countStatuses(apps.value, instancesByApp.value));
