export { honkPlugin as default } from './plugin';
