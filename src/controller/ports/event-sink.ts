/** The object that an event is about. */
export interface EventSubject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Absent for cluster-scoped kinds. */
  readonly namespace?: string;
  readonly uid: string;
}

export interface NewEvent {
  readonly subject: EventSubject;
  readonly type: 'Normal' | 'Warning';
  /** CamelCase, at most 128 characters: why. */
  readonly reason: string;
  /** CamelCase, at most 128 characters: what was done or failed. */
  readonly action: string;
  /** A sentence, at most 1 kB. */
  readonly note: string;
  /** RFC 3339 with microseconds. */
  readonly time: string;
}

/** How often an event came again: `count` includes the first. */
export interface EventSeries {
  readonly count: number;
  /** RFC 3339 with microseconds. */
  readonly lastTime: string;
}

/** Names an event that was written. */
export interface EventHandle {
  readonly namespace: string;
  readonly name: string;
}

export interface EventSink {
  create(event: NewEvent): Promise<EventHandle>;
  /** `gone` where the server has forgotten the event, as it does after an hour. */
  repeat(event: EventHandle, series: EventSeries): Promise<'done' | 'gone'>;
}
