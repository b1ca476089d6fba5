/* A layered layout: ranks by the longest way, order by barycentres, places by what a node hangs on. Pure; runs in a worker. */

export interface GraphInput {
  nodes: readonly { id: string; height: number }[];
  edges: readonly { from: string; to: string }[];
}

export interface Placed {
  id: string;
  x: number;
  y: number;
  layer: number;
}

export interface GraphLayout {
  nodes: Placed[];
  width: number;
  height: number;
}

export const NODE_WIDTH = 190;
const LAYER_GAP = 90;
const NODE_GAP = 14;
const SWEEPS = 6;

export function layout(input: GraphInput): GraphLayout {
  const ids = input.nodes.map(node => node.id);
  const index = new Map(ids.map((id, i) => [id, i]));
  const heights = input.nodes.map(node => node.height);
  const edges = forward(
    ids.length,
    input.edges.flatMap(edge => {
      const from = index.get(edge.from);
      const to = index.get(edge.to);
      return from === undefined || to === undefined || from === to ? [] : [[from, to] as [number, number]];
    }),
  );
  const rank = ranks(ids.length, edges);
  const ups: number[][] = ids.map(() => []);
  const downs: number[][] = ids.map(() => []);
  for (const [from, to] of edges) {
    downs[from]!.push(to);
    ups[to]!.push(from);
  }
  const layers = ordered(rank, ups, downs);
  const y = places(layers, heights, ups, downs);
  const nodes = ids.map((id, i) => ({ id, x: rank[i]! * (NODE_WIDTH + LAYER_GAP), y: y[i]!, layer: rank[i]! }));
  const top = Math.min(0, ...nodes.map(node => node.y));
  for (const node of nodes) node.y -= top;
  return {
    nodes,
    width: layers.length * (NODE_WIDTH + LAYER_GAP) - LAYER_GAP,
    height: nodes.reduce((most, node, i) => Math.max(most, node.y + heights[i]!), 0),
  };
}

/** Edges once each; one that closes a circle is turned round, so that everything has a direction. */
function forward(count: number, edges: readonly [number, number][]): [number, number][] {
  const out: number[][] = Array.from({ length: count }, () => []);
  const seen = new Set<number>();
  for (const [from, to] of edges) {
    const key = from * count + to;
    if (!seen.has(key)) {
      seen.add(key);
      out[from]!.push(to);
    }
  }
  const state = new Uint8Array(count); /* 1: on the way, 2: behind us */
  const result: [number, number][] = [];
  for (let start = 0; start < count; start++) {
    if (state[start] !== 0) continue;
    const stack: [number, number][] = [[start, 0]];
    state[start] = 1;
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const next = out[top[0]]![top[1]++];
      if (next === undefined) {
        state[top[0]] = 2;
        stack.pop();
      } else if (state[next] === 1) result.push([next, top[0]]);
      else {
        result.push([top[0], next]);
        if (state[next] === 0) {
          state[next] = 1;
          stack.push([next, 0]);
        }
      }
    }
  }
  return result;
}

function ranks(count: number, edges: readonly [number, number][]): number[] {
  const rank = new Array<number>(count).fill(0);
  const waits = new Array<number>(count).fill(0);
  const out: number[][] = Array.from({ length: count }, () => []);
  for (const [from, to] of edges) {
    out[from]!.push(to);
    waits[to]! += 1;
  }
  const queue = waits.flatMap((n, i) => (n === 0 ? [i] : []));
  for (let at = 0; at < queue.length; at++) {
    const node = queue[at]!;
    for (const next of out[node]!) {
      rank[next] = Math.max(rank[next]!, rank[node]! + 1);
      waits[next]! -= 1;
      if (waits[next] === 0) queue.push(next);
    }
  }
  return rank;
}

function ordered(rank: readonly number[], ups: readonly number[][], downs: readonly number[][]): number[][] {
  const layers: number[][] = Array.from({ length: Math.max(0, ...rank) + 1 }, () => []);
  rank.forEach((r, i) => layers[r]!.push(i));
  const place = new Array<number>(rank.length).fill(0);
  const note = (layer: readonly number[]) => layer.forEach((node, i) => (place[node] = i));
  layers.forEach(note);
  const sweep = (layer: number[], neighbours: readonly number[][]) => {
    const weight = new Map(layer.map(node => [node, mean(neighbours[node]!.map(other => place[other]!)) ?? place[node]!]));
    layer.sort((a, b) => weight.get(a)! - weight.get(b)! || a - b);
    note(layer);
  };
  for (let i = 0; i < SWEEPS; i++) {
    for (const layer of layers) sweep(layer, ups);
    for (const layer of [...layers].reverse()) sweep(layer, downs);
  }
  return layers;
}

function places(layers: readonly number[][], heights: readonly number[], ups: readonly number[][], downs: readonly number[][]): number[] {
  const y = new Array<number>(heights.length).fill(0);
  for (const layer of layers) {
    let at = 0;
    for (const node of layer) {
      y[node] = at;
      at += heights[node]! + NODE_GAP;
    }
  }
  const settle = (layer: readonly number[], neighbours: readonly number[][]) => {
    const wanted = layer.map(node => mean(neighbours[node]!.map(other => y[other]! + heights[other]! / 2)));
    let floor = -Infinity;
    layer.forEach((node, i) => {
      const middle = wanted[i];
      y[node] = Math.max(floor, middle === undefined ? y[node]! : middle - heights[node]! / 2);
      floor = y[node]! + heights[node]! + NODE_GAP;
    });
    /* Pushed down by each other: the whole layer goes back up by what that was on average. */
    const slip = mean(layer.flatMap((node, i) => (wanted[i] === undefined ? [] : [y[node]! + heights[node]! / 2 - wanted[i]!]))) ?? 0;
    for (const node of layer) y[node]! -= slip;
  };
  for (let i = 0; i < SWEEPS; i++) {
    for (const layer of layers.slice(1)) settle(layer, ups);
    for (const layer of [...layers].reverse().slice(1)) settle(layer, downs);
  }
  return y;
}

function mean(values: readonly number[]): number | undefined {
  return values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : undefined;
}
