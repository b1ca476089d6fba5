import { useCallback, useEffect, useMemo, useRef, useState, type PointerEvent, type ReactNode, type WheelEvent } from 'react';
import type { Tone } from '../states';
import { NODE_WIDTH, type GraphLayout } from './layout';

export interface GraphNode {
  id: string;
  label: string;
  sub: string;
  tone?: Tone;
  kind: 'dataset' | 'consumer';
  isRoot?: boolean;
}

const NODE_HEIGHT = 46;
const READABLE = 0.55; /* below it words are too small: boxes alone are drawn */
const ELEMENTS_MAX = 400; /* nodes that are elements of the page at once */
const NEAR = 0.8;
const ZOOM = { least: 0.05, most: 2 };

interface Camera {
  x: number;
  y: number;
  scale: number;
}

export interface GraphProps {
  nodes: readonly GraphNode[];
  edges: readonly { from: string; to: string; type: string }[];
  layout: GraphLayout;
  chosen?: string;
  onChoose: (id: string) => void;
  label: string;
}

/** Edges and far boxes on a canvas, near boxes as buttons: fluid with thousands, and reachable by keyboard. */
export function Graph({ nodes, edges, layout, chosen, onChoose, label }: GraphProps) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [size, setSize] = useState({ width: 800, height: 480 });
  const [camera, setCamera] = useState<Camera>({ x: 20, y: 20, scale: 1 });
  const drag = useRef<{ x: number; y: number; camera: Camera; moved: boolean }>();
  const places = useMemo(() => new Map(layout.nodes.map(node => [node.id, node])), [layout]);

  const fit = Math.min((size.width - 40) / Math.max(1, layout.width), (size.height - 40) / Math.max(1, layout.height));

  const all = useCallback(() => {
    const scale = Math.min(1, fit);
    setCamera({ scale, x: (size.width - layout.width * scale) / 2, y: (size.height - layout.height * scale) / 2 });
  }, [fit, layout, size]);
  /* On a small screen, or of thousands, all of it would be too small to read: begin at the root, with what is next to it. */
  const begin = useCallback(() => {
    const root = nodes.find(node => node.isRoot);
    const place = root && places.get(root.id);
    if (fit >= READABLE || !place) return all();
    return setCamera({ scale: NEAR, x: size.width / 2 - (place.x + NODE_WIDTH / 2) * NEAR, y: size.height / 2 - (place.y + NODE_HEIGHT / 2) * NEAR });
  }, [all, fit, nodes, places, size]);
  useEffect(begin, [begin]);

  useEffect(() => {
    const element = box.current;
    if (!element || typeof ResizeObserver === 'undefined') return undefined;
    const observer = new ResizeObserver(() => setSize({ width: element.clientWidth, height: element.clientHeight }));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const near = useMemo(() => {
    if (camera.scale < READABLE) return [];
    const left = -camera.x / camera.scale - NODE_WIDTH;
    const top = -camera.y / camera.scale - NODE_HEIGHT;
    const right = left + size.width / camera.scale + 2 * NODE_WIDTH;
    const bottom = top + size.height / camera.scale + 2 * NODE_HEIGHT;
    return nodes
      .filter(node => {
        const place = places.get(node.id);
        return place && place.x >= left && place.x <= right && place.y >= top && place.y <= bottom;
      })
      .slice(0, ELEMENTS_MAX);
  }, [nodes, places, camera, size]);

  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext('2d');
    if (!element || !context) return;
    const ratio = window.devicePixelRatio || 1;
    element.style.width = `${size.width}px`; /* never stretched while the box changes */
    element.style.height = `${size.height}px`;
    element.width = size.width * ratio;
    element.height = size.height * ratio;
    const style = getComputedStyle(element);
    const colour = (name: string) => style.getPropertyValue(name).trim() || '#888';
    context.setTransform(ratio * camera.scale, 0, 0, ratio * camera.scale, ratio * camera.x, ratio * camera.y);
    for (const edge of edges) {
      const from = places.get(edge.from);
      const to = places.get(edge.to);
      if (!from || !to) continue;
      const isNear = chosen !== undefined && (edge.from === chosen || edge.to === chosen);
      const isBack = to.x <= from.x;
      const x1 = isBack ? from.x : from.x + NODE_WIDTH;
      const x2 = isBack ? to.x + NODE_WIDTH : to.x;
      const y1 = from.y + NODE_HEIGHT / 2;
      const y2 = to.y + NODE_HEIGHT / 2;
      const bend = Math.max(40, Math.abs(x2 - x1) / 2) * (isBack ? -1 : 1);
      context.strokeStyle = colour(isNear ? '--honk-accent' : '--honk-edge');
      context.lineWidth = (isNear ? 2 : 1.2) / Math.max(0.4, camera.scale);
      context.setLineDash(edge.type === 'writes' ? [6, 4] : []);
      context.beginPath();
      context.moveTo(x1, y1);
      context.bezierCurveTo(x1 + bend, y1, x2 - bend, y2, x2, y2);
      context.stroke();
    }
    if (camera.scale >= READABLE) return;
    context.setLineDash([]);
    for (const node of nodes) {
      const place = places.get(node.id);
      if (!place) continue;
      context.fillStyle = colour(node.tone ? `--honk-${node.tone}` : node.kind === 'dataset' ? '--honk-dim' : '--honk-edge');
      context.fillRect(place.x, place.y, NODE_WIDTH, NODE_HEIGHT);
    }
  }, [camera, size, edges, nodes, places, chosen]);

  const zoom = (by: number, cx = size.width / 2, cy = size.height / 2) =>
    setCamera(old => {
      const scale = Math.min(ZOOM.most, Math.max(Math.min(ZOOM.least, fit), old.scale * by));
      const part = scale / old.scale;
      return { scale, x: cx - (cx - old.x) * part, y: cy - (cy - old.y) * part };
    });

  const onWheel = (event: WheelEvent) => {
    const rect = box.current!.getBoundingClientRect();
    if (event.ctrlKey || event.metaKey) zoom(Math.exp(-event.deltaY / 200), event.clientX - rect.left, event.clientY - rect.top);
    else setCamera(old => ({ ...old, x: old.x - event.deltaX, y: old.y - event.deltaY }));
  };
  const onDown = (event: PointerEvent) => {
    if ((event.target as HTMLElement).closest('button')) return;
    drag.current = { x: event.clientX, y: event.clientY, camera, moved: false };
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const onMove = (event: PointerEvent) => {
    const start = drag.current;
    if (start) setCamera({ ...start.camera, x: start.camera.x + event.clientX - start.x, y: start.camera.y + event.clientY - start.y });
  };
  const onUp = (event: PointerEvent) => {
    const start = drag.current;
    drag.current = undefined;
    if (!start || Math.abs(event.clientX - start.x) + Math.abs(event.clientY - start.y) > 4) return;
    const rect = box.current!.getBoundingClientRect();
    const x = (event.clientX - rect.left - camera.x) / camera.scale;
    const y = (event.clientY - rect.top - camera.y) / camera.scale;
    const hit = nodes.find(node => {
      const place = places.get(node.id);
      return place && x >= place.x && x <= place.x + NODE_WIDTH && y >= place.y && y <= place.y + NODE_HEIGHT;
    });
    if (hit) onChoose(hit.id);
  };

  return (
    <div className="honk-graph" ref={box} role="group" aria-label={label} onPointerDown={onDown} onPointerMove={onMove} onPointerUp={onUp} onWheel={onWheel}>
      <canvas ref={canvas} aria-hidden="true" />
      <div className="honk-graph-nodes" style={{ transform: `translate(${camera.x}px, ${camera.y}px) scale(${camera.scale})` }}>
        {near.map(node => {
          const place = places.get(node.id)!;
          return (
            <button
              key={node.id}
              type="button"
              className={`honk-node honk-node-${node.kind}${node.tone ? ` honk-tone-${node.tone}` : ''}${node.isRoot ? ' honk-root' : ''}`}
              aria-pressed={node.id === chosen}
              style={{ transform: `translate(${place.x}px, ${place.y}px)`, width: NODE_WIDTH, height: NODE_HEIGHT }}
              onClick={() => onChoose(node.id)}
              title={node.id}
            >
              <strong>{node.label}</strong>
              <span>{node.sub}</span>
            </button>
          );
        })}
      </div>
      <div className="honk-graph-tools">
        <Tool label="Nearer" onPress={() => zoom(1.3)}>
          +
        </Tool>
        <Tool label="Farther" onPress={() => zoom(1 / 1.3)}>
          −
        </Tool>
        <Tool label="All of it" onPress={all}>
          ⤢
        </Tool>
      </div>
    </div>
  );
}

function Tool({ label, onPress, children }: { label: string; onPress: () => void; children: ReactNode }) {
  return (
    <button type="button" className="honk-button" aria-label={label} title={label} onClick={onPress}>
      {children}
    </button>
  );
}

export { NODE_HEIGHT };
