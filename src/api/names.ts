/** Names that are part of the API: changing one breaks people's manifests, dashboards or running pods. */
export const GROUP = 'outrigger.dev';
export const VERSION = 'v1alpha1';
export const API_VERSION = `${GROUP}/${VERSION}`;

/** Labels on what Outrigger creates. */
export const LABEL = {
  model: `${GROUP}/model`,
  revision: `${GROUP}/revision`,
  variant: `${GROUP}/variant`,
  cohort: `${GROUP}/cohort`,
  /** What a pod is for: `serve`, `prefetch` or `hold`. */
  role: `${GROUP}/role`,
  managedBy: 'app.kubernetes.io/managed-by',
  name: 'app.kubernetes.io/name',
  instance: 'app.kubernetes.io/instance',
  version: 'app.kubernetes.io/version',
} as const;

export const MANAGED_BY = 'outrigger';

/** Annotations by which people decide, on an EdgeRollout. */
export const DECISION = {
  approve: `${GROUP}/approve`,
  promote: `${GROUP}/promote`,
  abort: `${GROUP}/abort`,
  retry: `${GROUP}/retry`,
} as const;
