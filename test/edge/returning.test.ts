import { tell } from './played.ts';
import { RETURNING } from './stories/returning.ts';

tell(RETURNING);
