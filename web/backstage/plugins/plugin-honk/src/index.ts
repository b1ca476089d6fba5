export { honkPlugin as default } from './plugin';
export { honkClientApiRef } from './client';
