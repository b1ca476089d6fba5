/* Numbers, times and names as people read them; the same words as the command line's. */
export { person, shortRef } from 'honk-client/words';

const counts = new Intl.NumberFormat('en-US');
export const count = (n: number): string => counts.format(n);

/** 830 -> "830 B"; 1536 -> "1.5 KiB" */
export function bytes(n: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const at = n < 1024 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(n) / 10));
  return at === 0 ? `${n} B` : `${(n / 1024 ** at).toFixed(1)} ${units[at]}`;
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** 830 -> "830 ms"; 65000 -> "1 m 5 s" */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  const s = ms / 1000;
  if (s < 10) return `${s.toFixed(1)} s`;
  if (s < 60) return `${Math.round(s)} s`;
  const whole = Math.round(s);
  if (s < 3600) return join(Math.floor(whole / 60), 'm', whole % 60, 's');
  if (s < 86400) return join(Math.floor(whole / 3600), 'h', Math.floor((whole % 3600) / 60), 'm');
  return join(Math.floor(whole / 86400), 'd', Math.floor((whole % 86400) / 3600), 'h');
}

function join(a: number, unit: string, b: number, smaller: string): string {
  return b > 0 ? `${a} ${unit} ${b} ${smaller}` : `${a} ${unit}`;
}

/** Since then, so coarse that a page is not restless. */
export function ago(ms: number): string {
  if (ms < 5000) return 'just now';
  if (ms < 60_000) return `${Math.floor(ms / 5000) * 5} s ago`;
  if (ms < 3_600_000) return `${Math.floor(ms / 60_000)} min ago`;
  if (ms < 86_400_000) return `${Math.floor(ms / 3_600_000)} h ago`;
  return `${Math.floor(ms / 86_400_000)} d ago`;
}

const moments = new Intl.DateTimeFormat('en-GB', {
  year: 'numeric',
  month: 'short',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
export const moment = (ms: number): string => moments.format(ms);

const clocks = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
export const clock = (ms: number): string => `${clocks.format(ms)}.${String(ms % 1000).padStart(3, '0')}`;

export const shortDigest = (digest: string): string => digest.replace(/^sha256:/, '').slice(0, 8);

export function share(done: number, total: number): number {
  return total > 0 ? Math.min(1, Math.max(0, done / total)) : 0;
}

export const percent = (part: number): string => `${Math.floor(part * 100)}%`;
