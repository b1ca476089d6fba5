import { useEffect, useState } from 'react';
import { layout, type GraphInput, type GraphLayout } from './layout';

/** Laid out beside the page, so that thousands of nodes do not hold it up; in the page where there are no workers. */
export function useLayout(input: GraphInput | undefined): GraphLayout | undefined {
  const [result, setResult] = useState<GraphLayout>();
  useEffect(() => {
    setResult(undefined);
    if (!input) return undefined;
    let worker: Worker | undefined;
    try {
      worker = new Worker(new URL('./layout.worker.ts', import.meta.url), { type: 'module' });
    } catch {
      setResult(layout(input));
      return undefined;
    }
    worker.onmessage = (message: MessageEvent<GraphLayout>) => setResult(message.data);
    worker.onerror = () => setResult(layout(input));
    worker.postMessage(input);
    return () => worker?.terminate();
  }, [input]);
  return result;
}
