export { HonkClient, address, type CallOptions, type ClientOptions } from './client';
export { EventFollower, EventParser, type Connection, type Event, type FollowOptions } from './events';
export { HonkError, offline, refusal, type Problem } from './problem';
export * from './shapes';
export type { components, operations, paths } from './schema';
