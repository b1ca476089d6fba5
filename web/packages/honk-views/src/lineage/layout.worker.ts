import { layout, type GraphInput } from './layout';

interface WorkerScope {
  onmessage: (message: MessageEvent<GraphInput>) => void;
  postMessage: (answer: unknown) => void;
}
const scope = globalThis as unknown as WorkerScope;
scope.onmessage = message => scope.postMessage(layout(message.data));
