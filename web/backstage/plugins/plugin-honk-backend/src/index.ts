export { honkPlugin as default } from './plugin';
export { operations, findOperation, type Operation } from './operations';
