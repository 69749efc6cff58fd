import type { LeaderChange } from '../controller/leader.ts';
import type { Log } from '../controller/ports/log.ts';
import type { Meter } from '../controller/ports/meter.ts';
import { GROUP } from '../api/names.ts';
import type { WatchFailure } from '../kube/watcher.ts';

/** A failure that lasts is told at once and then now and then, with what to do about it. */
const REMIND_EVERY = 10;

export function watchFailureLog(log: Log, meter: Meter): (failure: WatchFailure) => void {
  return ({ resource, failures, delayMs, error }) => {
    meter.watchFailed(resource.plural);
    const fields = { resource: resource.plural, failures, retryInMs: delayMs, error: error?.message };
    if (error === undefined || error.code === 'gone') {
      log.debug(fields, 'a watch ended early, beginning again');
      return;
    }
    // The server ends watches as it likes (restarts, load balancers): news only where it goes on.
    const loud = error.status >= 400 ? failures % REMIND_EVERY === 1 : failures % REMIND_EVERY === 2;
    const level = loud ? 'warn' : 'debug';
    if (error.code === 'notFound' && resource.group === GROUP) {
      log[level](
        fields,
        'the CustomResourceDefinition is not installed: kubectl apply -f crds/; trying again',
      );
    } else if (error.code === 'forbidden') {
      log[level](
        fields,
        'the operator may not list and watch a resource that it needs: see "What it may do" in docs/install.md; trying again',
      );
    } else {
      log[level](fields, 'a resource cannot be watched, trying again');
    }
  };
}

export function leaderLog(log: Log): (change: LeaderChange) => void {
  return (change) => {
    switch (change.type) {
      case 'acquired':
        return log.info({}, 'the lease is ours');
      case 'released':
        return log.info({}, 'the lease is given back');
      case 'waiting':
        return log.info({ holder: change.holder }, 'another process leads, waiting for its lease');
      case 'lost':
        return log.warn({ reason: change.reason }, 'the lease is lost, stopping all work at once');
      case 'failed':
        return log.warn({ error: String(change.error) }, 'the lease could not be read or written');
    }
  };
}
