import { tell } from './played.ts';
import { OUTAGES } from './stories/outages.ts';

tell(OUTAGES);
