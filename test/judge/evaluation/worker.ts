import { parentPort } from 'node:worker_threads';

import { ourJudge } from './ours.ts';
import { perform } from './perform.ts';
import type { Task } from './task.ts';

const port = parentPort;
if (port === null) throw new Error('worker.ts runs in a worker thread');
port.on('message', (task: Task) => port.postMessage(perform(task, ourJudge)));
