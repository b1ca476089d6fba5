export { HonkScreen } from './app';
export { HonkProvider, useHonk, type Honk, type HonkProviderProps } from './context';
export { useLoad, type Loaded } from './data';
export { Connection } from './parts/connection';
export { Goose } from './parts/basics';
export { pathRoute, routePath, type MigrationTab, type Route } from './routes';
export { groups, migrationState, rolloutState, taskState, type Tone } from './states';
export { person, shortRef } from './format';
